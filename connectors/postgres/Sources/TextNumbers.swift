import Glibc

/// What became of one value's text.
enum ParsedText<Value: BitwiseCopyable>: BitwiseCopyable {
    case value(Value)
    /// A legal value with no form in the lake: infinity, 24:00, NaN of a decimal.
    case special
    case malformed
}

/// Strict readers of the server's number texts.
///
/// Nothing but the whole grammar is accepted, and
/// nothing overflows silently.
///
/// Source: PostgreSQL manual, "Numeric Types"; `extra_float_digits` is at least 1.
enum TextNumbers {
    /// Reads `-12`; nil when it is no integer or does not fit 64 bits.
    @inline(__always)
    static func integer(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        var index = 0
        let isNegative = count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        // Eighteen digits cannot overflow; longer ones take the careful way.
        guard index < count, count &- index <= 18 else {
            return longInteger(text, count, from: index, isNegative: isNegative)
        }
        var value: Int64 = 0
        while index < count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            value = value &* 10 &+ Int64(digit)
            index &+= 1
        }
        return isNegative ? 0 &- value : value
    }

    @inline(never)
    private static func longInteger(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        from start: Int,
        isNegative: Bool
    ) -> Int64? {
        guard start < count else { return nil }
        var value: Int64 = 0
        for index in start..<count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            let (scaled, hasOverflown) = value.multipliedReportingOverflow(by: 10)
            // Built up on the negative side, which holds one number more.
            let (next, hasOverflownToo) = scaled.subtractingReportingOverflow(Int64(digit))
            if hasOverflown || hasOverflownToo { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : 0 &- value
    }

    /// Reads `-12.50` as an unscaled integer of `scale` decimal places.
    ///
    /// More integer digits than `precision - scale`, or more places than `scale`, are malformed.
    @inline(__always)
    static func decimal<Value: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        precision: Int,
        scale: Int,
        as type: Value.Type
    ) -> ParsedText<Value> {
        var index = 0
        let isNegative = count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        guard index < count else { return .malformed }
        if text[index] > UInt8(ascii: "9") {
            return isSpecialNumber(text, count) ? .special : .malformed
        }
        var value: Value = 0
        var integerDigits = 0
        var places = -1
        while index < count {
            let digit = text[index] &- UInt8(ascii: "0")
            index &+= 1
            guard digit <= 9 else {
                // The point: once, and with digits on both sides.
                let isPoint = digit == UInt8(ascii: ".") &- UInt8(ascii: "0")
                let hasDigitBefore = index > (isNegative ? 2 : 1)
                guard isPoint, hasDigitBefore, places == -1, index != count
                else { return .malformed }
                places = 0
                continue
            }
            if places >= 0 {
                places &+= 1
                if places > scale { return .malformed }
            } else if integerDigits > 0 || digit > 0 {
                integerDigits &+= 1
                if integerDigits > precision &- scale { return .malformed }
            }
            value = value &* 10 &+ Value(truncatingIfNeeded: digit)
        }
        var missing = scale &- max(places, 0)
        while missing > 0 {
            value = value &* 10
            missing &-= 1
        }
        return .value(isNegative ? 0 &- value : value)
    }

    /// Whether the text is `NaN`, `Infinity` or `-Infinity`.
    @inline(never)
    private static func isSpecialNumber(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        equals(text, count, "NaN") || equals(text, count, "Infinity")
            || equals(text, count, "-Infinity")
    }

    @inline(__always)
    static func equals(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        _ expected: StaticString
    ) -> Bool {
        count == expected.utf8CodeUnitCount && memcmp(text, expected.utf8Start, count) == 0
    }
}
