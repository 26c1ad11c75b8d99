public import ChangeModel
public import Columns
import Iceberg
public import KeyIndex
public import ObjectStore
public import Parquet
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

    /// Reads cells of rows that lie in a data file: path, ascending positions, fields.
    public typealias CellReader = (String, [Int], [SchemaField]) async throws -> [Column]

    /// Where the columns of the batches go; replaced when columns are added.
    public var target: Target
    let store: any ObjectStore
    let index: KeyIndex
    let coversWholeTable: Bool
    let options: ParquetWriterOptions
    let readCells: CellReader

    var files = EpochFiles()
    /// Positions to delete, by file ordinal of the index.
    var deletedPositions: [Int: [Int]] = [:]
    private var fileCount = 0

    /// `index` is the table's index, or an empty one for the epoch's own rows; `coversWholeTable`
    /// says whether it knows every live row of the table.
    public init(
        target: Target,
        store: any ObjectStore,
        index: KeyIndex,
        coversWholeTable: Bool,
        options: ParquetWriterOptions,
        readCells: @escaping CellReader
    ) {
        self.target = target
        self.store = store
        self.index = index
        self.coversWholeTable = coversWholeTable
        self.options = options
        self.readCells = readCells
    }

    public var isEmpty: Bool { files.isEmpty && deletedPositions.isEmpty }

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
        for (file, positions) in deletedPositions.sorted(by: { $0.key < $1.key }) {
            let path = nextPath(kind: "pos-deletes")
            files.deleteFiles.append(
                try await writePositionDeletes(
                    of: index.filePaths[file],
                    positions: positions,
                    to: path,
                    store: store
                )
            )
        }
        let finished = files
        files = EpochFiles()
        deletedPositions = [:]
        return finished
    }

    /// Removes the files written so far; for an epoch that is given up before its commit.
    public func abandon() async {
        for file in files.dataFiles + files.deleteFiles {
            try? await store.delete(file.path)
        }
        files = EpochFiles()
        deletedPositions = [:]
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
