internal import Bytes

extension Transform {
    /// What the transform makes of one value; NULL is always made of NULL.
    ///
    /// - Precondition: The transform may be used on the type, and the value is of it.
    public func apply(to value: SingleValue?, type: IcebergType) -> SingleValue? {
        guard let value, self != .void else { return nil }
        switch self {
        case .identity: return value
        case .bucket(let count):
            guard let hash = Self.hash(of: value, type: type) else { return nil }
            return .integer(Int64(Self.bucket(hash, count)))
        case .truncate(let width): return Self.truncated(value, width)
        case .year, .month, .day, .hour:
            guard case .integer(let number) = value else { return nil }
            return .integer(Int64(period(of: number, type: type)))
        case .void, .unknown: return nil
        }
    }

    /// The bucket of a hash: its sign bit does not count.
    @inline(__always)
    static func bucket(_ hash: Int32, _ count: Int32) -> Int32 { (hash & Int32.max) % count }

    /// The hash that the bucket transform goes by; `nil` for types that have none.
    ///
    /// Source: Iceberg specification, appendix B, "32-bit Hash Requirements".
    public static func hash(of value: SingleValue, type: IcebergType) -> Int32? {
        switch (value, type) {
        case (.integer(let value), .timestampNanos), (.integer(let value), .timestamptzNanos):
            murmur3Hash32(of: microseconds(nanoseconds: value))
        case (.integer(let value), _): murmur3Hash32(of: value)
        case (.decimal(let unscaled), _): hash(unscaled: unscaled)
        case (.text(let bytes), _), (.binary(let bytes), _):
            bytes.withUnsafeBytes { murmur3Hash32($0) }
        case (.uuid(let value), _):
            withUnsafeBytes(of: value.bigEndian) { murmur3Hash32($0) }
        default: nil
        }
    }

    @inline(__always)
    static func microseconds(nanoseconds: Int64) -> Int64 {
        nanoseconds.flooredDivision(by: 1000).quotient
    }

    /// The hash of a decimal's fewest big-endian bytes.
    @inline(__always)
    static func hash(unscaled: Int128) -> Int32 {
        let magnitudeBits = 128 - (unscaled < 0 ? ~unscaled : unscaled).leadingZeroBitCount
        return withUnsafeBytes(of: unscaled.bigEndian) { bytes in
            murmur3Hash32(UnsafeRawBufferPointer(rebasing: bytes.suffix(magnitudeBits / 8 + 1)))
        }
    }

    private static func truncated(_ value: SingleValue, _ width: Int32) -> SingleValue? {
        switch value {
        case .integer(let number): .integer(floored(number, Int64(width)))
        case .decimal(let unscaled): .decimal(unscaled: floored(unscaled, Int128(width)))
        case .text(let bytes):
            .text(Array(bytes.prefix(bytes.withUnsafeBytes { textCut($0, Int(width)) })))
        case .binary(let bytes): .binary(Array(bytes.prefix(Int(width))))
        default: nil
        }
    }

    /// The greatest multiple of `width` that is not above the number; wraps at the type's end.
    @inline(__always)
    static func floored<T: FixedWidthInteger & SignedInteger>(_ number: T, _ width: T) -> T {
        let remainder = number % width
        return number &- (remainder < 0 ? remainder &+ width : remainder)
    }

    /// Bytes of the first `count` code points of UTF-8 text.
    @inline(__always)
    static func textCut(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> Int {
        guard bytes.count > count else { return bytes.count }
        var codePoints = 0
        for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if codePoints == count { return index }
            codePoints &+= 1
        }
        return bytes.count
    }

    /// Whole years, months, days or hours since 1970, rounded down.
    @inline(__always)
    func period(of number: Int64, type: IcebergType) -> Int32 {
        let days: Int64
        if let unitsPerSecond = type.unitsPerSecond {
            if self == .hour {
                return Int32(
                    truncatingIfNeeded: number.flooredDivision(by: unitsPerSecond * 3600).quotient
                )
            }
            days = number.flooredDivision(by: unitsPerSecond * 86_400).quotient
        } else {
            days = number
        }
        switch self {
        case .year: return Int32(truncatingIfNeeded: civilFromDays(Int(days)).year - 1970)
        case .month:
            let date = civilFromDays(Int(days))
            return Int32(truncatingIfNeeded: (date.year - 1970) * 12 + date.month - 1)
        default: return Int32(truncatingIfNeeded: days)
        }
    }
}
