import Columns
public import Iceberg
public import ObjectStore
public import Puffin

/// Data files that are to be written anew, and what is needed for it; made by the owner of the
/// table, run beside it.
public struct FileRewrite: Sendable {
    let sources: [TableFiles.Entry]
    let rows: OlderRows
    /// By data file, the rows that delete files of several data files list.
    let sharedDeletedRows: [String: RoaringBitmap]
    let layout: TableLayout
    let fileNamePrefix: String
    let store: any ObjectStore
    let deletedRows: @Sendable (DataFile, DataFile) async throws -> RoaringBitmap

    /// - Parameters:
    ///   - sources: What a ``RewritePolicy`` chose.
    ///   - rows: Reads them whole.
    ///   - sharedDeletedRows: By data file, the rows that delete files of several data files list.
    ///   - layout: How new files are to be.
    ///   - fileNamePrefix: Unique among all files of the lake.
    ///   - store: Where all of these files are.
    ///   - deletedRows: The rows of a data file (the second one) that a delete file lists.
    public init(
        of sources: [TableFiles.Entry],
        rows: OlderRows,
        sharedDeletedRows: [String: RoaringBitmap],
        layout: TableLayout,
        fileNamePrefix: String,
        store: any ObjectStore,
        deletedRows: @escaping @Sendable (DataFile, DataFile) async throws -> RoaringBitmap
    ) {
        self.sources = sources
        self.rows = rows
        self.sharedDeletedRows = sharedDeletedRows
        self.layout = layout
        self.fileNamePrefix = fileNamePrefix
        self.store = store
        self.deletedRows = deletedRows
    }
}

/// Live rows of older data files in new ones, in the same order; not committed yet.
public struct RewrittenFiles: Sendable {
    /// An older file, and the rows that were dead when it was read.
    public struct Source: Sendable {
        public var file: DataFile
        public var dead: RoaringBitmap
    }

    public var sources: [Source]
    /// In the order of the rows.
    public var dataFiles: [DataFile]

    public var deadRowCount: Int { sources.reduce(0) { $0 + $1.dead.count } }

    /// Removes the new files.
    public func abandon(store: any ObjectStore) async {
        for file in dataFiles { try? await store.delete(file.path) }
    }
}

extension FileRewrite {
    /// Writes the live rows of the files as they are now.
    ///
    /// Memory: a batch of rows, row groups that are open, and the positions of dead rows.
    ///
    /// - Returns: nil where rows lie in another partition than their file says.
    /// - Throws: `StoreError`, `FormatError`; nothing stays behind then.
    public func run() async throws -> RewrittenFiles? {
        var layout = layout
        layout.fields = rows.fields
        let names = FileNames(prefix: fileNamePrefix)
        let writer = try PartitionedWriter(layout, store: store) { names.next(kind: "rewritten") }
        do {
            var paths: [String] = []
            var read: [RewrittenFiles.Source] = []
            for entry in sources {
                let dead = try await deadRows(of: entry)
                try await writer.copyLiveRows(of: entry, dead: dead, rows) { batch in
                    for run in batch.written where paths.last != run.path { paths.append(run.path) }
                }
                read.append(RewrittenFiles.Source(file: entry.file, dead: dead))
            }
            let files = try await writer.finish()
            guard paths == files.map(\.path) else {
                await RewrittenFiles(sources: [], dataFiles: files).abandon(store: store)
                return nil
            }
            return RewrittenFiles(sources: read, dataFiles: files.map(withOrderOfRows))
        } catch {
            await writer.abandon()
            throw error
        }
    }

    private func deadRows(of entry: TableFiles.Entry) async throws -> RoaringBitmap {
        var dead = sharedDeletedRows[entry.file.path] ?? RoaringBitmap()
        for delete in entry.deletes { dead.formUnion(try await deletedRows(delete, entry.file)) }
        return dead
    }

    /// A file is sorted as the one was whose rows it has; several one after the other are not.
    private func withOrderOfRows(_ file: DataFile) -> DataFile {
        var file = file
        file.sortOrderID = sources.count == 1 ? sources[0].file.sortOrderID : nil
        return file
    }
}

/// Live rows of a batch of an older file, and where they went.
struct CopiedRows {
    let columns: [Column]
    /// The file's number of the batch's first row.
    let first: Int
    /// The batch's live rows.
    let live: [Int32]
    /// Picks count over `live`.
    let written: [WrittenRows]
}

extension PartitionedWriter {
    /// Appends the live rows of an older file batch by batch; `areSorted` sorts each batch.
    func copyLiveRows(
        of entry: TableFiles.Entry,
        dead: RoaringBitmap,
        _ rows: OlderRows,
        sorted areSorted: Bool = false,
        _ body: (CopiedRows) throws -> Void
    ) async throws {
        try await rows.forEachBatch(entry) { columns, first in
            try Task.checkCancellation()
            let count = columns.first?.rowCount ?? 0
            var live: [Int32] = []
            live.reserveCapacity(count)
            for row in 0..<count where !dead.contains(first + row) { live.append(Int32(row)) }
            guard !live.isEmpty else { return }
            let written =
                areSorted
                ? try await appendSorted([(columns: columns, selection: live)])
                : try await append(columns, selection: live)
            try body(CopiedRows(columns: columns, first: first, live: live, written: written))
        }
    }
}
