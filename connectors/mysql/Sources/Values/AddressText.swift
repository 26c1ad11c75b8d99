/// Network addresses as MariaDB prints them.
enum AddressText {
    static func inet4(_ bytes: [UInt8]) -> String {
        bytes.map { String($0) }.joined(separator: ".")
    }

    /// The longest run of zero groups, even of one, becomes `::`; addresses that carry an IPv4
    /// address end in its dotted form.
    ///
    /// Source: MariaDB `plugin/type_inet/sql_type_inet.cc`, `Inet6::to_string`.
    static func inet6(_ bytes: [UInt8]) -> String {
        let words = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        let gap = longestZeroRun(words)
        let hasIPv4 =
            gap.lowerBound == 0 && (gap.count == 6 || (gap.count == 5 && words[5] == 0xFFFF))
        let wordCount = hasIPv4 ? 6 : 8
        var text = ""
        var index = 0
        while index < wordCount {
            if index == gap.lowerBound, !gap.isEmpty {
                text += "::"
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { text += ":" }
            text += String(words[index], radix: 16)
            index += 1
        }
        if hasIPv4 {
            if !text.hasSuffix(":") { text += ":" }
            text += inet4(Array(bytes.suffix(4)))
        }
        return text
    }

    private static func longestZeroRun(_ words: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        while start < words.count {
            var end = start
            while end < words.count, words[end] == 0 { end += 1 }
            if end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}
