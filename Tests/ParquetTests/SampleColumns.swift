import Columns
import Parquet
import TableModel

/// Columns of any type with values that are made from numbers, for round trips.
enum SampleColumns {
    static let types: [IcebergType] = [
        .boolean, .int, .long, .float, .double, .decimal(precision: 9, scale: 2),
        .decimal(precision: 18, scale: 4), .decimal(precision: 20, scale: 0),
        .decimal(precision: 38, scale: 10), .date, .time, .timestamp, .timestamptz, .string,
        .uuid, .fixed(lengthBytes: 5), .binary,
    ]

    /// Optional columns of all types, then required ones.
    static let fields: [ParquetField] = types.enumerated().flatMap { index, type in
        [
            ParquetField(
                fieldID: Int32(index * 2 + 1),
                name: "optional \(type)",
                type: type,
                isRequired: false
            ),
            ParquetField(
                fieldID: Int32(index * 2 + 2),
                name: "required \(type)",
                type: type,
                isRequired: true
            ),
        ]
    }

    static var schemaFields: [SchemaField] {
        fields.map {
            SchemaField(id: $0.fieldID, name: $0.name, type: $0.type, isRequired: $0.isRequired)
        }
    }

    /// A column of `rowCount` rows from `seeds`; optional ones have NULL where `isNull` says so.
    static func column(
        _ field: ParquetField,
        rowCount: Int,
        seed: (Int) -> UInt64,
        isNull: (Int) -> Bool
    ) -> Column {
        var builder = ColumnBuilder(field.type.physicalType, expectedRows: rowCount)
        for row in 0..<rowCount {
            if !field.isRequired && isNull(row) {
                builder.appendNull()
            } else {
                append(seed(row) &* 0x9E37_79B9_7F4A_7C15, field.type, to: &builder)
            }
        }
        return builder.finish()
    }

    private static func append(
        _ seed: UInt64,
        _ type: IcebergType,
        to builder: inout ColumnBuilder
    ) {
        let number = Int64(bitPattern: seed)
        switch type {
        case .boolean: builder.append(UInt8(seed >> 40 & 1))
        case .int, .date: builder.append(Int32(truncatingIfNeeded: number))
        case .long, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos:
            builder.append(number)
        case .float: builder.append(Float(number) / 3)
        case .double: builder.append(Double(number) / 3)
        case .time: builder.append(Int64(seed % 86_400_000_000))
        case .decimal(let precision, _):
            let limit = (0..<precision).reduce(Int128(1)) { product, _ in product * 10 }
            let wide = Int128(number) * Int128(number) * (number < 0 ? -1 : 1) % limit
            if precision <= 18 { builder.append(Int64(wide)) } else { builder.append(wide) }
        case .uuid: builder.append(UInt128(seed) << 64 | UInt128(seed &* 31))
        case .fixed(let lengthBytes):
            let text = String(repeating: "x", count: lengthBytes - 1) + "\(seed % 10)"
            builder.append(utf8: text)
        case .string: builder.append(utf8: seed % 7 == 0 ? "" : "é\(seed % 1_000_003)")
        case .binary, .geometry, .geography:
            builder.append(utf8: String(seed % 999_983, radix: 3))
        case .unknown: builder.appendNull()
        case .variant, .structure, .list, .map: preconditionFailure("only leaves are sampled")
        }
    }

    static func field(_ type: IcebergType, isRequired: Bool = false) -> ParquetField {
        ParquetField(fieldID: 1, name: "value", type: type, isRequired: isRequired)
    }

    static func integers<T: BitwiseCopyable>(_ type: IcebergType, _ values: [T?]) -> Column {
        var builder = ColumnBuilder(type.physicalType, expectedRows: values.count)
        for value in values {
            if let value { builder.append(value) } else { builder.appendNull() }
        }
        return builder.finish()
    }

    static func texts(_ values: [String?]) -> Column {
        var builder = ColumnBuilder(.bytes, expectedRows: values.count)
        for value in values {
            if let value { builder.append(utf8: value) } else { builder.appendNull() }
        }
        return builder.finish()
    }

    static func bytes(_ values: [[UInt8]]) -> Column {
        var builder = ColumnBuilder(.bytes, expectedRows: values.count)
        for value in values { value.withUnsafeBytes { builder.append($0) } }
        return builder.finish()
    }
}

/// Every row as text, so that a mismatch shows where it is.
func rows(of column: Column) -> [String] {
    (0..<column.rowCount).map { row in
        if column.isNull(row) { return "NULL" }
        switch column.type {
        case .boolean: return "\(column.value(at: row, as: UInt8.self))"
        case .int32, .float: return "\(column.value(at: row, as: Int32.self))"
        case .int64, .double: return "\(column.value(at: row, as: Int64.self))"
        case .int128, .uuid: return "\(column.value(at: row, as: Int128.self))"
        case .bytes: return "\(Array(column.bytes(at: row)))"
        case .structure:
            return "(\(column.children.map { rows(of: $0)[row] }.joined(separator: ", ")))"
        case .list, .map:
            let children = column.children.map { rows(of: $0) }
            return "\(column.elements(at: row).map { element in children.map { $0[element] } })"
        }
    }
}

/// Writes a file in memory.
func encode(
    _ fields: [ParquetField],
    _ batches: [[Column]],
    options: ParquetWriterOptions = ParquetWriterOptions(),
    selection: [Int32]? = nil
) throws -> (bytes: [UInt8], metrics: ParquetFileMetrics) {
    let writer = try ParquetWriter(fields: fields, options: options)
    var bytes: [UInt8] = []
    for batch in batches {
        try writer.append(batch, selection: selection)
        if let encoded = writer.takeEncoded() { bytes += encoded }
    }
    let metrics = try writer.finish()
    writer.drain { bytes += $0 }
    return (bytes, metrics)
}

/// Reads columns of a file in memory, row groups one after another.
func decode(_ bytes: [UInt8], _ fields: [SchemaField]) throws -> [[String]] {
    let footer = try ParquetFooter(file: "test.parquet", bytes: bytes)
    let reader = ParquetReader(
        file: "test.parquet",
        fileByteCount: bytes.count,
        footer: footer
    )
    var result = fields.map { _ in [String]() }
    for group in 0..<footer.rowGroupCount {
        let columns = try reader.decode(rowGroup: group, fields: fields, fileBytes: bytes)
        for (index, column) in columns.enumerated() { result[index] += rows(of: column) }
    }
    return result
}
