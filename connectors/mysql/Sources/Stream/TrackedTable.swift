internal import ChangeModel
internal import SourceInterface

/// A replicated table while the stream runs.
final class TrackedTable {
    private(set) var table: SourceTable
    /// What the lake has of the table already; `nil` once the stream is past it.
    var watermark: LogPosition?
    var isStopped = false
    /// Goes up with every change of columns, so that decoders made before are not used.
    private(set) var version = 0
    /// Rows that were not sent yet.
    var batch: TableBatch?
    private var lastRowCount = 0

    init(_ table: SourceTable, watermark: LogPosition?) {
        self.table = table
        self.watermark = watermark
    }

    var name: SourceTableName { table.name }
    var memoryBytes: Int { batch?.memoryBytes ?? 0 }

    func openBatch() -> TableBatch {
        if let batch { return batch }
        let opened = TableBatch(columns: table.columns, lastRowCount: lastRowCount)
        batch = opened
        return opened
    }

    /// Takes the waiting rows out.
    func takeBatch() -> ChangeBatch? {
        guard let waiting = batch else { return nil }
        batch = nil
        guard waiting.rowCount > 0 else { return nil }
        lastRowCount = waiting.rowCount
        return waiting.finish(of: name)
    }

    func replace(with table: SourceTable) {
        self.table = table
        version += 1
    }
}

/// A table map of the log and what came of it.
final class MappedTable {
    /// The event's bytes, to notice that the next one says the same.
    let bytes: [UInt8]
    let map: TableMap
    /// `nil` for tables that are not replicated.
    let tracked: TrackedTable?
    private var decoder: RowDecoder?
    private var version = -1

    init(bytes: [UInt8], map: TableMap, tracked: TrackedTable?) {
        self.bytes = bytes
        self.map = map
        self.tracked = tracked
    }

    /// The decoder, unless the table's columns changed since it was made.
    var currentDecoder: RowDecoder? { version == tracked?.version ? decoder : nil }

    func use(_ decoder: RowDecoder, version: Int) {
        self.decoder = decoder
        self.version = version
    }
}
