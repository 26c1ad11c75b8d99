/// Finds text that is not UTF-8.
enum TextValidation {
    /// The first row whose bytes are not UTF-8, counted from the piece's first; `nil` when all are.
    static func firstInvalidRow(_ piece: ColumnPiece) -> Int? {
        let offsets = piece.offsets
        let start = Int(offsets[0])
        let end = Int(offsets[piece.count])
        if isASCII(piece.bytes + start, count: end &- start) { return nil }
        for row in 0..<piece.count {
            let rowStart = Int(offsets[row])
            let count = Int(offsets[row &+ 1]) &- rowStart
            guard isUTF8(piece.bytes + rowStart, count: count) else { return row }
        }
        return nil
    }

    static func isASCII(_ bytes: UnsafeRawPointer, count: Int) -> Bool {
        var seen: UInt64 = 0
        var offset = 0
        while offset &+ 32 <= count {
            seen |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: offset &+ 16, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: offset &+ 24, as: UInt64.self)
            offset &+= 32
        }
        while offset < count {
            seen |= UInt64(bytes.load(fromByteOffset: offset, as: UInt8.self))
            offset &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// Whether the bytes are well-formed UTF-8.
    ///
    /// Source: The Unicode Standard, table 3-7 "Well-Formed UTF-8 Byte Sequences".
    static func isUTF8(_ bytes: UnsafeRawPointer, count: Int) -> Bool {
        let text = bytes.assumingMemoryBound(to: UInt8.self)
        var index = 0
        while index < count {
            let lead = text[index]
            if lead < 0x80 {
                index &+= 1
                continue
            }
            guard let (length, second) = form(ofLead: lead), count &- index >= length,
                second.contains(text[index &+ 1])
            else { return false }
            for tail in 2..<max(length, 2) where text[index &+ tail] & 0xC0 != 0x80 { return false }
            index &+= length
        }
        return true
    }

    /// Bytes of the sequence that a lead byte opens, and what may stand second.
    @inline(__always)
    private static func form(ofLead lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch lead {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }
}
