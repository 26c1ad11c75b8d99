public import Bytes
public import Columns

/// The canonical bytes of one value, for hashing keys and whole rows.
///
/// A tag byte, then the value little-endian: tag 0 is NULL and ends there; tag 1 is a value in its
/// type's narrow form: booleans one byte, integers, dates, times and decimals that fit it 64 bits,
/// floats the bits of the double, uuids 16 bytes, strings behind their 32-bit length; tag 2 is a
/// decimal in 128 bits. So a column that is widened keeps its values' bytes, and no row's bytes
/// begin another's.
public enum CanonicalValue {
    @inlinable @inline(__always)
    public static func appendNull(to buffer: inout ByteBuffer) {
        buffer.append(0 as UInt8)
    }

    /// Appends the value of `column` at `row`.
    @inlinable
    public static func append(row: Int, of column: Column, to buffer: inout ByteBuffer) {
        if column.isNull(row) {
            appendNull(to: &buffer)
            return
        }
        switch column.type {
        case .boolean:
            buffer.append(1 as UInt8)
            buffer.append(column.value(at: row, as: UInt8.self))
        case .int32: append(Int64(column.value(at: row, as: Int32.self)), to: &buffer)
        case .int64: append(column.value(at: row, as: Int64.self), to: &buffer)
        case .float:
            append(Double(column.value(at: row, as: Float.self)).bitPattern, to: &buffer)
        case .double: append(column.value(at: row, as: Double.self).bitPattern, to: &buffer)
        case .int128:
            let value = column.value(at: row, as: Int128.self)
            if let narrow = Int64(exactly: value) {
                append(narrow, to: &buffer)
            } else {
                buffer.append(2 as UInt8)
                buffer.appendInteger(value)
            }
        case .uuid: append(column.value(at: row, as: UInt128.self), to: &buffer)
        case .bytes:
            let bytes = column.bytes(at: row)
            append(UInt32(truncatingIfNeeded: bytes.count), to: &buffer)
            if let start = bytes.baseAddress { buffer.append(start, count: bytes.count) }
        case .structure, .list, .map: appendNested(row: row, of: column, to: &buffer)
        }
    }

    /// Appends how many elements a row has, then each element's columns; a structure has one.
    @usableFromInline
    static func appendNested(row: Int, of column: Column, to buffer: inout ByteBuffer) {
        let elements = column.type == .structure ? row..<row + 1 : column.elements(at: row)
        append(UInt32(truncatingIfNeeded: elements.count), to: &buffer)
        for element in elements {
            for child in column.children { append(row: element, of: child, to: &buffer) }
        }
    }

    @inlinable @inline(__always)
    static func append<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value,
        to buffer: inout ByteBuffer
    ) {
        buffer.append(1 as UInt8)
        buffer.appendInteger(value)
    }
}
