internal import Bytes

extension SingleValue {
    static func readPrimitive(
        _ json: JSONValue,
        as type: IcebergType
    ) throws(SingleValueFault) -> SingleValue {
        switch type {
        case .boolean:
            guard let value = json.boolValue else { throw kindFault(json, "a boolean", type) }
            return .boolean(value)
        case .int, .long:
            guard let value = json.integerValue, type == .long || Int32(exactly: value) != nil
            else { throw kindFault(json, "an integer of its width", type) }
            return .integer(value)
        case .float, .double: return .floating(try readNumber(json, as: type))
        default:
            guard let text = json.stringValue else { throw kindFault(json, "a string", type) }
            guard let value = readText(text, as: type) else {
                throw SingleValueFault(type, "the text is not written as the type's values are")
            }
            return value
        }
    }

    private static func kindFault(
        _ json: JSONValue,
        _ wanted: String,
        _ type: IcebergType
    ) -> SingleValueFault {
        SingleValueFault(type, "it is \(json.kindDescription), not \(wanted)")
    }

    private static func readNumber(
        _ json: JSONValue,
        as type: IcebergType
    ) throws(SingleValueFault) -> Double {
        let text =
            switch json {
            case .integer(let value): String(value)
            case .number(let text): text
            default: throw kindFault(json, "a number", type)
            }
        let value = type == .float ? Float(text).map(Double.init) : Double(text)
        guard let value, value.isFinite else {
            throw SingleValueFault(type, "the number is out of range")
        }
        return value
    }

    private static func readText(_ text: String, as type: IcebergType) -> SingleValue? {
        switch type {
        case .decimal(let precision, let scale):
            DecimalText.unscaled(text, precision: precision, scale: scale)
                .map { .decimal(unscaled: $0) }
        case .date:
            TemporalText.days(of: text).flatMap { Int32(exactly: $0) }.map { .integer(Int64($0)) }
        case .time:
            TemporalText.timeUnits(of: text, unitsPerSecond: 1_000_000).map { .integer($0) }
        case .timestamp: timestamp(text, 1_000_000, hasZone: false)
        case .timestamptz: timestamp(text, 1_000_000, hasZone: true)
        case .timestampNanos: timestamp(text, 1_000_000_000, hasZone: false)
        case .timestamptzNanos: timestamp(text, 1_000_000_000, hasZone: true)
        case .string: .text(text)
        case .uuid: UUIDText.value(of: text).map { .uuid($0) }
        case .binary: HexText.bytes(of: text).map { .binary($0) }
        case .fixed(let lengthBytes):
            HexText.bytes(of: text).flatMap { $0.count == lengthBytes ? .binary($0) : nil }
        default: nil
        }
    }

    private static func timestamp(
        _ text: String,
        _ unitsPerSecond: Int64,
        hasZone: Bool
    ) -> SingleValue? {
        TemporalText.timestampUnits(of: text, unitsPerSecond: unitsPerSecond, hasZone: hasZone)
            .map { .integer($0) }
    }

    func primitiveJSON(as type: IcebergType) -> JSONValue? {
        switch (self, type) {
        case (.boolean(let value), .boolean): .bool(value)
        case (.integer(let value), .int), (.integer(let value), .long): .integer(value)
        case (.floating(let bits), .float): Self.number(Float(Double(bitPattern: bits)))
        case (.floating(let bits), .double): Self.number(Double(bitPattern: bits))
        case (.integer, _), (.decimal, .decimal), (.uuid, .uuid): text(as: type).map { .string($0) }
        case (.text(let bytes), .string): .string(String(decoding: bytes, as: UTF8.self))
        case (.binary(let bytes), .binary), (.binary(let bytes), .fixed):
            .string(HexText.text(bytes))
        default: nil
        }
    }

    private static func number<T: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: T
    ) -> JSONValue? {
        value.isFinite ? .number(value.description) : nil
    }

    /// Temporal values, decimals and UUIDs as text.
    private func text(as type: IcebergType) -> String? {
        switch (self, type) {
        case (.integer(let days), .date): TemporalText.date(days: days)
        case (.integer(let units), .time):
            TemporalText.time(units: units, unitsPerSecond: 1_000_000)
        case (.integer(let units), .timestamp):
            TemporalText.timestamp(units: units, unitsPerSecond: 1_000_000)
        case (.integer(let units), .timestamptz):
            TemporalText.timestamp(units: units, unitsPerSecond: 1_000_000) + "+00:00"
        case (.integer(let units), .timestampNanos):
            TemporalText.timestamp(units: units, unitsPerSecond: 1_000_000_000)
        case (.integer(let units), .timestamptzNanos):
            TemporalText.timestamp(units: units, unitsPerSecond: 1_000_000_000) + "+00:00"
        case (.decimal(let unscaled), .decimal(_, let scale)):
            DecimalText.text(unscaled, scale: scale)
        case (.uuid(let value), .uuid): UUIDText.text(value)
        default: nil
        }
    }
}
