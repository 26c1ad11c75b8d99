/// Shortens bounds so that they stay bounds.
///
/// Text is cut between code points and counted in them, byte strings in bytes. A shortened upper
/// bound is raised, so that it stands behind all values it was cut from.
///
/// Source: Iceberg specification, `write.metadata.metrics` mode `truncate(n)`.
enum BoundTruncation {
    static func lower(_ bytes: [UInt8], unitsMax: Int, isText: Bool) -> [UInt8] {
        Array(bytes.prefix(cut(bytes, unitsMax, isText)))
    }

    /// - Returns: `nil` when no value of that length stands behind the original.
    static func upper(_ bytes: [UInt8], unitsMax: Int, isText: Bool) -> [UInt8]? {
        let end = cut(bytes, unitsMax, isText)
        guard end < bytes.count else { return bytes }
        let head = Array(bytes[..<end])
        return isText ? incrementedText(head) : incrementedBytes(head)
    }

    /// Bytes of the first `unitsMax` code points or bytes.
    private static func cut(_ bytes: [UInt8], _ unitsMax: Int, _ isText: Bool) -> Int {
        guard isText else { return min(bytes.count, unitsMax) }
        var units = 0
        for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if units == unitsMax { return index }
            units += 1
        }
        return bytes.count
    }

    private static func incrementedBytes(_ head: [UInt8]) -> [UInt8]? {
        var head = head
        while let last = head.popLast() {
            if last < 0xFF { return head + [last + 1] }
        }
        return nil
    }

    private static func incrementedText(_ head: [UInt8]) -> [UInt8]? {
        var scalars = Array(String(decoding: head, as: UTF8.self).unicodeScalars)
        while let last = scalars.popLast() {
            guard let next = successor(of: last) else { continue }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            text.append(next)
            return Array(String(text).utf8)
        }
        return nil
    }

    /// The next code point, past the surrogates; `nil` after the last.
    private static func successor(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
        Unicode.Scalar(scalar.value == 0xD7FF ? 0xE000 : scalar.value + 1)
    }
}
