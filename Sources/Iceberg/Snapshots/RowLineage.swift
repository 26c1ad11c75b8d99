internal import Diagnostics

/// Row ids of manifests.
///
/// Source: Iceberg specification, "First Row ID Assignment" and "Snapshot Row IDs".
enum RowLineage {
    /// Gives every data manifest a first row id that has none, in the list's order.
    ///
    /// - `nextRowID`: The first id that is free.
    /// - `rowsWithoutIDs`: Rows of live files without an id, by manifest; of manifests that are not
    ///   there all rows count.
    ///
    /// - Returns: The manifests, and the first id that is free then.
    /// - Throws: `FormatError` for a manifest whose counts are not known, and ids beyond 64 bits.
    static func assigning(
        _ manifests: [ManifestFile],
        from nextRowID: Int64,
        rowsWithoutIDs: [String: Int64]
    ) throws(FormatError) -> ([ManifestFile], nextRowID: Int64) {
        var next = nextRowID
        var assigned = manifests
        for index in assigned.indices
        where assigned[index].content == .data && assigned[index].firstRowID == nil {
            let manifest = assigned[index]
            guard let added = manifest.added, let existing = manifest.existing else {
                throw FormatError(file: manifest.path, "its counts are not known")
            }
            assigned[index].firstRowID = next
            let rows = rowsWithoutIDs[manifest.path] ?? added.rows &+ existing.rows
            let (following, overflows) = next.addingReportingOverflow(max(rows, 0))
            guard !overflows else {
                throw FormatError(file: manifest.path, "its row ids run beyond 64 bits")
            }
            next = following
        }
        return (assigned, next)
    }
}
