extension DataFile {
    /// Bytes to which writers cut bounds; equal bounds of this length may be two cut paths.
    private static let boundBytesMax = 16
    /// The reserved id of the column `file_path` of position delete files.
    public static let deleteFilePathFieldID: Int32 = 2_147_483_546
    /// The reserved id of the column `pos` of position delete files.
    public static let deletePositionFieldID: Int32 = 2_147_483_545

    /// The one data file that a position delete file or deletion vector speaks of: it is named, or
    /// both bounds of the paths are equal.
    ///
    /// - `isDataFile`: Whether a path is that of a live data file.
    /// - Returns: nil when there may be several.
    ///
    /// Source: Iceberg specification, "Data File Fields", `referenced_data_file`.
    public func onlyReferencedDataFile(isDataFile: (String) -> Bool) -> String? {
        guard content == .positionDeletes else { return nil }
        if let referencedDataFile { return referencedDataFile }
        guard let lower = lowerBounds[Self.deleteFilePathFieldID],
            lower == upperBounds[Self.deleteFilePathFieldID]
        else { return nil }
        let path = String(decoding: lower, as: UTF8.self)
        return lower.count > Self.boundBytesMax || isDataFile(path) ? path : nil
    }

    /// The same file without counts, sizes and bounds of its columns.
    public func withoutColumnMetrics() -> DataFile {
        var plain = self
        plain.columnSizes = [:]
        plain.valueCounts = [:]
        plain.nullValueCounts = [:]
        plain.nanValueCounts = [:]
        plain.lowerBounds = [:]
        plain.upperBounds = [:]
        plain.splitOffsets = []
        return plain
    }
}
