internal import Bytes
internal import ChangeModel

/// The description of a table that stands in front of its rows events.
///
/// Source: MySQL `libs/mysql/binlog/event/rows_event.h`, `Table_map_event`.
struct TableMap {
    /// The number that stands for no table at all.
    static let noTableID: UInt64 = 0xFF_FFFF

    var id: UInt64
    var name: SourceTableName
    var columns: [EventColumn] = []
    /// Positions of the primary key's columns; `nil` when the event does not say.
    var keyColumns: [Int]?

    /// Whether the server sends names, labels and keys: `binlog_row_metadata=FULL`.
    var hasNames: Bool { columns.allSatisfy { $0.name != nil } }

    /// Reads a table map event's body, without header and checksum.
    init(_ body: RawSpan, _ format: FormatDescription) throws(WireFault) {
        let tableIDByteCount = format.tableIDByteCount(of: EventType.tableMap)
        var reader = ByteReader(body)
        id = try reader.readTableID(byteCount: tableIDByteCount)
        try reader.skip(2)
        let schema = try Self.readName(&reader)
        let table = try Self.readName(&reader)
        name = SourceTableName(schema: schema, table: table)
        try readColumns(&reader)
        var numbering = ColumnNumbering(columns, format.dialect)
        while !reader.isAtEnd {
            let tag = try reader.readInteger(as: UInt8.self)
            var field = ByteReader(try reader.readBytes(try reader.readCount()))
            try readOptional(tag, &field, &numbering)
        }
    }

    private static func readName(_ reader: inout ByteReader) throws(WireFault) -> String {
        let count = Int(try reader.readInteger(as: UInt8.self))
        let name = text(try reader.readBytes(count))
        try reader.skip(1)
        return name
    }

    private mutating func readColumns(_ reader: inout ByteReader) throws(WireFault) {
        let count = try reader.readCount()
        let types = try reader.readBytes(count)
        var metadata = ByteReader(try reader.readBytes(try reader.readCount()))
        columns.reserveCapacity(count)
        for index in 0..<count {
            let code = types.unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            columns.append(try EventColumn(type: code, metadata: &metadata))
        }
        let nullable = try reader.readBytes((count + 7) / 8)
        for index in 0..<count {
            let bits = nullable.unsafeLoad(fromUncheckedByteOffset: index / 8, as: UInt8.self)
            columns[index].isNullable = bits & (1 << UInt8(index % 8)) != 0
        }
    }

    private mutating func readOptional(
        _ tag: UInt8,
        _ field: inout ByteReader,
        _ numbering: inout ColumnNumbering
    ) throws(WireFault) {
        switch tag {
        case 1: try readSignedness(&field, numbering.numeric)
        case 2: try readDefaultCollation(&field, numbering.character)
        case 3: try readCollations(&field, numbering.character)
        case 4: try readColumnNames(&field)
        case 5: try readLabels(&field, numbering.sets)
        case 6: try readLabels(&field, numbering.enumerations)
        case 8: try readKey(&field, hasPrefixes: false)
        case 9: try readKey(&field, hasPrefixes: true)
        case 10: try readDefaultCollation(&field, numbering.labelled)
        case 11: try readCollations(&field, numbering.labelled)
        default: break
        }
    }

    private mutating func readSignedness(
        _ field: inout ByteReader,
        _ numeric: [Int]
    ) throws(WireFault) {
        var bits: UInt8 = 0
        for (order, index) in numeric.enumerated() {
            if order % 8 == 0 { bits = try field.readInteger() }
            columns[index].isUnsigned = bits & (0x80 >> UInt8(order % 8)) != 0
        }
    }

    private mutating func readDefaultCollation(
        _ field: inout ByteReader,
        _ numbered: [Int]
    ) throws(WireFault) {
        let collation = try field.readCount()
        for index in numbered { columns[index].collation = collation }
        while !field.isAtEnd {
            let order = try field.readCount()
            let exception = try field.readCount()
            try check(order, below: numbered.count, field)
            columns[numbered[order]].collation = exception
        }
    }

    private mutating func readCollations(
        _ field: inout ByteReader,
        _ numbered: [Int]
    ) throws(WireFault) {
        for index in numbered { columns[index].collation = try field.readCount() }
    }

    private mutating func readColumnNames(_ field: inout ByteReader) throws(WireFault) {
        for index in columns.indices {
            columns[index].name = text(try field.readBytes(try field.readCount()))
        }
    }

    private mutating func readLabels(
        _ field: inout ByteReader,
        _ numbered: [Int]
    ) throws(WireFault) {
        for index in numbered {
            let count = try field.readCount()
            var labels: [[UInt8]] = []
            for _ in 0..<count {
                let label = try field.readBytes(try field.readCount())
                labels.append(label.withUnsafeBytes { Array($0) })
            }
            columns[index].labels = labels
        }
    }

    private mutating func readKey(
        _ field: inout ByteReader,
        hasPrefixes: Bool
    ) throws(WireFault) {
        var key: [Int] = []
        while !field.isAtEnd {
            let index = try field.readCount()
            try check(index, below: columns.count, field)
            key.append(index)
            if hasPrefixes { _ = try field.readCount() }
        }
        keyColumns = key
    }

    private func check(
        _ index: Int,
        below count: Int,
        _ field: borrowing ByteReader
    ) throws(WireFault) {
        guard index >= count else { return }
        throw WireFault(
            .malformedValue,
            offset: field.offset,
            wanted: index,
            available: count
        )
    }
}

/// The optional metadata counts columns kind by kind.
private struct ColumnNumbering {
    var numeric: [Int] = []
    var character: [Int] = []
    var enumerations: [Int] = []
    var sets: [Int] = []
    var labelled: [Int] = []

    /// MariaDB's geometries are blobs with a collation, and counted among the character columns.
    init(_ columns: [EventColumn], _ dialect: Dialect) {
        for (index, column) in columns.enumerated() {
            if FieldType.isNumeric(column.type) { numeric.append(index) }
            let isGeometryBlob = dialect == .mariadb && column.type == FieldType.geometry
            if FieldType.isCharacter(column.type) || isGeometryBlob { character.append(index) }
            if column.type == FieldType.enumeration { enumerations.append(index) }
            if column.type == FieldType.set { sets.append(index) }
        }
        labelled = (enumerations + sets).sorted()
    }
}
