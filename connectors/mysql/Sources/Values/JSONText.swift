internal import Bytes

/// Strings as the server writes them in JSON text.
enum JSONString {
    /// Source: MySQL `sql-common/json_dom.cc`, `double_quote`.
    static func append(_ bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        output.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): output.append(utf8: "\\\"")
            case UInt8(ascii: "\\"): output.append(utf8: "\\\\")
            case 0x08: output.append(utf8: "\\b")
            case 0x09: output.append(utf8: "\\t")
            case 0x0A: output.append(utf8: "\\n")
            case 0x0C: output.append(utf8: "\\f")
            case 0x0D: output.append(utf8: "\\r")
            case 0..<0x20:
                output.append(utf8: "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

/// Floating-point numbers as the server writes them in JSON text.
enum JSONNumber {
    /// Beyond so many digits in front of the point, or zeros behind it, comes an exponent.
    private static let plainDigitsMax = 15

    /// The shortest digits that read back as the same number, always with a point or an exponent.
    ///
    /// Source: MySQL `strings/dtoa.cc`, `my_gcvt`; `json_dom.cc` adds the `.0`.
    static func text(of value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        guard value.isFinite else { return "null" }
        let (digits, point) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let isPlain =
            point > -plainDigitsMax && (point <= plainDigitsMax || digits.count > point)
        return sign + (isPlain ? plain(digits, point) : scientific(digits, point))
    }

    private static func plain(_ digits: String, _ point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count {
            return digits + String(repeating: "0", count: point - digits.count) + ".0"
        }
        return digits.prefix(point) + "." + digits.dropFirst(point)
    }

    private static func scientific(_ digits: String, _ point: Int) -> String {
        let fraction = digits.dropFirst()
        return digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e\(point - 1)"
    }

    /// Significant digits without zeros at either end, and the place of the point behind the first.
    private static func shortest(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        exponent += whole.count
        let all = whole + fraction
        let stripped = all.drop { $0 == "0" }
        exponent -= all.count - stripped.count
        var digits = String(stripped)
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, exponent)
    }
}

/// Base 64 with an escaped line break after every 76 characters, as the server writes it.
enum Base64 {
    private static let charactersPerLine = 76
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func append(_ bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        var characters = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            if characters == charactersPerLine {
                output.append(utf8: "\\n")
                characters = 0
            }
            let count = min(3, bytes.count - start)
            var group = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0)
            }
            for place in 0..<4 {
                let digit = group >> (18 - 6 * place) & 63
                output.append(place <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
            characters += 4
        }
    }
}
