internal import Bytes

/// MySQL's packed decimals: groups of nine digits in four big-endian bytes, shorter groups at both
/// ends, the first bit flipped, and every bit inverted when the number is negative.
///
/// Source: MySQL `strings/decimal.cc`, `decimal2bin`.
struct DecimalFormat {
    /// Digits that an `Int64` column holds.
    static let digitsPerInt64 = 18

    let leadingDigits: Int
    let wholeGroups: Int
    let fractionGroups: Int
    let trailingDigits: Int

    init(precision: Int, scale: Int) {
        let whole = precision - scale
        leadingDigits = whole % 9
        wholeGroups = whole / 9
        fractionGroups = scale / 9
        trailingDigits = scale % 9
    }

    @inline(__always)
    static func groupByteCount(digits: Int) -> Int {
        // 0, 1, 1, 2, 2, 3, 3, 4, 4, 4 bytes, one nibble a digit count.
        Int(truncatingIfNeeded: (0x44_4332_2110 as UInt64) >> UInt64(digits &* 4)) & 15
    }

    static func byteCount(precision: Int, scale: Int) -> Int {
        let format = DecimalFormat(precision: precision, scale: scale)
        return groupByteCount(digits: format.leadingDigits)
            + 4 * (format.wholeGroups + format.fractionGroups)
            + groupByteCount(digits: format.trailingDigits)
    }

    /// Powers of ten that a group may need.
    @inline(__always)
    static func power(_ digits: Int) -> UInt64 {
        switch digits {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        case 4: 10_000
        case 5: 100_000
        case 6: 1_000_000
        case 7: 10_000_000
        case 8: 100_000_000
        default: 1_000_000_000
        }
    }

    /// Walks the groups of one value from the most significant on.
    ///
    /// Reads as many bytes as ``byteCount(precision:scale:)`` says. `body` gets each group's value
    /// and its number of digits.
    ///
    /// - Returns: Whether the value is negative.
    @inline(__always)
    func forEachGroup(_ start: UnsafeRawPointer, _ body: (UInt32, Int) -> Void) -> Bool {
        let first = start.load(as: UInt8.self)
        let isNegative = first & 0x80 == 0
        let mask: UInt8 = isNegative ? 0xFF : 0
        var cursor = start
        var flip: UInt8 = 0x80
        @inline(__always) func group(_ digits: Int) {
            let count = Self.groupByteCount(digits: digits)
            var value: UInt32 = 0
            for offset in 0..<count {
                let byte = cursor.load(fromByteOffset: offset, as: UInt8.self)
                value = value << 8 | UInt32((byte ^ flip) ^ mask)
                flip = 0
            }
            cursor += count
            body(value, digits)
        }
        if leadingDigits > 0 { group(leadingDigits) }
        for _ in 0..<(wholeGroups &+ fractionGroups) { group(9) }
        if trailingDigits > 0 { group(trailingDigits) }
        return isNegative
    }

    /// The unscaled value of a decimal of at most eighteen digits.
    @inline(__always)
    func decodeInt64(_ start: UnsafeRawPointer) -> Int64 {
        var value: UInt64 = 0
        let isNegative = forEachGroup(start) { group, digits in
            value = value &* Self.power(digits) &+ UInt64(group)
        }
        return isNegative ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value)
    }

    /// The unscaled value of a decimal of at most 38 digits.
    func decodeInt128(_ start: UnsafeRawPointer) -> Int128 {
        var value: UInt128 = 0
        let isNegative = forEachGroup(start) { group, digits in
            value = value &* UInt128(Self.power(digits)) &+ UInt128(group)
        }
        return isNegative ? 0 &- Int128(bitPattern: value) : Int128(bitPattern: value)
    }

    /// The number as the server prints it, for decimals that no Iceberg type holds.
    func decodeText(_ start: UnsafeRawPointer, scale: Int) -> [UInt8] {
        var digits: [UInt8] = []
        let isNegative = forEachGroup(start) { group, count in
            var rest = group
            var reversed: [UInt8] = []
            for _ in 0..<count {
                reversed.append(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
            digits.append(contentsOf: reversed.reversed())
        }
        return DecimalText.canonical(digits: digits, scale: scale, isNegative: isNegative)
    }
}

/// Decimals in the text form that the server sends in result rows.
enum DecimalText {
    /// Digits without leading zeros except one in front of the point; negative zero is zero.
    static func canonical(digits: [UInt8], scale: Int, isNegative: Bool) -> [UInt8] {
        let zero = UInt8(ascii: "0")
        var whole = digits.dropLast(scale).drop { $0 == zero }
        if whole.isEmpty { whole = [zero] }
        var text: [UInt8] = []
        if isNegative, digits.contains(where: { $0 != zero }) { text.append(UInt8(ascii: "-")) }
        text.append(contentsOf: whole)
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            text.append(contentsOf: digits.suffix(scale))
        }
        return text
    }

    /// Reads `-123.45` as an unscaled number with exactly `scale` digits behind the point.
    ///
    /// - Throws: ``WireFault`` `.malformedValue` for anything that is no decimal of that scale.
    static func unscaled(
        _ text: UnsafeRawBufferPointer,
        scale: Int
    ) throws(WireFault) -> Int128 {
        var value: Int128 = 0
        var fraction = -1
        var digits = 0
        for (index, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where index == 0: continue
            case UInt8(ascii: ".") where fraction < 0: fraction = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let product = value.multipliedReportingOverflow(by: 10)
                let sum = product.partialValue
                    .addingReportingOverflow(Int128(byte - UInt8(ascii: "0")))
                guard !product.overflow, !sum.overflow else { throw malformed(text, index) }
                value = sum.partialValue
                digits += 1
                if fraction >= 0 { fraction += 1 }
            default: throw malformed(text, index)
            }
        }
        guard digits > 0, max(fraction, 0) == scale else { throw malformed(text, text.count) }
        return text.first == UInt8(ascii: "-") ? -value : value
    }

    private static func malformed(_ text: UnsafeRawBufferPointer, _ offset: Int) -> WireFault {
        WireFault(.malformedValue, offset: offset, wanted: 0, available: text.count)
    }
}
