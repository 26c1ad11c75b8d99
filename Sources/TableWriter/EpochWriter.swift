public import ChangeModel
public import Columns
public import Iceberg
public import KeyIndex
public import ObjectStore
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
    /// What the writer has to know of the table's older files.
    public struct OlderFiles {
        /// The live files at the snapshot that the epoch begins from; asked for when an older file
        /// loses rows.
        public var live: () async throws -> TableFiles
        /// The rows of a data file (the second one) that a delete file (the first one) lists.
        public var deletedRows: (DataFile, DataFile) async throws -> RoaringBitmap
        /// By data file, the rows that delete files of several data files list; asked for where
        /// deletion vectors take their place, or the data file goes.
        public var sharedDeletedRows: () async throws -> [String: RoaringBitmap]
        /// Cells of rows that lie in a data file: path, ascending positions, fields.
        public var cells: (String, [Int], [SchemaField]) async throws -> [Column]

        /// Columns of all rows of a data file, batch by batch with the position of the first.
        public var columns:
            (DataFile, [SchemaField], ([Column], Int) async throws -> Void) async throws -> Void

        /// Reads whole rows of older files, to write them anew; nil where something of them would
        /// be lost.
        public var rows: ([TableFiles.Entry]) async throws -> OlderRows?

        public init(
            live: @escaping () async throws -> TableFiles,
            deletedRows: @escaping (DataFile, DataFile) async throws -> RoaringBitmap,
            sharedDeletedRows: @escaping () async throws -> [String: RoaringBitmap],
            cells: @escaping (String, [Int], [SchemaField]) async throws -> [Column],
            columns:
                @escaping (DataFile, [SchemaField], ([Column], Int) async throws -> Void)
                async throws -> Void,
            rows: @escaping ([TableFiles.Entry]) async throws -> OlderRows?
        ) {
            self.live = live
            self.deletedRows = deletedRows
            self.sharedDeletedRows = sharedDeletedRows
            self.cells = cells
            self.columns = columns
            self.rows = rows
        }
    }

    /// How new data files are to be; their fields are those of the batches' columns.
    public private(set) var layout: TableLayout
    /// Positions in the layout's fields of the key, in the key's order.
    public private(set) var keyColumns: [Int]
    /// Unique among all files of the lake: pipeline, epoch and a random part.
    public let fileNamePrefix: String
    let store: any ObjectStore
    let index: KeyIndex
    let coversWholeTable: Bool
    let olderFiles: OlderFiles
    let deletedRowsCache: DeletedRowsCache

    var files = EpochFiles()
    /// Rows to delete, by file ordinal of the index.
    var deletedRows: [Int: RoaringBitmap] = [:]
    let fileNames: FileNames
    /// Made when the first row is written, and anew when columns are added.
    private(set) var dataWriter: PartitionedWriter?
    private var liveFiles: TableFiles?

    /// `index` is the table's index, or an empty one for the epoch's own rows; `coversWholeTable`
    /// says whether it knows every live row of the table.
    public init(
        layout: TableLayout,
        keyColumns: [Int],
        fileNamePrefix: String,
        store: any ObjectStore,
        index: KeyIndex,
        coversWholeTable: Bool,
        olderFiles: OlderFiles,
        deletedRowsCache: DeletedRowsCache
    ) {
        self.layout = layout
        self.keyColumns = keyColumns
        self.fileNamePrefix = fileNamePrefix
        self.store = store
        self.index = index
        self.coversWholeTable = coversWholeTable
        self.olderFiles = olderFiles
        self.deletedRowsCache = deletedRowsCache
        fileNames = FileNames(prefix: fileNamePrefix)
    }

    public var isEmpty: Bool {
        files.isEmpty && deletedRows.isEmpty && (dataWriter?.isEmpty ?? true)
    }

    /// Writes the rows that follow into files of other columns.
    public func change(layout: TableLayout, keyColumns: [Int]) async throws {
        try await closeDataFiles()
        self.layout = layout
        self.keyColumns = keyColumns
    }

    /// Writes what a merge came to.
    ///
    /// - Throws: `CollidingKeys` when keys share a fingerprint; the index is of no use then.
    public func write(_ merged: MergedChanges) async throws {
        if merged.hasCollidingKeys { throw CollidingKeys() }
        if merged.truncated { try await dropEverything() }
        guard !merged.outcomes.isEmpty else { return }
        try await checkKeys(of: merged)
        let columns = try await resolvedColumns(of: merged)
        let finalRows = finalRowsByBatch(merged)
        try await deleteOldRows(merged)
        try await writeFinalRows(finalRows, merged: merged, columns: columns)
    }

    /// Writes the delete files and hands over what the epoch made.
    ///
    /// `folding` also lets small older files become one.
    public func finish(folding: FoldingPolicy? = nil) async throws -> EpochFiles {
        if let folding, !isEmpty { try await foldSmallFiles(folding) }
        try await closeDataFiles()
        try await writeDeletes()
        let finished = files
        files = EpochFiles()
        return finished
    }

    /// Removes the files written so far; for an epoch that is given up before its commit.
    public func abandon() async {
        await dataWriter?.abandon()
        dataWriter = nil
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

    func openDataWriter() throws -> PartitionedWriter {
        if let dataWriter { return dataWriter }
        let fileNames = fileNames
        let writer = try PartitionedWriter(layout, store: store) { fileNames.next(kind: "data") }
        dataWriter = writer
        return writer
    }

    /// Makes a data file of this epoch readable.
    func close(path: String) async throws { try await dataWriter?.close(path: path) }

    private func closeDataFiles() async throws {
        guard let dataWriter else { return }
        files.dataFiles += try await dataWriter.finish()
        self.dataWriter = nil
    }

    func nextPath(kind: String, suffix: String = "parquet") -> String {
        "\(layout.dataFolder)/\(fileNames.next(kind: kind, suffix: suffix))"
    }

    /// Every row of the table is gone, those of this epoch included.
    private func dropEverything() async throws {
        await abandon()
        index.removeAll()
        files.replacesAllFiles = true
    }
}

/// Numbers the files of one epoch or copy.
public final class FileNames {
    private let prefix: String
    private var count = 0

    /// `prefix` is unique among all files of the lake.
    public init(prefix: String) { self.prefix = prefix }

    public func next(kind: String, suffix: String = "parquet") -> String {
        count += 1
        let number = String(count)
        let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
        return "\(prefix)-\(padded)-\(kind).\(suffix)"
    }
}
