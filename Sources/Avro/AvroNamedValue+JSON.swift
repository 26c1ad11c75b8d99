public import Bytes
internal import TableModel

extension AvroNamedValue {
    /// The value as JSON, to be shown.
    ///
    /// Bytes are hexadecimal, dates and times ISO 8601, decimals and not finite numbers text. Arrays
    /// that stand for maps with keys that are no text become objects.
    public var json: JSONValue {
        switch self {
        case .scalar(let value, let schema): Self.json(value, schema)
        case .array(let items, let schema):
            if schema.logicalType == .map, let object = Self.object(items) {
                .object(object)
            } else {
                .array(items.map(\.json))
            }
        case .map(let entries):
            .object(JSONObject(entries.map { JSONObject.Member($0.key, $0.value.json) }))
        case .record(let fields, _):
            .object(JSONObject(fields.map { JSONObject.Member($0.name, $0.value.json) }))
        }
    }

    /// Pairs as members; `nil` where an item is no pair or its key has parts.
    private static func object(_ items: [AvroNamedValue]) -> JSONObject? {
        var object = JSONObject()
        for item in items {
            guard let key = item["key"], let value = item["value"] else { return nil }
            switch key.json {
            case .integer(let number): object.append(String(number), value.json)
            case .string(let text), .number(let text): object.append(text, value.json)
            default: return nil
            }
        }
        return object
    }

    private static func json(_ value: AvroValue, _ schema: AvroSchema) -> JSONValue {
        if let logical = schema.logicalType, let text = text(value, logical) {
            return .string(text)
        }
        switch value {
        case .null: return .null
        case .boolean(let value): return .bool(value)
        case .int(let value): return .integer(Int64(value))
        case .long(let value): return .integer(value)
        case .float(let bits): return number(Float(bitPattern: bits))
        case .double(let bits): return number(Double(bitPattern: bits))
        case .bytes(let bytes), .fixed(let bytes): return .string(HexText.text(bytes))
        case .string(let text): return .string(text)
        case .enumeration(let index):
            guard case .enumeration(_, let symbols, _) = schema.base,
                symbols.indices.contains(Int(index))
            else { return .integer(Int64(index)) }
            return .string(symbols[Int(index)])
        // Values with parts are no scalars.
        case .array, .map, .record: return .null
        }
    }

    /// JSON has no numbers that are not finite.
    private static func number(
        _ value: some BinaryFloatingPoint & LosslessStringConvertible
    )
        -> JSONValue
    {
        value.isFinite ? .number(String(value)) : .string(String(value))
    }

    /// The value as its logical type is written; `nil` where it is shown as what it is stored as.
    private static func text(_ value: AvroValue, _ logical: AvroLogicalType) -> String? {
        switch (logical, value) {
        case (.date, .int(let days)): return TemporalText.date(days: Int64(days))
        case (.time(let unit), .int(let units)): return time(Int64(units), unit)
        case (.time(let unit), .long(let units)): return time(units, unit)
        case (.timestamp(let unit, let isAdjusted), .long(let units)):
            guard let (units, perSecond) = widened(units, unit) else { return nil }
            let text = TemporalText.timestamp(units: units, unitsPerSecond: perSecond)
            return isAdjusted ? text + "+00:00" : text
        case (.uuid, .fixed(let bytes)): return UUIDText.text(bytes.bigEndianValue())
        case (.decimal(_, let scale), .bytes(let bytes)),
            (.decimal(_, let scale), .fixed(let bytes)):
            guard (1...16).contains(bytes.count) else { return nil }
            let sign: UInt128 = bytes[0] & 0x80 != 0 ? .max : 0
            let unscaled = Int128(truncatingIfNeeded: bytes.bigEndianValue(startingWith: sign))
            return DecimalText.text(unscaled, scale: scale)
        default: return nil
        }
    }

    private static func time(_ units: Int64, _ unit: AvroLogicalType.Unit) -> String? {
        guard let (units, perSecond) = widened(units, unit), units >= 0 else { return nil }
        return TemporalText.time(units: units, unitsPerSecond: perSecond)
    }

    /// Microseconds in place of milliseconds, as the texts have at least six digits.
    private static func widened(
        _ units: Int64,
        _ unit: AvroLogicalType.Unit
    ) -> (units: Int64, perSecond: Int64)? {
        guard unit == .milliseconds else { return (units, unit.unitsPerSecond) }
        let (product, overflows) = units.multipliedReportingOverflow(by: 1000)
        return overflows ? nil : (product, AvroLogicalType.Unit.microseconds.unitsPerSecond)
    }
}

extension [UInt8] {
    fileprivate func bigEndianValue(startingWith start: UInt128 = 0) -> UInt128 {
        reduce(start) { $0 << 8 | UInt128($1) }
    }
}
