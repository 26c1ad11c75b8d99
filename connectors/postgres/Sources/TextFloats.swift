import Glibc

/// Strict readers of the server's floating-point texts; every bit of the number survives.
enum TextFloats {
    /// A decimal mantissa and exponent, when both fit the exact way.
    private struct Parts {
        var mantissa: UInt64
        var exponent: Int
        var isNegative: Bool
        var isExact: Bool
    }

    private static let longestNumberBytes = 400

    /// Powers of ten that a double holds exactly; a constant table without a lazy initialiser.
    private static let powers: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
    private static let floatPowers: InlineArray<11, Float> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
    ]

    @inline(__always)
    static func double(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
        guard let parts = split(text, count) else { return specialDouble(text, count) }
        // Both operands are exact, so the one division or product rounds once, correctly.
        if parts.isExact, parts.mantissa <= 1 << 53, parts.exponent >= -22, parts.exponent <= 22 {
            let magnitude =
                parts.exponent < 0
                ? Double(parts.mantissa) / powers[0 &- parts.exponent]
                : Double(parts.mantissa) * powers[parts.exponent]
            return parts.isNegative ? -magnitude : magnitude
        }
        return library(text, count) { strtod($0, $1) }
    }

    @inline(__always)
    static func float(_ text: UnsafePointer<UInt8>, _ count: Int) -> Float? {
        guard let parts = split(text, count) else {
            return specialDouble(text, count).map { Float($0) }
        }
        if parts.isExact, parts.mantissa <= 1 << 24, parts.exponent >= -10, parts.exponent <= 10 {
            let magnitude =
                parts.exponent < 0
                ? Float(parts.mantissa) / floatPowers[0 &- parts.exponent]
                : Float(parts.mantissa) * floatPowers[parts.exponent]
            return parts.isNegative ? -magnitude : magnitude
        }
        return library(text, count) { strtof($0, $1) }
    }

    /// Reads `-1.5e-07`; nil when the text is not of that grammar.
    @inline(__always)
    private static func split(_ text: UnsafePointer<UInt8>, _ count: Int) -> Parts? {
        var parts = Parts(mantissa: 0, exponent: 0, isNegative: false, isExact: true)
        var index = 0
        if count > 0, text[0] == UInt8(ascii: "-") {
            parts.isNegative = true
            index = 1
        }
        var digits = 0
        var hasPoint = false
        while index < count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit <= 9 {
                parts.mantissa = parts.mantissa &* 10 &+ UInt64(digit)
                digits &+= 1
                if hasPoint { parts.exponent &-= 1 }
            } else if text[index] == UInt8(ascii: "."), !hasPoint, digits > 0 {
                hasPoint = true
            } else {
                break
            }
            index &+= 1
        }
        if digits == 0 { return nil }
        parts.isExact = digits <= 19
        if index == count { return text[count &- 1] == UInt8(ascii: ".") ? nil : parts }
        return splitExponent(text, count, from: index, parts)
    }

    @inline(never)
    private static func splitExponent(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        from start: Int,
        _ mantissa: Parts
    ) -> Parts? {
        var parts = mantissa
        guard text[start] == UInt8(ascii: "e"), start + 2 < count else { return nil }
        let sign = text[start + 1]
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), count - start <= 6
        else { return nil }
        var exponent = 0
        for index in (start + 2)..<count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            exponent = exponent * 10 + Int(digit)
        }
        parts.exponent += sign == UInt8(ascii: "-") ? -exponent : exponent
        return parts
    }

    @inline(never)
    private static func specialDouble(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
        if TextNumbers.equals(text, count, "NaN") { return .nan }
        if TextNumbers.equals(text, count, "Infinity") { return .infinity }
        if TextNumbers.equals(text, count, "-Infinity") { return -.infinity }
        return nil
    }

    /// Numbers that need more than one rounding go through the C library, which rounds correctly.
    @inline(never)
    private static func library<Value>(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        _ convert: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) ->
            Value
    ) -> Value? {
        guard count < longestNumberBytes else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { copy in
            guard let start = copy.baseAddress else { return nil }
            memcpy(start, text, count)
            start[count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let value = convert(start, &end)
            return end == start + count ? value : nil
        }
    }
}
