/// Strict readers of hexadecimal texts: `uuid` and `bytea`.
enum TextBytes {
    /// The value of a hexadecimal digit, or 255.
    @inline(__always)
    static func nibble(_ character: UInt8) -> UInt8 {
        let digit = character &- UInt8(ascii: "0")
        if digit <= 9 { return digit }
        let letter = (character | 0x20) &- UInt8(ascii: "a")
        return letter <= 5 ? letter &+ 10 : 255
    }

    /// Reads `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`; in memory the result is in network order.
    @inline(__always)
    static func uuid(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt128? {
        guard count == 36 else { return nil }
        var value: UInt128 = 0
        for index in 0..<36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                if text[index] != UInt8(ascii: "-") { return nil }
                continue
            }
            let digit = nibble(text[index])
            if digit > 15 { return nil }
            value = value << 4 | UInt128(digit)
        }
        return value.bigEndian
    }

    /// Whether the text is `\x` and whole bytes after it; says nothing of the digits.
    @inline(__always)
    static func isHexFormat(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        count >= 2 && count % 2 == 0 && text[0] == UInt8(ascii: "\\")
            && text[1] == UInt8(ascii: "x")
    }

    /// Writes the bytes that `count` hexadecimal digits name; false when one is no digit.
    @inline(__always)
    static func decode(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        var bad: UInt8 = 0
        for index in 0..<(count / 2) {
            let high = nibble(text[index &* 2])
            let low = nibble(text[index &* 2 &+ 1])
            // Good digits are at most 15, so only a bad one sets an upper bit.
            bad |= high | low
            target[index] = high << 4 | (low & 15)
        }
        return bad <= 15
    }
}
