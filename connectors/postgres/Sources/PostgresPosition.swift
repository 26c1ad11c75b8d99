import ChangeModel
import SourceInterface

/// A position of this source, taken apart.
///
/// Text: `0/16B3748`, then for every snapshot that reaches beyond that number
/// `snapshot 740:745:741,743 to 0/16B3800`, and ` for public.a,public.b` where only these tables
/// were read in it. A transaction is covered when it ended at or before the number, or when the
/// table's snapshot saw it. The snapshots travel along until the log has passed where they were
/// taken: dropping one earlier would apply what it saw a second time.
struct PostgresPosition: Hashable, Sendable {
    /// A snapshot from which tables were filled.
    struct View: Hashable, Sendable {
        var snapshot: VisibilitySnapshot
        /// Everything that the snapshot sees was committed before this position.
        var horizon: LogSequenceNumber?
        /// The tables read in it; nil for all.
        var tables: [SourceTableName]?
    }

    var sequence: LogSequenceNumber
    var views: [View] = []

    init(_ sequence: LogSequenceNumber, views: [View] = []) {
        self.sequence = sequence
        self.views = views
    }

    /// - Throws: ``SourceError`` when the text is not one that we wrote.
    init(parsing position: SourcePosition) throws {
        guard let parsed = Self.parse(position.text) else {
            throw SourceError(
                .configuration,
                "could not read the stored position '\(position.text)' as a PostgreSQL position",
                remedy: "The lake belongs to another kind of source; use another pipeline name"
            )
        }
        self = parsed
    }

    var position: SourcePosition {
        var text = "\(sequence)"
        for view in views {
            text += " snapshot \(view.snapshot)"
            if let horizon = view.horizon { text += " to \(horizon)" }
            if let tables = view.tables {
                text += " for " + tables.map(Self.escape).joined(separator: ",")
            }
        }
        return SourcePosition(text)
    }

    /// The farthest place in the log that something in this position comes from.
    var farthest: LogSequenceNumber {
        views.reduce(sequence) { max($0, $1.horizon ?? $0) }
    }

    /// What of the position concerns one table.
    func view(of table: SourceTableName) -> View? {
        views.first { $0.tables?.contains(table) ?? true }
    }

    private static func parse(_ text: String) -> PostgresPosition? {
        var tokens = text.split(separator: " ")[...]
        guard let first = tokens.popFirst(), let sequence = LogSequenceNumber(text: first)
        else { return nil }
        var position = PostgresPosition(sequence)
        while let keyword = tokens.popFirst() {
            guard keyword == "snapshot", let text = tokens.popFirst(),
                let snapshot = VisibilitySnapshot(text: text)
            else { return nil }
            var view = View(snapshot: snapshot)
            if tokens.first == "to" {
                tokens.removeFirst()
                guard let text = tokens.popFirst(), let horizon = LogSequenceNumber(text: text)
                else { return nil }
                view.horizon = horizon
            }
            if tokens.first == "for" {
                tokens.removeFirst()
                guard let list = tokens.popFirst() else { return nil }
                let names = list.split(separator: ",").map { unescape($0) }
                let known = names.compactMap { $0 }
                guard known.count == names.count else { return nil }
                view.tables = known
            }
            position.views.append(view)
        }
        return position
    }

    private static func escape(_ name: SourceTableName) -> String {
        escape(name.schema) + "." + escape(name.table)
    }

    private static func escape(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }

    private static func unescape(_ text: Substring) -> SourceTableName? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, let schema = unescapeName(halves[0]),
            let table = unescapeName(halves[1])
        else { return nil }
        return SourceTableName(schema: schema, table: table)
    }

    private static func unescapeName(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16)
            else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// How far one table is: decides which transactions of the stream it already holds.
struct TableWatermark: Hashable, Sendable {
    var sequence: LogSequenceNumber
    var view: PostgresPosition.View?

    init(_ position: PostgresPosition, of table: SourceTableName) {
        sequence = position.sequence
        view = position.view(of: table)
    }

    /// Whether the table holds what the transaction did.
    ///
    /// - Parameters:
    ///   - commitStart: Where the transaction's commit record begins. Positions that are stored are
    ///     ends of records, so a record that begins before one also ends by it.
    ///   - transactionID: The lower half of the transaction's id.
    func covers(commitStart: LogSequenceNumber, transactionID: UInt32) -> Bool {
        if commitStart < sequence { return true }
        guard let view else { return false }
        if let horizon = view.horizon, commitStart >= horizon { return false }
        return view.snapshot.sees(transactionID: transactionID)
    }
}
