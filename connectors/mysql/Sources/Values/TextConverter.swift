internal import Columns
internal import Glibc

/// Converts text of one character set to UTF-8, into a column.
///
/// Used by one thread. A byte that has no meaning becomes `?`, as the server's own conversion does.
final class TextConverter {
    /// No character of any supported set grows to more than four bytes out of one.
    static let growthMax = 4

    private let descriptor: iconv_t?
    private let table: ServerCharacterTable?

    /// - Returns: `nil` when the C library does not know the character set.
    init?(_ set: CharacterSet) {
        table = nil
        switch set {
        case .binary, .utf8, .latin1: descriptor = nil
        case .singleByte: return nil
        case .converted(let name):
            let opened = iconv_open("UTF-8", name)
            guard Int(bitPattern: opened) != -1 else { return nil }
            descriptor = opened
        }
    }

    /// Converts as the server does.
    init(_ table: ServerCharacterTable) {
        self.table = table
        descriptor = nil
    }

    deinit {
        if let descriptor { iconv_close(descriptor) }
    }

    func append(_ source: UnsafeRawPointer, count: Int, to builder: inout ColumnBuilder) {
        builder.appendBytes(countMax: count * Self.growthMax) { target in
            convert(source, count, target)
        }
    }

    func convert(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: source.count * Self.growthMax) { target, count in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                count = convert(from, source.count, UnsafeMutableRawPointer(to))
            }
        }
    }

    private func convert(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ target: UnsafeMutableRawPointer
    ) -> Int {
        if let table { return table.convert(source, count, target) }
        guard let descriptor else { return 0 }
        iconv(descriptor, nil, nil, nil, nil)
        // iconv's input is not const in its declaration, but it only reads.
        var from: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
            mutating: source.assumingMemoryBound(to: CChar.self)
        )
        var to: UnsafeMutablePointer<CChar>? = target.assumingMemoryBound(to: CChar.self)
        let capacity = count * Self.growthMax
        var inputLeft = count
        var outputLeft = capacity
        while inputLeft > 0, iconv(descriptor, &from, &inputLeft, &to, &outputLeft) == -1 {
            guard outputLeft > 0, inputLeft > 0, let bad = from else { break }
            to?.pointee = CChar(bitPattern: UInt8(ascii: "?"))
            to = to?.advanced(by: 1)
            outputLeft -= 1
            from = bad.advanced(by: 1)
            inputLeft -= 1
        }
        return capacity - outputLeft
    }
}

/// Code page 1252 as the server's `latin1`.
///
/// Source: MySQL Reference Manual, "West European Character Sets": bytes 81, 8D, 8F, 90 and 9D,
/// which the code page leaves undefined, are the control characters of that number.
enum Latin1 {
    static let growthMax = 3

    /// The characters of 0x80 to 0x9F.
    private static let upperControls: InlineArray<32, UInt16> = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
    ]

    static func append(
        _ source: UnsafeRawPointer,
        count: Int,
        to builder: inout ColumnBuilder
    ) {
        if isASCII(source, count) {
            builder.append(source, count: count)
            return
        }
        builder.appendBytes(countMax: count * growthMax) { target in
            convert(source, count, target)
        }
    }

    private static func isASCII(_ source: UnsafeRawPointer, _ count: Int) -> Bool {
        var bits: UInt64 = 0
        var offset = 0
        while offset &+ 8 <= count {
            bits |= source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < count {
            bits |= UInt64(source.load(fromByteOffset: offset, as: UInt8.self))
            offset &+= 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// Writes at most `count * growthMax` bytes.
    ///
    /// - Returns: The number of bytes written.
    static func convert(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ target: UnsafeMutableRawPointer
    ) -> Int {
        var written = 0
        for offset in 0..<count {
            let byte = source.load(fromByteOffset: offset, as: UInt8.self)
            let character =
                (0x80..<0xA0).contains(byte) ? upperControls[Int(byte) - 0x80] : UInt16(byte)
            written += write(character, target + written)
        }
        return written
    }

    @inline(__always)
    private static func write(_ character: UInt16, _ target: UnsafeMutableRawPointer) -> Int {
        func put(_ byte: UInt16, _ offset: Int) {
            target.storeBytes(
                of: UInt8(truncatingIfNeeded: byte),
                toByteOffset: offset,
                as: UInt8.self
            )
        }
        if character < 0x80 {
            put(character, 0)
            return 1
        }
        if character < 0x800 {
            put(0xC0 | character >> 6, 0)
            put(0x80 | character & 0x3F, 1)
            return 2
        }
        put(0xE0 | character >> 12, 0)
        put(0x80 | character >> 6 & 0x3F, 1)
        put(0x80 | character & 0x3F, 2)
        return 3
    }
}
