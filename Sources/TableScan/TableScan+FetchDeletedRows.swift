internal import Columns
public import Iceberg
public import ObjectStore
public import Puffin

extension TableScan {
    /// The rows of one data file that a delete file of this data file alone lists.
    ///
    /// Rows that the data file does not have are left out.
    ///
    /// - Throws: `StoreError`, and `FormatError` when the delete file is damaged.
    public static func fetchDeletedRows(
        listedBy delete: DataFile,
        of dataFile: DataFile,
        store: any ObjectStore
    ) async throws -> RoaringBitmap {
        if delete.isDeletionVector {
            let rows = try await DeletionVectors.read(delete, store: store)
            guard let last = rows.last, last >= dataFile.recordCount else { return rows }
            return RoaringBitmap(rows.positions().filter { $0 < dataFile.recordCount })
        }
        try checkIsParquet(delete)
        var rows = RoaringBitmap()
        try await PositionDeletes.forEachPositions(in: delete, store: store) { column in
            var positions: [Int] = []
            positions.reserveCapacity(column.rowCount)
            for row in 0..<column.rowCount {
                let position = column.value(at: row, as: Int64.self)
                if position >= 0, position < dataFile.recordCount {
                    positions.append(Int(position))
                }
            }
            rows.insert(contentsOf: positions)
        }
        return rows
    }

    /// The rows of every data file that delete files list which speak of several data files.
    ///
    /// Only what applies: to a data file of the delete's own partition that is not newer and has no
    /// deletion vector.
    ///
    /// - Throws: As ``fetchDeletedRows(listedBy:of:store:)``, and beyond
    ///   ``ScanLimits/sharedPositionDeletesMax`` rows.
    public static func fetchSharedDeletedRows(
        _ live: LiveFiles,
        store: any ObjectStore
    ) async throws -> [String: RoaringBitmap] {
        let isDataFile = Set(live.dataFiles.map(\.file.path))
        let shared = live.deleteFiles.filter { delete in
            delete.file.content == .positionDeletes && !delete.file.isDeletionVector
                && delete.file.onlyReferencedDataFile { isDataFile.contains($0) } == nil
        }
        guard !shared.isEmpty else { return [:] }
        // Vectors are needed for what they hide.
        var sharedAndHiding = live
        sharedAndHiding.deleteFiles = shared + live.deleteFiles.filter(\.file.isDeletionVector)
        let deletes = try await PositionDeletes(sharedAndHiding, store: store)
        var rows: [String: RoaringBitmap] = [:]
        for data in live.dataFiles {
            let positions = deletes.sharedPositions(ofFile: data.file.path)
                .filter { $0 >= 0 && $0 < data.file.recordCount }
            guard !positions.isEmpty else { continue }
            rows[data.file.path] = RoaringBitmap(positions.map { Int($0) }.sorted())
        }
        return rows
    }
}
