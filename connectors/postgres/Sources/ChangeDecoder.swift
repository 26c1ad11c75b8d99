import Bytes
import ChangeModel
import SourceInterface

/// Turns pgoutput messages into column batches and other events.
///
/// Knows nothing of connections and clocks: messages go in, events come out through `emit`.
final class ChangeDecoder {
    /// A relation as announced, and what we made of it.
    final class Relation {
        let message: RelationMessage
        let table: StreamedTable?
        var binding: RelationBinding?

        init(_ message: RelationMessage, table: StreamedTable?) {
            self.message = message
            self.table = table
        }
    }

    private let tables: [StreamedTable]
    private let tablesByName: [SourceTableName: StreamedTable]
    let schema: any SchemaLookup
    let batchBytesMax: Int
    let emit: (SourceEvent) throws -> Void
    let countSpecialValues: (Int) -> Void

    private var relations: [UInt32: Relation] = [:]
    private var lastRelation: Relation?
    var openTables: [StreamedTable] = []
    var openBytes = 0
    let newCells = TupleCells()
    let oldCells = TupleCells()
    private var transaction: StreamTransaction?
    private var transactionCounter = 0

    /// The end of the last transaction that came whole.
    private(set) var committedEnd = LogSequenceNumber.zero
    /// When the source committed it, in microseconds since 1970; taken with a boundary.
    var committedAtMicroseconds: Int64?
    /// Transactions that changed a chosen table since the last boundary.
    var changedTransactionCount = 0
    /// The last transaction counted there.
    var lastChangedOrdinal = 0

    init(
        tables: [StreamedTable],
        schema: any SchemaLookup,
        batchBytesMax: Int,
        countSpecialValues: @escaping (Int) -> Void,
        emit: @escaping (SourceEvent) throws -> Void
    ) {
        self.tables = tables
        tablesByName = Dictionary(
            tables.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        self.schema = schema
        self.batchBytesMax = batchBytesMax
        self.countSpecialValues = countSpecialValues
        self.emit = emit
    }

    var isInTransaction: Bool { transaction != nil }

    /// Whether rows of the open transaction were decoded.
    var hasRowsInTransaction: Bool {
        transaction.map { $0.ordinal == lastChangedOrdinal } ?? false
    }

    /// A boundary behind what was decoded so far; it counts from here on.
    func takeBoundary(at position: LogSequenceNumber, reachesTarget: Bool) -> SourceBoundary {
        defer {
            committedAtMicroseconds = nil
            changedTransactionCount = 0
        }
        return SourceBoundary(
            position: PostgresPosition(position).position,
            committedAtMicroseconds: committedAtMicroseconds,
            hasReachedTarget: reachesTarget,
            transactionCount: changedTransactionCount
        )
    }

    /// Where we are, for messages to people.
    var place: String { "\(transaction?.begin.commitStart ?? committedEnd)" }

    // MARK: Messages

    /// Decodes one message.
    ///
    /// - Parameter bytes: The message from its tag on; rows are copied out of it.
    /// - Throws: ``SourceError``, or what `emit` throws.
    func handle(_ bytes: UnsafeRawBufferPointer) throws {
        do {
            try dispatch(bytes)
        } catch let fault as WireFault {
            throw SourceError(
                .malformedEvent,
                "could not decode a pgoutput message of \(bytes.count) bytes: \(fault)",
                position: place
            )
        }
    }

    private func dispatch(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(bytes.bytes)
        let tag = try reader.readInteger(as: UInt8.self)
        switch tag {
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"):
            try handleRow(tag, &reader, bytes)
        case UInt8(ascii: "B"): try begin(BeginMessage(&reader))
        case UInt8(ascii: "C"): try commit(CommitMessage(&reader))
        case UInt8(ascii: "R"): announce(try RelationMessage(&reader))
        case UInt8(ascii: "T"): try truncate(TruncateMessage(&reader))
        // Origins, types and messages of applications tell nothing that the rows do not.
        case UInt8(ascii: "O"), UInt8(ascii: "Y"), UInt8(ascii: "M"): break
        default:
            throw WireFault(
                .unknownTag,
                offset: 0,
                wanted: Int(tag),
                available: reader.remaining
            )
        }
    }

    private func begin(_ message: BeginMessage) throws {
        guard transaction == nil else { throw outOfOrder("a transaction began inside another") }
        transactionCounter += 1
        transaction = StreamTransaction(begin: message, ordinal: transactionCounter)
    }

    private func commit(_ message: CommitMessage) throws {
        guard let transaction, transaction.begin.commitStart == message.commitStart else {
            throw outOfOrder("a commit came that belongs to no transaction")
        }
        self.transaction = nil
        committedEnd = message.commitEnd
        committedAtMicroseconds = message.commitTime + ServerClock.epochMicroseconds
    }

    func outOfOrder(_ what: String) -> SourceError {
        SourceError(
            .malformedEvent,
            "could not follow the stream: \(what)",
            position: place
        )
    }

    /// Lets every relation of the table be compared anew.
    func forgetBindings(of table: StreamedTable) {
        for relation in relations.values where relation.table === table { relation.binding = nil }
    }

    /// A layout counts from the first row that comes with it; see `bind`.
    private func announce(_ message: RelationMessage) {
        let table =
            tables.first { $0.relationID == message.relationID } ?? tablesByName[message.name]
        relations[message.relationID] = Relation(message, table: table)
        lastRelation = nil
    }

    private func truncate(_ message: TruncateMessage) throws {
        guard let transaction else {
            throw outOfOrder("a truncation came outside of a transaction")
        }
        for relationID in message.relationIDs {
            guard let relation = relations[relationID] else {
                throw outOfOrder("a truncation came of an unknown relation \(relationID)")
            }
            guard let table = relation.table, !table.isStopped,
                !table.isCovered(by: transaction), try bind(relation, table) != nil
            else { continue }
            noteChange(of: table, in: transaction)
            try flush(table)
            try emit(.truncated(table.name))
        }
    }

    // MARK: Rows

    private func handleRow(
        _ tag: UInt8,
        _ reader: inout ByteReader,
        _ bytes: UnsafeRawBufferPointer
    ) throws {
        guard let transaction else { throw outOfOrder("a row came outside of a transaction") }
        let relationID = try reader.readBigEndian(as: UInt32.self)
        let relation: Relation
        if let last = lastRelation, last.message.relationID == relationID {
            relation = last
        } else {
            guard let known = relations[relationID] else {
                throw outOfOrder("a row came of an unknown relation \(relationID)")
            }
            relation = known
            lastRelation = known
        }
        guard let table = relation.table, !table.isStopped, !table.isCovered(by: transaction)
        else { return }
        guard let binding = try relation.binding ?? bind(relation, table) else { return }
        noteChange(of: table, in: transaction)
        if table.pendingRowCount == 0 { openTables.append(table) }
        let bytesBefore = table.pendingByteCount
        do {
            switch tag {
            case UInt8(ascii: "I"):
                try insert(&reader, bytes, table, binding)
            case UInt8(ascii: "U"):
                try update(&reader, bytes, table, binding)
            default:
                try delete(&reader, bytes, table, binding)
            }
        } catch let fault as RowFault {
            table.rows.cancelRow()
            let failure = table.rows.sourceError(fault, reading: "a change", position: place)
            guard failure.kind == .unsupportedChange else { throw failure }
            try stop(table, failure)
            return
        }
        openBytes &+= table.pendingByteCount &- bytesBefore
        try cutBatches(table)
    }
}
