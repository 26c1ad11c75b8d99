public import Bytes
public import Columns
public import TableModel

/// Writes rows as JSON, one object a line, for people and programs to compare.
///
/// Nothing is lost: 64-bit integers and decimals are strings, for many readers of JSON go through
/// doubles; byte strings are Base64; dates and times are ISO 8601 with all their digits. Structures
/// are objects, lists arrays, maps arrays of `{"key", "value"}`, since keys may be of any type. NaN
/// and the infinities, for which JSON has no number, are strings.
public struct JSONRows {
    private let fields: [SchemaField]

    public init(fields: [SchemaField]) { self.fields = fields }

    /// Appends row `row` of `columns`, one column a field, and a line end.
    public func append(row: Int, of columns: [Column], to output: inout ByteBuffer) {
        precondition(columns.count == fields.count, "one column a field")
        appendObject(fields, columns, row, to: &output)
        output.append(UInt8(ascii: "\n"))
    }

    private func appendObject(
        _ fields: [SchemaField],
        _ columns: [Column],
        _ row: Int,
        to output: inout ByteBuffer
    ) {
        output.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONString.append(field.name, to: &output)
            output.append(UInt8(ascii: ":"))
            append(row, of: columns[index], field.type, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private func append(
        _ row: Int,
        of column: Column,
        _ type: IcebergType,
        to output: inout ByteBuffer
    ) {
        guard !column.isNull(row) else { return output.append(utf8: "null") }
        switch type {
        case .structure(let fields): appendObject(fields, column.children, row, to: &output)
        case .variant: appendVariant(column, row, to: &output)
        case .list(let element):
            let elementType = element.type
            appendArray(column.elements(at: row), to: &output) { element, output in
                append(element, of: column.children[0], elementType, to: &output)
            }
        case .map(let key, let value):
            appendArray(column.elements(at: row), to: &output) { element, output in
                appendObject([key, value], column.children, element, to: &output)
            }
        case .string: JSONString.append(utf8: column.bytes(at: row), to: &output)
        case .fixed, .binary, .geometry, .geography:
            Base64.append(column.bytes(at: row), to: &output)
        default: output.append(utf8: ScalarText.json(row, of: column, type))
        }
    }

    private func appendArray(
        _ elements: Range<Int>,
        to output: inout ByteBuffer,
        _ append: (Int, inout ByteBuffer) -> Void
    ) {
        output.append(UInt8(ascii: "["))
        for element in elements {
            if element > elements.lowerBound { output.append(UInt8(ascii: ",")) }
            append(element, &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    private func appendVariant(_ column: Column, _ row: Int, to output: inout ByteBuffer) {
        output.append(utf8: "{\"metadata\":")
        append(row, of: column.children[0], .binary, to: &output)
        output.append(utf8: ",\"value\":")
        append(row, of: column.children[1], .binary, to: &output)
        output.append(UInt8(ascii: "}"))
    }
}
