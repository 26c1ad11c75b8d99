/// The names of the values that log lines carry; machines may rely on them.
public enum LogKeys {
    public static let table = "table"
    public static let position = "position"
    public static let epoch = "epoch"
    public static let rows = "rows"
    public static let bytes = "bytes"
    public static let seconds = "seconds"
    public static let attempt = "attempt"
    public static let error = "error"
}
