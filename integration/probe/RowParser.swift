import Bytes
import Columns
import Glibc
import TableModel

/// Makes columns of rows that come as JSON lines, in the form of `frazil inspect --rows`.
struct RowParser {
    let fields: [SchemaField]

    /// A row whose value does not fit its field.
    private func mismatch(_ field: SchemaField, _ value: JSONValue) -> ProbeError {
        ProbeError(
            "the field \(field.name) is a \(field.type), which \(value.text.prefix(80)) is not"
        )
    }

    func append(_ line: [UInt8], to batch: BatchBuilder) throws {
        let row = try JSONValue(parsing: line)
        guard let object = row.objectValue, object.members.count == fields.count else {
            throw ProbeError(
                "a row is an object of \(fields.count) members, not \(row.text.prefix(80))"
            )
        }
        for (index, field) in fields.enumerated() {
            // Members stand in the order of the fields.
            try append(object.members[index].value, field, to: &batch.builders[index])
        }
    }

    private func append(
        _ value: JSONValue,
        _ field: SchemaField,
        to builder: inout ColumnBuilder
    ) throws {
        if value == .null {
            guard !field.isRequired else { throw mismatch(field, value) }
            builder.appendNull()
            return
        }
        switch (field.type, value) {
        case (.structure(let children), .object(let object))
        where object.members.count == children.count:
            for (index, child) in children.enumerated() {
                try append(object.members[index].value, child, to: &builder.children[index])
            }
            builder.closeStructure()
        case (.list(let element), .array(let values)):
            for value in values { try append(value, element, to: &builder.children[0]) }
            builder.closeElements()
        case (.map(let key, let item), .array(let entries)):
            for entry in entries {
                guard let entry = entry.objectValue, let name = entry["key"],
                    let value = entry["value"]
                else { throw mismatch(field, entry) }
                try append(name, key, to: &builder.children[0])
                try append(value, item, to: &builder.children[1])
            }
            builder.closeElements()
        default:
            guard appendPrimitive(value, field.type, to: &builder) else {
                throw mismatch(field, value)
            }
        }
    }

    private func appendPrimitive(
        _ value: JSONValue,
        _ type: IcebergType,
        to builder: inout ColumnBuilder
    ) -> Bool {
        switch (type, value) {
        case (.boolean, .bool(let value)): builder.append(value ? 1 : 0 as UInt8)
        case (.int, .integer(let value)): return append(Int32(exactly: value), to: &builder)
        case (.float, _): return append(Self.number(value, Float.init), to: &builder)
        case (.double, _): return append(Self.number(value, Double.init), to: &builder)
        case (_, .string(let text)): return append(text, type, to: &builder)
        default: return false
        }
        return true
    }

    private func append<Value: BitwiseCopyable>(
        _ value: Value?,
        to builder: inout ColumnBuilder
    ) -> Bool {
        guard let value else { return false }
        builder.append(value)
        return true
    }

    private func append(
        _ text: String,
        _ type: IcebergType,
        to builder: inout ColumnBuilder
    ) -> Bool {
        switch type {
        case .long: return append(Int64(text), to: &builder)
        case .decimal(let precision, let scale):
            let value = DecimalText.unscaled(text, precision: precision, scale: scale)
            return precision <= 18
                ? append(value.flatMap { Int64(exactly: $0) }, to: &builder)
                : append(value, to: &builder)
        case .date:
            return append(TemporalText.days(of: text).flatMap { Int32(exactly: $0) }, to: &builder)
        case .time:
            return append(
                TemporalText.timeUnits(of: text, unitsPerSecond: 1_000_000),
                to: &builder
            )
        case .timestamp: return append(Self.units(text, 1_000_000, false), to: &builder)
        case .timestamptz: return append(Self.units(text, 1_000_000, true), to: &builder)
        case .timestampNanos: return append(Self.units(text, 1_000_000_000, false), to: &builder)
        case .timestamptzNanos: return append(Self.units(text, 1_000_000_000, true), to: &builder)
        case .uuid: return append(UUIDText.value(of: text)?.bigEndian, to: &builder)
        case .string:
            builder.append(utf8: text)
            return true
        case .fixed, .binary, .geometry, .geography:
            guard let bytes = Base64.bytes(of: text) else { return false }
            bytes.withUnsafeBytes { builder.append($0) }
            return true
        default: return false
        }
    }

    private static func units(_ text: String, _ perSecond: Int64, _ hasZone: Bool) -> Int64? {
        TemporalText.timestampUnits(of: text, unitsPerSecond: perSecond, hasZone: hasZone)
    }

    private static func number<Value>(_ value: JSONValue, _ parse: (String) -> Value?) -> Value? {
        switch value {
        case .integer(let number): parse(String(number))
        case .number(let text): parse(text)
        case .string("NaN"): parse("nan")
        case .string("Infinity"): parse("inf")
        case .string("-Infinity"): parse("-inf")
        default: nil
        }
    }
}

/// Source: RFC 4648, section 4.
enum Base64 {
    static func bytes(of text: String) -> [UInt8]? {
        let letters = text.utf8.filter { $0 != UInt8(ascii: "=") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount = 0
        for letter in letters {
            guard let value = value(of: letter) else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        return bytes
    }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
