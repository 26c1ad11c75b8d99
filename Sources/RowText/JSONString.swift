internal import Bytes

/// Text in quotes.
///
/// Source: RFC 8259, section 7.
enum JSONString {
    static func append(_ text: String, to output: inout ByteBuffer) {
        var text = text
        text.withUTF8 { append(valid: UnsafeRawBufferPointer($0), to: &output) }
    }

    /// Appends bytes that should be UTF-8; what is not becomes U+FFFD.
    static func append(utf8 bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        append(String(decoding: bytes, as: UTF8.self), to: &output)
    }

    private static func append(valid bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        output.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0..<0x20:
                output.append(utf8: "\\u00")
                output.append(hexDigit(byte >> 4))
                output.append(hexDigit(byte & 0xF))
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

/// Bytes as text of 64 letters, in quotes.
///
/// Source: RFC 4648, section 4.
enum Base64 {
    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func append(_ bytes: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        output.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
            }
            for letter in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * letter) & 0x3F)
                output.append(letter <= count ? letters[value] : UInt8(ascii: "="))
            }
            index += 3
        }
        output.append(UInt8(ascii: "\""))
    }
}
