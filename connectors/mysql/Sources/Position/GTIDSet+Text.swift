extension GTIDSet: CustomStringConvertible {
    /// Reads the server's text form, such as `3e11…:1-5:7:tag:1-3, …`; `nil` when it is no GTID set.
    init?(_ text: String) {
        let visible = text.filter { !$0.isWhitespace }
        for part in visible.split(separator: ",") {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 2, let uuid = Self.uuid(fields[0]) else { return nil }
            var source = Source(uuid: uuid, tag: "")
            for field in fields.dropFirst() {
                if let first = field.first, first.isLetter || first == "_" {
                    source.tag = field.lowercased()
                } else if let interval = Self.interval(field) {
                    insert(interval, of: source)
                } else {
                    return nil
                }
            }
        }
    }

    /// The canonical compact text form: sources in order, tags behind their UUID's own numbers.
    var description: String {
        var text = ""
        var lastUUID: UInt128?
        for source in intervals.keys.sorted() {
            if source.uuid != lastUUID {
                if lastUUID != nil { text += "," }
                text += uuidText(source.uuid)
                lastUUID = source.uuid
            }
            if !source.tag.isEmpty { text += ":\(source.tag)" }
            for interval in intervals[source] ?? [] {
                text += ":\(interval.first)"
                if interval.last > interval.first { text += "-\(interval.last)" }
            }
        }
        return text
    }

    private static func interval(_ field: Substring) -> Interval? {
        let ends = field.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = Int64(ends[0]), first > 0 else { return nil }
        guard ends.count == 2 else { return Interval(first: first, last: first) }
        guard let last = Int64(ends[1]), last >= first, last < Int64.max else { return nil }
        return Interval(first: first, last: last)
    }

    private static func uuid(_ field: Substring) -> UInt128? {
        guard field.utf8.count == 36 || field.utf8.count == 32 else { return nil }
        return parseUUID(field)
    }
}

/// Reads 32 hexadecimal digits with dashes anywhere between them.
func parseUUID(_ text: Substring) -> UInt128? {
    var value: UInt128 = 0
    var digits = 0
    for byte in text.utf8 where byte != UInt8(ascii: "-") {
        guard let digit = hexDigit(byte), digits < 32 else { return nil }
        value = value << 4 | UInt128(digit)
        digits += 1
    }
    return digits == 32 ? value : nil
}

func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The 8-4-4-4-12 form in lower case.
func uuidText(_ value: UInt128) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
            text.append(UInt8(ascii: "-"))
        }
        let shift = UInt128(4 * (31 - index))
        text.append(digits[Int(truncatingIfNeeded: value >> shift) & 15])
    }
    return String(decoding: text, as: UTF8.self)
}
