/// What a scan may hold in memory beside one row group; a table beyond them must be compacted.
public enum ScanLimits {
    /// Rows of position delete files that speak of several data files, over the whole table.
    public static let sharedPositionDeletesMax = 50_000_000
    /// Rows of equality delete files, over the whole table.
    public static let equalityDeletesMax = 50_000_000
    /// Bytes of values that the wanted columns of one row group may take in memory.
    public static let rowGroupBytesMax = 2 << 30
    /// Bytes read at a file's end in the hope that the footer is among them.
    public static let footerReadBytes = 64 << 10
}
