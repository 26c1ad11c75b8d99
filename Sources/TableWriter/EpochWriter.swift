public import ChangeModel
public import Columns
public import Iceberg
public import KeyIndex
public import ObjectStore
public import Parquet
public import Puffin
public import TableModel

/// Turns the merged changes of one table into data files and delete files.
///
/// An epoch may write several times before it ends: a transaction larger than memory goes to files
/// piece by piece, and later pieces delete rows of earlier ones by position. With a whole-table
/// index (`deletes: position`) all deletes are by position; without one (`deletes: equality`) the
/// index covers the epoch's own rows only, because an equality delete does not touch rows of its
/// own commit, and older rows are deleted by key.
///
/// Owned by one task. The index is changed as files are written; when the epoch fails, it must be
/// thrown away with the writer.
public final class EpochWriter {
    public struct Target: Sendable {
        /// Where the table's files go, such as `file:///lake/shop/orders`.
        public var location: String
        /// The fields of the batches' columns, in the batches' order.
        public var fields: [SchemaField]
        /// Positions in `fields` of the key, in the key's order.
        public var keyColumns: [Int]
        /// Unique among all files of the lake: pipeline, epoch and a random part.
        public var fileNamePrefix: String

        public init(
            location: String,
            fields: [SchemaField],
            keyColumns: [Int],
            fileNamePrefix: String
        ) {
            self.location = location
            self.fields = fields
            self.keyColumns = keyColumns
            self.fileNamePrefix = fileNamePrefix
        }
    }

    /// What the writer has to know of the table's older files.
    public struct OlderFiles {
        /// The live files at the snapshot that the epoch begins from; asked for when an older file
        /// loses rows.
        public var live: () async throws -> TableFiles
        /// The rows of a data file (the second one) that a delete file (the first one) lists.
        public var deletedRows: (DataFile, DataFile) async throws -> RoaringBitmap
        /// Cells of rows that lie in a data file: path, ascending positions, fields.
        public var cells: (String, [Int], [SchemaField]) async throws -> [Column]

        public init(
            live: @escaping () async throws -> TableFiles,
            deletedRows: @escaping (DataFile, DataFile) async throws -> RoaringBitmap,
            cells: @escaping (String, [Int], [SchemaField]) async throws -> [Column]
        ) {
            self.live = live
            self.deletedRows = deletedRows
            self.cells = cells
        }
    }

    /// Where the columns of the batches go; replaced when columns are added.
    public var target: Target
    let store: any ObjectStore
    let index: KeyIndex
    let coversWholeTable: Bool
    let options: ParquetWriterOptions
    let olderFiles: OlderFiles
    let deletedRowsCache: DeletedRowsCache

    var files = EpochFiles()
    /// Rows to delete, by file ordinal of the index.
    var deletedRows: [Int: RoaringBitmap] = [:]
    private var fileCount = 0
    private var liveFiles: TableFiles?

    /// `index` is the table's index, or an empty one for the epoch's own rows; `coversWholeTable`
    /// says whether it knows every live row of the table.
    public init(
        target: Target,
        store: any ObjectStore,
        index: KeyIndex,
        coversWholeTable: Bool,
        options: ParquetWriterOptions,
        olderFiles: OlderFiles,
        deletedRowsCache: DeletedRowsCache
    ) {
        self.target = target
        self.store = store
        self.index = index
        self.coversWholeTable = coversWholeTable
        self.options = options
        self.olderFiles = olderFiles
        self.deletedRowsCache = deletedRowsCache
    }

    public var isEmpty: Bool { files.isEmpty && deletedRows.isEmpty }

    /// Writes what a merge came to.
    public func write(_ merged: MergedChanges) async throws {
        if merged.truncated { try await dropEverything() }
        guard !merged.outcomes.isEmpty else { return }
        let columns = try await resolvedColumns(of: merged)
        let finalRows = finalRowsByBatch(merged)
        try await deleteOldRows(merged)
        try await writeFinalRows(finalRows, merged: merged, columns: columns)
    }

    /// Writes the delete files and hands over what the epoch made.
    public func finish() async throws -> EpochFiles {
        try await writeDeletes()
        let finished = files
        files = EpochFiles()
        return finished
    }

    /// Removes the files written so far; for an epoch that is given up before its commit.
    public func abandon() async {
        for file in files.dataFiles + files.deleteFiles {
            try? await store.delete(file.path)
        }
        files = EpochFiles()
        deletedRows = [:]
    }

    func tableFiles() async throws -> TableFiles {
        if let liveFiles { return liveFiles }
        let read = try await olderFiles.live()
        liveFiles = read
        return read
    }

    func nextPath(kind: String) -> String {
        fileCount += 1
        let number = String(fileCount)
        let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
        return "\(target.location)/data/\(target.fileNamePrefix)-\(padded)-\(kind).parquet"
    }

    /// Every row of the table is gone, those of this epoch included.
    private func dropEverything() async throws {
        await abandon()
        index.removeAll()
        files.replacesAllFiles = true
    }
}
