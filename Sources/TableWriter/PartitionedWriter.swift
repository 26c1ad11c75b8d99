public import Columns
public import Iceberg
public import ObjectStore
import Parquet
import TableModel

/// Rows that went into one file, one after the other.
public struct WrittenRows: Sendable {
    public var path: String
    /// The file's number of the first of them.
    public var firstPosition: Int
    /// Numbers among the rows appended, in the order of their positions; nil when that is all.
    public var picks: [Int32]?
}

/// Writes rows of one table into data files: one open file a partition, each of about the layout's
/// size.
///
/// Owned by one task. Memory: the rows of row groups that are open, within the layout's bound.
public final class PartitionedWriter {
    private struct OpenFile {
        var writer: DataFileWriter
        var values: [SingleValue?]
        var lastUse: Int
    }

    public let layout: TableLayout
    private let store: any ObjectStore
    private let router: PartitionRouter
    private let makeName: () -> String
    private var open: [KeyFingerprint: OpenFile] = [:]
    private var uses = 0
    /// Files that are whole, in the order in which they were closed.
    public private(set) var files: [DataFile] = []

    /// `makeName` gives a name that no other file of the lake has.
    ///
    /// - Throws: ``UnusablePartitionSpec``.
    public init(
        _ layout: TableLayout,
        store: any ObjectStore,
        makeName: @escaping () -> String
    ) throws(UnusablePartitionSpec) {
        self.layout = layout
        self.store = store
        self.makeName = makeName
        router = try PartitionRouter(layout.spec, fields: layout.fields)
    }

    public var isEmpty: Bool { open.isEmpty && files.isEmpty }
    var openFileCount: Int { open.count }
    /// Bytes of open files that wait in memory to be uploaded.
    var waitingBytes: Int { open.values.reduce(0) { $0 + $1.writer.waitingBytes } }
    /// Bytes of rows that wait in open files for their row groups.
    var bufferedBytes: Int { open.values.reduce(0) { $0 + $1.writer.bufferedBytes } }

    /// Appends rows, in the order of `selection`; nil takes all.
    ///
    /// - Returns: Where they went.
    /// - Throws: ``RowDoesNotFit``, `StoreError`.
    public func append(
        _ columns: [Column],
        selection: [Int32]? = nil
    ) async throws -> [WrittenRows] {
        var written: [WrittenRows] = []
        for group in router.groups(of: columns, selection: selection) {
            let rows = group.picks.map { picks in
                selection.map { rows in picks.map { rows[Int($0)] } } ?? picks
            }
            let writer = try await file(for: group)
            written.append(
                WrittenRows(
                    path: writer.path,
                    firstPosition: writer.rowCount,
                    picks: group.picks
                )
            )
            try await writer.append(columns, selection: rows ?? selection)
            if writer.writtenBytes >= layout.fileBytesMax { try await close(group.key) }
        }
        try await boundBuffers()
        return written
    }

    /// Appends rows of several batches sorted by the layout's order, in files of their own.
    ///
    /// - Returns: Where they went; picks count over all batches' selected rows.
    /// - Throws: As ``append(_:selection:)``.
    public func appendSorted(
        _ batches: [(columns: [Column], selection: [Int32]?)]
    ) async throws -> [WrittenRows] {
        let builder = BatchBuilder(
            shapes: layout.fields.map(\.type.columnShape),
            expectedRows: batches.reduce(0) { count, batch in
                count + (batch.selection?.count ?? batch.columns.first?.rowCount ?? 0)
            }
        )
        for batch in batches {
            for (index, column) in batch.columns.enumerated() {
                if let selection = batch.selection {
                    builder.builders[index].append(rows: selection, of: column)
                } else {
                    builder.builders[index].append(contentsOf: column)
                }
            }
        }
        let columns = builder.finishColumns()
        let order = try RowSorter(layout.sortOrder, fields: layout.fields).order(of: columns)
        var written = try await append(columns, selection: order)
        // A file in which two sorted runs stand one after the other is not sorted.
        try await closeAll()
        for index in written.indices {
            written[index].picks = written[index].picks?.map { order[Int($0)] } ?? order
        }
        return written
    }

    private func file(for group: PartitionRouter.Group) async throws -> DataFileWriter {
        uses += 1
        if let known = open[group.key] {
            open[group.key]?.lastUse = uses
            return known.writer
        }
        if open.count >= layout.openFilesMax,
            let oldest = open.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            try await close(oldest.key)
        }
        let folder = router.folder(of: group.values, spec: layout.spec)
        let writer = try await DataFileWriter(
            store: store,
            path: "\(layout.dataFolder)\(folder)/\(makeName())",
            fields: layout.fields.map(ParquetField.init),
            options: layout.options
        )
        open[group.key] = OpenFile(writer: writer, values: group.values, lastUse: uses)
        return writer
    }

    /// Closes row groups until what waits in open files is within its bound.
    private func boundBuffers() async throws {
        while bufferedBytes > layout.bufferedBytesMax {
            let largest = open.max {
                $0.value.writer.bufferedBytes < $1.value.writer.bufferedBytes
            }
            guard let largest else { return }
            try await largest.value.writer.closeRowGroup()
        }
    }

    /// Ends the row group of every open file.
    func closeRowGroups() async throws {
        for file in open.values where file.writer.bufferedBytes > 0 {
            try await file.writer.closeRowGroup()
        }
    }

    private func close(_ key: KeyFingerprint) async throws {
        guard let file = open[key] else { return }
        var finished = try await file.writer.finish()
        open[key] = nil
        finished.specID = layout.spec.specID
        finished.partition = PartitionTuple(layout.spec, values: file.values)
        finished.sortOrderID = layout.isSorted ? layout.sortOrder.orderID : nil
        files.append(finished)
    }

    /// Makes a file readable, if it is one that is open.
    public func close(path: String) async throws {
        if let key = open.first(where: { $0.value.writer.path == path })?.key {
            try await close(key)
        }
    }

    public func closeAll() async throws {
        for (key, _) in open.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            try await close(key)
        }
    }

    /// Closes what is open and hands over all files; the writer is as new afterwards.
    public func finish() async throws -> [DataFile] {
        try await closeAll()
        defer { files = [] }
        return files
    }

    /// Removes all files, whole or not.
    public func abandon() async {
        for file in open.values { await file.writer.abandon() }
        open = [:]
        for file in files { try? await store.delete(file.path) }
        files = []
    }
}
