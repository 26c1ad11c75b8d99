import Bytes
import Columns
import Glibc
import Iceberg
import TableModel

/// Finds the order of rows by some of their columns.
///
/// Each row's values become a run of bytes whose order is that of the values, so that two rows are
/// compared by their first eight bytes, and by the rest only where those are equal. Rows with equal
/// values stay in the order in which they came.
///
/// Source: Iceberg specification, "Sorting".
struct RowSorter {
    private struct Term {
        var column: Int
        var isDescending: Bool
        var nullsFirst: Bool
        var transform: Transform
        var type: IcebergType
    }

    private let terms: [Term]

    /// - Throws: ``UnusableSortOrder``.
    init(_ order: SortOrder, fields: [SchemaField]) throws(UnusableSortOrder) {
        var terms: [Term] = []
        for (number, field) in order.fields.enumerated() {
            guard let source = field.sourceIDs.first, field.sourceIDs.count == 1,
                let column = fields.firstIndex(where: { $0.id == source }),
                field.transform.isKnown,
                let result = field.transform.resultType(of: fields[column].type),
                !result.physicalType.isNested
            else { throw UnusableSortOrder(number: number + 1) }
            terms.append(
                Term(
                    column: column,
                    isDescending: field.direction == .descending,
                    nullsFirst: field.nullOrder == .first,
                    transform: field.transform,
                    type: fields[column].type
                )
            )
        }
        self.terms = terms
    }

    private struct Row {
        /// The first eight bytes of the row's key, as a number.
        var prefix: UInt64
        var number: Int32
    }

    /// The numbers of all rows in sorted order.
    func order(of columns: [Column]) -> [Int32] {
        let rowCount = columns.first?.rowCount ?? 0
        let sources = terms.map { $0.transform.apply(to: columns[$0.column], type: $0.type) }
        var keys = ByteBuffer(capacityBytes: max(64, rowCount * 12))
        var starts: [Int] = []
        starts.reserveCapacity(rowCount + 1)
        for row in 0..<rowCount {
            starts.append(keys.count)
            for (term, column) in zip(terms, sources) {
                Self.append(
                    row: row,
                    of: column,
                    isDescending: term.isDescending,
                    nullsFirst: term.nullsFirst,
                    to: &keys
                )
            }
        }
        starts.append(keys.count)
        return keys.withBytes { Self.sorted($0, starts) }
    }

    private static func sorted(_ keys: UnsafeRawBufferPointer, _ starts: [Int]) -> [Int32] {
        var rows = (0..<starts.count - 1).map { row in
            Row(prefix: prefix(of: keys, starts[row]..<starts[row + 1]), number: Int32(row))
        }
        rows.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let order = compare(keys, starts, Int(left.number), Int(right.number))
            return order != 0 ? order < 0 : left.number < right.number
        }
        return rows.map(\.number)
    }

    private static func prefix(of keys: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
        var prefix: UInt64 = 0
        for offset in 0..<8 {
            let at = range.lowerBound + offset
            prefix = prefix << 8 | (at < range.upperBound ? UInt64(keys[at]) : 0)
        }
        return prefix
    }

    private static func compare(
        _ keys: UnsafeRawBufferPointer,
        _ starts: [Int],
        _ left: Int,
        _ right: Int
    ) -> Int {
        let leftCount = starts[left + 1] - starts[left]
        let rightCount = starts[right + 1] - starts[right]
        guard let base = keys.baseAddress else { return 0 }
        let order = memcmp(base + starts[left], base + starts[right], min(leftCount, rightCount))
        return order != 0 ? Int(order) : leftCount - rightCount
    }
}

/// A sort order that this program cannot sort the table's columns by.
public struct UnusableSortOrder: Error, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public var number: Int
    public var description: String {
        "field \(number) of the sort order uses a column that is not replicated or cannot be "
            + "sorted by, or a transform that is not known"
    }
}

extension RowSorter {
    /// Appends bytes whose unsigned order is that of the values.
    ///
    /// A byte tells NULL from value. Numbers are big-endian with their sign bit turned; floats are in
    /// total order; texts end with a mark below every byte of theirs. Descending turns every bit.
    static func append(
        row: Int,
        of column: Column,
        isDescending: Bool,
        nullsFirst: Bool,
        to keys: inout ByteBuffer
    ) {
        guard !column.isNull(row) else {
            keys.append(nullsFirst ? 0 : 2)
            return
        }
        keys.append(1)
        let start = keys.count
        switch column.type {
        case .boolean: keys.append(column.value(at: row, as: UInt8.self))
        case .int32: keys.appendBigEndian(column.value(at: row, as: Int32.self) ^ .min)
        case .int64: keys.appendBigEndian(column.value(at: row, as: Int64.self) ^ .min)
        case .int128: keys.appendBigEndian(column.value(at: row, as: Int128.self) ^ .min)
        case .float: keys.appendBigEndian(ordered(column.value(at: row, as: Float.self).bitPattern))
        case .double:
            keys.appendBigEndian(ordered(column.value(at: row, as: Double.self).bitPattern))
        case .uuid:
            keys.appendBigEndian(UInt128(bigEndian: column.value(at: row, as: UInt128.self)))
        case .bytes: appendEscaped(column.bytes(at: row), to: &keys)
        case .structure, .list, .map: preconditionFailure("rows are not sorted by nested columns")
        }
        guard isDescending else { return }
        let bytes = keys.pointer.assumingMemoryBound(to: UInt8.self)
        for at in start..<keys.count { bytes[at] = ~bytes[at] }
    }

    /// Positive numbers above negative ones, and those turned around.
    private static func ordered<Bits: FixedWidthInteger & UnsignedInteger>(_ bits: Bits) -> Bits {
        let sign = Bits(1) << (Bits.bitWidth - 1)
        return bits & sign == 0 ? bits | sign : ~bits
    }

    /// A zero byte becomes `00 FF`; `00 00` ends the text, below every text that goes on.
    private static func appendEscaped(_ bytes: UnsafeRawBufferPointer, to keys: inout ByteBuffer) {
        for byte in bytes {
            keys.append(byte)
            if byte == 0 { keys.append(0xFF) }
        }
        keys.append(0)
        keys.append(0)
    }
}
