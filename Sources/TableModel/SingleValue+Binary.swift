extension SingleValue {
    /// The value's bytes as bounds hold them; `nil` where the type has no such form.
    ///
    /// Source: Iceberg specification, appendix D, "Binary single-value serialization".
    public func binary(as type: IcebergType) -> [UInt8]? {
        switch (self, type) {
        case (.boolean(let value), .boolean): [value ? 1 : 0]
        case (.integer(let value), .int), (.integer(let value), .date):
            Int32(exactly: value).map(Self.littleEndian)
        case (.integer(let value), .long), (.integer(let value), .time),
            (.integer(let value), .timestamp), (.integer(let value), .timestamptz),
            (.integer(let value), .timestampNanos), (.integer(let value), .timestamptzNanos):
            Self.littleEndian(value)
        case (.floating(let bits), .float):
            Self.littleEndian(Float(Double(bitPattern: bits)).bitPattern)
        case (.floating(let bits), .double): Self.littleEndian(bits)
        case (.decimal(let unscaled), .decimal): Self.minimalBigEndian(unscaled)
        case (.text(let bytes), .string), (.binary(let bytes), .binary),
            (.binary(let bytes), .geometry), (.binary(let bytes), .geography):
            bytes
        case (.binary(let bytes), .fixed(let lengthBytes)):
            bytes.count == lengthBytes ? bytes : nil
        case (.uuid(let value), .uuid): Self.bigEndian(value)
        default: nil
        }
    }

    /// Reads a value's bytes; `nil` for bytes that are no value of the type.
    ///
    /// Bytes that were written before a column was widened keep their old width, which is accepted.
    ///
    /// Source: the same appendix; for widened types, "Schema Evolution".
    public init?(binary bytes: [UInt8], type: IcebergType) {
        switch type {
        case .boolean:
            guard bytes.count == 1 else { return nil }
            self = .boolean(bytes[0] != 0)
        case .int, .date:
            guard let value = Self.integer(bytes, as: Int32.self) else { return nil }
            self = .integer(Int64(value))
        case .long:
            guard let value = Self.widened(bytes) else { return nil }
            self = .integer(value)
        case .timestamp:
            guard let value = Self.widened(bytes, unitsPerDay: 86_400_000_000) else { return nil }
            self = .integer(value)
        case .timestampNanos:
            guard let value = Self.widened(bytes, unitsPerDay: 86_400_000_000_000) else {
                return nil
            }
            self = .integer(value)
        case .time, .timestamptz, .timestamptzNanos:
            guard let value = Self.integer(bytes, as: Int64.self) else { return nil }
            self = .integer(value)
        case .float, .double:
            if let bits = Self.integer(bytes, as: UInt32.self) {
                self = .floating(Double(Float(bitPattern: bits)))
            } else if type == .double, let bits = Self.integer(bytes, as: UInt64.self) {
                self = .floating(Double(bitPattern: bits))
            } else {
                return nil
            }
        case .decimal:
            guard let unscaled = Self.signedBigEndian(bytes) else { return nil }
            self = .decimal(unscaled: unscaled)
        case .string: self = .text(bytes)
        case .uuid:
            guard bytes.count == 16 else { return nil }
            self = .uuid(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        case .fixed(let lengthBytes):
            guard bytes.count == lengthBytes else { return nil }
            self = .binary(bytes)
        case .binary, .geometry, .geography: self = .binary(bytes)
        case .unknown, .variant, .structure, .list, .map: return nil
        }
    }

    /// The fewest big-endian bytes of two's complement that hold a decimal, and at least one.
    public static func minimalBigEndian(_ unscaled: Int128) -> [UInt8] {
        let magnitudeBits = 128 - (unscaled < 0 ? ~unscaled : unscaled).leadingZeroBitCount
        return Array(bigEndian(UInt128(bitPattern: unscaled)).suffix(magnitudeBits / 8 + 1))
    }

    /// Two's complement of any width up to 16 bytes; `nil` for none and more.
    public static func signedBigEndian(_ bytes: [UInt8]) -> Int128? {
        guard let first = bytes.first, bytes.count <= 16 else { return nil }
        return bytes.reduce(first < 0x80 ? 0 : -1) { $0 << 8 | Int128($1) }
    }

    private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func bigEndian(_ value: UInt128) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func integer<T: FixedWidthInteger>(_ bytes: [UInt8], as type: T.Type) -> T? {
        guard bytes.count == T.bitWidth / 8 else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    /// Eight bytes, or four that were an `int` or a `date`.
    private static func widened(_ bytes: [UInt8], unitsPerDay: Int64 = 1) -> Int64? {
        if let value = integer(bytes, as: Int64.self) { return value }
        guard let narrow = integer(bytes, as: Int32.self) else { return nil }
        let (value, overflows) = Int64(narrow).multipliedReportingOverflow(by: unitsPerDay)
        return overflows ? nil : value
    }
}
