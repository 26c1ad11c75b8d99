public import Columns
public import TableModel

/// Writes rows as JSON that any language can compare without knowing the type.
///
/// Whole numbers of any kind, dates and times included, are numbers as they lie in memory; decimals
/// are their unscaled numbers; floating-point numbers their bits; byte strings and uuids hexadecimal
/// text; structures arrays of their fields; maps arrays of pairs.
public enum RowJSON {
    public static func text(_ column: Column, _ row: Int, _ type: IcebergType) -> String {
        if column.isNull(row) { return "null" }
        switch type {
        case .boolean: return column.value(at: row, as: UInt8.self) == 0 ? "false" : "true"
        case .int, .date: return "\(column.value(at: row, as: Int32.self))"
        case .float: return "\(column.value(at: row, as: UInt32.self))"
        case .double: return "\(column.value(at: row, as: UInt64.self))"
        case .long, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos:
            return "\(column.value(at: row, as: Int64.self))"
        case .decimal(let precision, _):
            return precision <= 18
                ? "\(column.value(at: row, as: Int64.self))"
                : "\(column.value(at: row, as: Int128.self))"
        case .uuid:
            return hexadecimal(
                withUnsafeBytes(of: column.value(at: row, as: UInt128.self)) { Array($0) }
            )
        case .string: return quoted(column.string(at: row) ?? "")
        case .binary, .fixed, .geometry, .geography:
            return hexadecimal(Array(column.bytes(at: row)))
        case .unknown: return "null"
        case .variant:
            let parts = column.children.map { hexadecimal(Array($0.bytes(at: row))) }
            return "[\(parts.joined(separator: ","))]"
        case .structure(let fields):
            let parts = zip(column.children, fields).map { text($0, row, $1.type) }
            return "[\(parts.joined(separator: ","))]"
        case .list(let element):
            let parts = column.elements(at: row).map { text(column.children[0], $0, element.type) }
            return "[\(parts.joined(separator: ","))]"
        case .map(let key, let value):
            let parts = column.elements(at: row).map { element in
                "[\(text(column.children[0], element, key.type)),"
                    + "\(text(column.children[1], element, value.type))]"
            }
            return "[\(parts.joined(separator: ","))]"
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return "\"" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + "\""
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
