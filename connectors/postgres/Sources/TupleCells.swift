import Bytes
import Glibc

/// One column of one row, still as the server's text.
struct TupleCell: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case null, text
        /// A TOASTed value that the update did not touch and the server did not send.
        case unchanged
    }

    var kind: Kind
    var start: UnsafePointer<UInt8>
    var count: Int

    /// The cell's text for comparing; NULL and unchanged equal nothing.
    @inline(__always)
    func hasSameText(as other: TupleCell) -> Bool {
        kind == .text && other.kind == .text && count == other.count
            && memcmp(start, other.start, count) == 0
    }
}

/// The cells of one row, refilled for each; they point into the message and live as long as it.
final class TupleCells {
    private(set) var count = 0
    private(set) var cells: UnsafeMutablePointer<TupleCell>
    private var capacity = 64

    init() { cells = .allocate(capacity: capacity) }

    deinit { cells.deallocate() }

    private func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        cells.deallocate()
        cells = .allocate(capacity: wanted)
        capacity = wanted
    }

    /// Reads a TupleData at `reader`: a column count, then a tag a column and a length and text.
    ///
    /// `columnCount` is what the relation has; another count is malformed. Throws ``WireFault``.
    ///
    /// Source: PostgreSQL manual, "Logical Replication Message Formats", TupleData.
    func read(
        _ reader: inout ByteReader,
        base: UnsafePointer<UInt8>,
        columnCount: Int
    ) throws(WireFault) {
        count = 0
        let offset = reader.offset
        let announced = Int(try reader.readBigEndian(as: UInt16.self))
        guard announced == columnCount else {
            throw WireFault(
                .malformedValue,
                offset: offset,
                wanted: columnCount,
                available: announced
            )
        }
        reserve(announced)
        let cells = self.cells
        for column in 0..<announced {
            let tagOffset = reader.offset
            let tag = try reader.readInteger(as: UInt8.self)
            var cell = TupleCell(kind: .text, start: base, count: 0)
            switch tag {
            case UInt8(ascii: "t"):
                cell.count = Int(try reader.readBigEndian(as: Int32.self))
                cell.start = base + reader.offset
                try reader.skip(cell.count)
            case UInt8(ascii: "n"): cell.kind = .null
            case UInt8(ascii: "u"): cell.kind = .unchanged
            default:
                throw WireFault(
                    .unknownTag,
                    offset: tagOffset,
                    wanted: Int(tag),
                    available: reader.remaining
                )
            }
            cells[column] = cell
        }
        count = announced
    }

    /// Splits one line of COPY text, taking its escapes out in place.
    ///
    /// - Throws: ``WireFault`` when the line has another number of fields or ends in an escape.
    ///
    /// Source: PostgreSQL manual, COPY, "Text Format".
    func split(
        copyLine line: UnsafeMutablePointer<UInt8>,
        byteCount: Int,
        columnCount: Int
    ) throws(WireFault) {
        count = 0
        reserve(columnCount)
        var end = byteCount
        if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        var column = 0
        var source = 0
        while true {
            guard column < columnCount else {
                throw WireFault(
                    .malformedValue,
                    offset: source,
                    wanted: columnCount,
                    available: column + 1
                )
            }
            cells[column] = try Self.field(line, &source, end)
            column &+= 1
            if source >= end { break }
            // The tab between two fields; behind the last one stands an empty field.
            source &+= 1
        }
        guard column == columnCount else {
            throw WireFault(
                .malformedValue,
                offset: end,
                wanted: columnCount,
                available: column
            )
        }
        count = column
    }

    /// Reads one field up to a tab or the end, leaving `source` there.
    @inline(__always)
    private static func field(
        _ line: UnsafeMutablePointer<UInt8>,
        _ source: inout Int,
        _ end: Int
    ) throws(WireFault) -> TupleCell {
        let start = source
        while source < end {
            let byte = line[source]
            if byte == UInt8(ascii: "\t") { break }
            if byte == UInt8(ascii: "\\") {
                return try escapedField(line, start, &source, end)
            }
            source &+= 1
        }
        return TupleCell(
            kind: .text,
            start: UnsafePointer(line + start),
            count: source &- start
        )
    }

    private static func escapedField(
        _ line: UnsafeMutablePointer<UInt8>,
        _ start: Int,
        _ source: inout Int,
        _ end: Int
    ) throws(WireFault) -> TupleCell {
        var target = source
        let firstEscape = source
        while source < end {
            let byte = line[source]
            if byte == UInt8(ascii: "\t") { break }
            guard byte == UInt8(ascii: "\\") else {
                line[target] = byte
                target &+= 1
                source &+= 1
                continue
            }
            guard source &+ 1 < end else {
                throw WireFault(.truncated, offset: source, wanted: 2, available: end &- source)
            }
            let letter = line[source &+ 1]
            let isWholeField =
                source &+ 2 == end || line[source &+ 2] == UInt8(ascii: "\t")
            source &+= 2
            if letter == UInt8(ascii: "N"), firstEscape == start, source == start &+ 2,
                isWholeField
            {
                return TupleCell(kind: .null, start: UnsafePointer(line + start), count: 0)
            }
            line[target] = unescaped(letter)
            target &+= 1
        }
        return TupleCell(
            kind: .text,
            start: UnsafePointer(line + start),
            count: target &- start
        )
    }

    @inline(__always)
    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "v"): 11
        default: letter
        }
    }
}
