internal import Bytes

extension Transform {
    /// A result of the transform as people read it, such as `2017-11-16-22` for an hour.
    ///
    /// - `type`: The column's type.
    public func text(of result: SingleValue?, type: IcebergType) -> String {
        guard let result else { return "null" }
        switch (self, result) {
        case (.year, .integer(let years)): return TemporalText.yearText(1970 + Int(years))
        case (.month, .integer(let months)):
            let (years, month) = months.flooredDivision(by: 12)
            return TemporalText.yearText(1970 + Int(years)) + "-"
                + TemporalText.padded(Int(month) + 1, 2)
        case (.day, .integer(let days)): return TemporalText.date(days: days)
        case (.hour, .integer(let hours)):
            let (days, hour) = hours.flooredDivision(by: 24)
            return "\(TemporalText.date(days: days))-\(TemporalText.padded(Int(hour), 2))"
        default: return Self.text(of: result, type: type)
        }
    }

    private static func text(of value: SingleValue, type: IcebergType) -> String {
        switch (value, type) {
        case (.boolean(let value), _): return value ? "true" : "false"
        case (.integer(let days), .date): return TemporalText.date(days: days)
        case (.integer(let units), .time):
            return withoutZeros(TemporalText.time(units: units, unitsPerSecond: 1_000_000))
        case (.integer(let units), _):
            guard let unitsPerSecond = type.unitsPerSecond else { return String(units) }
            let text = TemporalText.timestamp(units: units, unitsPerSecond: unitsPerSecond)
            let hasZone = type == .timestamptz || type == .timestamptzNanos
            return withoutZeros(text) + (hasZone ? "Z" : "")
        case (.floating(let bits), .float): return number(Float(Double(bitPattern: bits)))
        case (.floating(let bits), _): return number(Double(bitPattern: bits))
        case (.decimal(let unscaled), .decimal(_, let scale)):
            return DecimalText.text(unscaled, scale: scale)
        case (.decimal(let unscaled), _): return String(unscaled)
        case (.text(let bytes), _): return String(decoding: bytes, as: UTF8.self)
        case (.uuid(let value), _): return UUIDText.text(value)
        case (.binary(let bytes), _): return Base64Text.text(bytes)
        case (.structure, _), (.list, _), (.map, _): return "null"
        }
    }

    /// Leaves out what an ISO 8601 time need not say: a fraction, and seconds, of zero.
    private static func withoutZeros(_ text: String) -> String {
        var text = text
        while text.hasSuffix("000") { text.removeLast(3) }
        if text.hasSuffix(".") { text.removeLast() }
        if text.hasSuffix(":00"), text.split(separator: ":").count == 3 { text.removeLast(3) }
        return text
    }

    private static func number<T: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: T
    ) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    /// The name that a partition field gets when nobody names it.
    ///
    /// Source: Iceberg's `PartitionSpec.Builder`.
    public func defaultFieldName(column: String) -> String {
        switch self {
        case .identity: column
        case .bucket: "\(column)_bucket"
        case .truncate: "\(column)_trunc"
        case .year: "\(column)_year"
        case .month: "\(column)_month"
        case .day: "\(column)_day"
        case .hour: "\(column)_hour"
        case .void: "\(column)_null"
        case .unknown(let name): "\(column)_\(name)"
        }
    }
}

/// Names of folders, one for each partition field: `created_day=2017-11-16`.
public enum PartitionPath {
    /// Bytes that a name may have in all file systems.
    static let segmentByteCountMax = 255
    /// Bytes that stay of a longer one, before a hash of the whole.
    static let segmentByteCountKept = 200

    /// The folder of a field's value, with every byte that could mean something else escaped.
    ///
    /// Readers never take the value from it: partitions lie in manifests. A name too long for file
    /// systems is cut, and told from others by a hash.
    ///
    /// Source: Iceberg's `PartitionSpec.partitionToPath`, which encodes as HTML forms do.
    public static func segment(name: String, text: String) -> String {
        let segment = "\(escaped(name))=\(escaped(text))"
        let bytes = Array(segment.utf8)
        guard bytes.count > segmentByteCountMax else { return segment }
        let hash = UInt32(bitPattern: bytes.withUnsafeBytes { murmur3Hash32($0) })
        var kept = bytes.prefix(segmentByteCountKept)
        // An escape is not cut.
        if let percent = kept.suffix(2).firstIndex(of: UInt8(ascii: "%")) {
            kept = kept[..<percent]
        }
        return String(decoding: kept, as: UTF8.self) + "~" + String(hash, radix: 16)
    }

    static func escaped(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "*"), UInt8(ascii: "_"):
                escaped.append(byte)
            case UInt8(ascii: " "): escaped.append(UInt8(ascii: "+"))
            default:
                escaped.append(UInt8(ascii: "%"))
                escaped.append(contentsOf: HexText.text([byte]).uppercased().utf8)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

/// Bytes as base64 with padding.
///
/// Source: RFC 4648, section 4.
public enum Base64Text {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    public static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let digit = bits >> UInt32(18 - 6 * index) & 0x3F
                text.append(index <= group.count ? alphabet[Int(digit)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
