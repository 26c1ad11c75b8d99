internal import Parquet

/// What a scan may hold in memory; a table beyond them must be compacted.
public enum ScanLimits {
    /// Rows of position delete files that speak of several data files, over the whole table.
    public static let sharedPositionDeletesMax = 50_000_000
    /// Rows of equality delete files, over the whole table.
    public static let equalityDeletesMax = 50_000_000
    public static let batchRowsMax = 64 << 10
    /// Bytes of values in memory at which a batch ends; one row alone may take more.
    public static let batchBytesMax = 64 << 20
    /// Bytes of a file that are read at once, where a page index tells how to read less than a row
    /// group.
    public static let fetchBytesMax = 64 << 20
    /// Unwanted bytes between two wanted ranges that are read along rather than asked around.
    public static let gapBytesMax = 32 << 10
    static let fetches = FetchLimits(
        bytesMax: fetchBytesMax,
        gapBytesMax: gapBytesMax,
        batch: BatchLimits(rowsMax: batchRowsMax, bytesMax: batchBytesMax)
    )
    /// Rows of one file; a bit of memory is held for each where rows are deleted.
    public static let rowsPerFileMax = 4 << 30
    /// Bytes read at a file's end in the hope that the footer is among them.
    public static let footerReadBytes = 64 << 10
}
