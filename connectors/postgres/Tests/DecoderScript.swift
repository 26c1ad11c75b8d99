import ChangeModel
import Columns
import SourceInterface
import TableModel

@testable import PostgresConnector

/// Knows the built-in types, and that new columns have no default.
final class FixedSchema: SchemaLookup {
    var readsOldRows = false

    func types(of columns: [RelationMessage.Column]) throws -> TypeCatalog { TypeCatalog() }

    func describe(
        _ columns: [RelationMessage.Column],
        of relationID: UInt32,
        types: TypeCatalog
    ) throws -> (columns: [SourceColumn], readsOldRows: Bool) {
        let described = columns.compactMap { column -> SourceColumn? in
            guard case .mapped(let type) = types.mapping(of: column.type, modifier: column.modifier)
            else { return nil }
            return SourceColumn(
                name: column.name,
                declaredType: "type \(column.type)",
                type: type,
                isNullable: true
            )
        }
        return (described, readsOldRows)
    }
}

/// Builds messages as the server frames them.
enum Message {
    static let tableID: UInt32 = 16_522

    static func begin(_ start: UInt64, id: UInt32 = 1000) -> [UInt8] {
        [UInt8(ascii: "B")] + big(start) + big(Int64(0)) + big(id)
    }

    static func commit(_ start: UInt64) -> [UInt8] {
        [UInt8(ascii: "C"), 0] + big(start) + big(start + 0x30) + big(Int64(5))
    }

    static func relation(
        _ name: String = "t",
        id: UInt32 = tableID,
        identity: Character = "d",
        columns: [(name: String, isKey: Bool, type: UInt32)]
    ) -> [UInt8] {
        var bytes = [UInt8(ascii: "R")] + big(id) + text("s") + text(name)
        bytes += [identity.asciiValue ?? 0] + big(UInt16(columns.count))
        for column in columns {
            bytes += [column.isKey ? 1 : 0] + text(column.name) + big(column.type) + big(Int32(-1))
        }
        return bytes
    }

    static func insert(_ cells: String?...) -> [UInt8] {
        [UInt8(ascii: "I")] + big(tableID) + [UInt8(ascii: "N")] + tuple(cells)
    }

    static func update(
        old: (Character, [String?])? = nil,
        _ cells: String?...
    ) -> [UInt8] {
        var bytes = [UInt8(ascii: "U")] + big(tableID)
        if let old { bytes += [old.0.asciiValue ?? 0] + tuple(old.1) }
        return bytes + [UInt8(ascii: "N")] + tuple(cells)
    }

    static func delete(_ tag: Character = "K", _ cells: String?...) -> [UInt8] {
        [UInt8(ascii: "D")] + big(tableID) + [tag.asciiValue ?? 0] + tuple(cells)
    }

    static func truncate() -> [UInt8] {
        [UInt8(ascii: "T")] + big(Int32(1)) + [0] + big(tableID)
    }

    /// `~` stands for "unchanged".
    private static func tuple(_ cells: [String?]) -> [UInt8] {
        cells.reduce(into: big(UInt16(cells.count))) { bytes, cell in
            switch cell {
            case nil: bytes.append(UInt8(ascii: "n"))
            case "~": bytes.append(UInt8(ascii: "u"))
            case .some(let text):
                bytes += [UInt8(ascii: "t")] + big(Int32(text.utf8.count)) + Array(text.utf8)
            }
        }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// Plays messages to a decoder of one table `s.t(id int key, v text)` and writes down what comes.
final class Script {
    let table: SourceTable
    let schema = FixedSchema()
    var lines: [String] = []
    private var columnNames = ["id", "v"]

    /// `key` holds the positions of the key's columns; empty for a table without a key.
    init(key: [Int] = [0]) {
        table = SourceTable(
            name: SourceTableName(schema: "s", table: "t"),
            columns: [
                SourceColumn(name: "id", declaredType: "integer", type: .int, isNullable: false),
                SourceColumn(name: "v", declaredType: "text", type: .string, isNullable: true),
            ],
            keyColumns: key,
            incarnation: "16522"
        )
    }

    static let layout = [("id", true, UInt32(23)), ("v", false, UInt32(25))]

    func play(
        _ messages: [[UInt8]],
        watermark: String = "0/0",
        batchBytesMax: Int = 1 << 20
    ) throws -> [String] {
        let streamed = StreamedTable(
            table,
            watermark: try PostgresPosition(parsing: SourcePosition(watermark))
        )
        let decoder = ChangeDecoder(
            tables: [streamed],
            schema: schema,
            batchBytesMax: batchBytesMax,
            countSpecialValues: { _ in },
            emit: { [unowned self] in write($0) }
        )
        for message in messages { try message.withUnsafeBytes { try decoder.handle($0) } }
        try decoder.flushAll()
        return lines
    }

    private func write(_ event: SourceEvent) {
        switch event {
        case .rows(let batch):
            for row in 0..<batch.rowCount {
                let operation = ChangeOperation(rawValue: batch.operations[row])
                let cells = batch.columns.indices.map { column in
                    if !batch.unchanged.isEmpty, batch.unchanged[column].contains(row) {
                        return "~"
                    }
                    let values = batch.columns[column]
                    if values.isNull(row) { return "NULL" }
                    return values.type == .int32
                        ? "\(values.value(at: row, as: Int32.self))"
                        : values.string(at: row) ?? ""
                }
                let name = operation.map { "\($0)" } ?? "?"
                lines.append("\(name) \(cells.joined(separator: " "))")
            }
        case .truncated: lines.append("truncated")
        case .columnsAdded(let table, let needsSnapshot):
            let names = table.columns.map(\.name).joined(separator: ",")
            lines.append("columns \(names) copy=\(needsSnapshot)")
        case .stopped(_, let error): lines.append("stopped \(error.kind) \(error.message)")
        case .boundary: lines.append("boundary")
        }
    }
}
