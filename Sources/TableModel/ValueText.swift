/// Decimals as text.
public enum DecimalText {
    /// Digits with exactly `scale` of them behind the point, such as `14.20`.
    public static func text(_ unscaled: Int128, scale: Int) -> String {
        let digits = String(unscaled.magnitude)
        let sign = unscaled < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    /// The unscaled value of `[+-]digits[.digits][E[+-]digits]`.
    ///
    /// `nil` for other text, digits beyond the scale that are not zero, and more digits in all than
    /// the precision has.
    public static func unscaled(_ text: String, precision: Int, scale: Int) -> Int128? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "E" || $0 == "e" }
        guard (1...2).contains(parts.count), let mantissa = mantissa(parts[0]) else { return nil }
        guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, abs(exponent) <= 1000 else {
            return nil
        }
        var unscaled = mantissa.digits
        var shift = scale - mantissa.fractionCount + exponent
        while shift < 0 {
            guard unscaled % 10 == 0 else { return nil }
            if unscaled == 0 { return 0 }
            unscaled /= 10
            shift += 1
        }
        while shift > 0, unscaled != 0 {
            let (product, overflows) = unscaled.multipliedReportingOverflow(by: 10)
            guard !overflows else { return nil }
            unscaled = product
            shift -= 1
        }
        guard String(unscaled.magnitude).count <= precision || unscaled == 0 else { return nil }
        return unscaled
    }

    /// The digits without the point, and how many stood behind it.
    private static func mantissa(_ text: Substring) -> (digits: Int128, fractionCount: Int)? {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text
        let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return nil }
        let digits = parts.joined()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int128(digits)
        else { return nil }
        let fractionCount = parts.count == 2 ? parts[1].utf8.count : 0
        return (text.hasPrefix("-") ? -value : value, fractionCount)
    }
}

/// UUIDs as text of 36 characters, lower case.
public enum UUIDText {
    public static func text(_ value: UInt128) -> String {
        let digits = String(value, radix: 16)
        let padded = String(repeating: "0", count: 32 - digits.count) + digits
        var text = ""
        for (index, digit) in padded.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append("-") }
            text.append(digit)
        }
        return text
    }

    public static func value(of text: String) -> UInt128? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [8, 4, 4, 4, 12],
            let bytes = HexText.bytes(of: String(decoding: parts.joined(), as: UTF8.self))
        else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}

/// Bytes as pairs of hexadecimal digits, lower case.
public enum HexText {
    public static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    public static func bytes(of text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap(nibble)
        guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
