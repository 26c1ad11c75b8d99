/// Reads fields from one message or page, front to back, without copying.
///
/// The reader borrows the bytes it reads: it cannot outlive them, and it cannot be stored. Every
/// `read` either returns a whole field and advances, or throws and leaves the reader where it was.
public struct ByteReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var cursor: Int

    /// Bytes consumed so far, counted from the start of the message.
    @inlinable @inline(__always) public var offset: Int { cursor }

    @inlinable @inline(__always)
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.cursor = 0
    }

    @inlinable @inline(__always)
    public var remaining: Int { bytes.byteCount &- cursor }

    @inlinable @inline(__always)
    public var isAtEnd: Bool { cursor >= bytes.byteCount }

    @inlinable @inline(__always)
    mutating func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type
    ) throws(WireFault) -> T {
        let width = MemoryLayout<T>.size
        guard width <= remaining else {
            throw WireFault(.truncated, offset: cursor, wanted: width, available: remaining)
        }
        // The guard above is the bounds check this load relies on.
        let value = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: cursor, as: T.self)
        cursor &+= width
        return value
    }

    /// Reads a fixed-width little-endian integer.
    ///
    /// - Throws: ``WireFault`` `.truncated` if fewer than `MemoryLayout<T>.size` bytes remain.
    @inlinable @inline(__always)
    public mutating func readInteger<T: FixedWidthInteger & BitwiseCopyable>(
        as type: T.Type = T.self
    ) throws(WireFault) -> T {
        T(littleEndian: try load(type))
    }

    /// Reads a fixed-width big-endian integer.
    ///
    /// - Throws: ``WireFault`` `.truncated` if fewer than `MemoryLayout<T>.size` bytes remain.
    @inlinable @inline(__always)
    public mutating func readBigEndian<T: FixedWidthInteger & BitwiseCopyable>(
        as type: T.Type = T.self
    ) throws(WireFault) -> T {
        T(bigEndian: try load(type))
    }

    /// Reads `count` bytes as a view into the message, copying nothing.
    ///
    /// - Throws: ``WireFault`` `.impossibleLength` if `count` is negative or runs past the end.
    @inlinable @inline(__always)
    @_lifetime(copy self)
    public mutating func readBytes(_ count: Int) throws(WireFault) -> RawSpan {
        guard count >= 0, count <= remaining else {
            throw WireFault(
                .impossibleLength,
                offset: cursor,
                wanted: count,
                available: remaining
            )
        }
        let slice = bytes.extracting(cursor..<(cursor &+ count))
        cursor &+= count
        return slice
    }

    /// Steps over `count` bytes.
    ///
    /// - Throws: ``WireFault`` `.impossibleLength` if `count` is negative or runs past the end.
    @inlinable @inline(__always)
    public mutating func skip(_ count: Int) throws(WireFault) {
        guard count >= 0, count <= remaining else {
            throw WireFault(
                .impossibleLength,
                offset: cursor,
                wanted: count,
                available: remaining
            )
        }
        cursor &+= count
    }

    /// Reads an unsigned LEB128 integer of at most 64 bits, as Thrift compact, Avro and Parquet use.
    ///
    /// - Throws: ``WireFault`` `.truncated`, or `.malformedValue` when it runs over ten bytes.
    @inlinable
    public mutating func readVarint() throws(WireFault) -> UInt64 {
        let start = cursor
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard cursor < bytes.byteCount else {
                let available = bytes.byteCount &- start
                cursor = start
                throw WireFault(
                    .truncated,
                    offset: start,
                    wanted: available &+ 1,
                    available: available
                )
            }
            let byte = bytes.unsafeLoad(fromUncheckedByteOffset: cursor, as: UInt8.self)
            cursor &+= 1
            if shift == 63, byte > 1 {
                cursor = start
                throw WireFault(
                    .malformedValue,
                    offset: start,
                    wanted: 10,
                    available: remaining
                )
            }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift &+= 7
        }
    }

    /// Reads a zig-zag LEB128 integer.
    @inlinable
    public mutating func readZigZag() throws(WireFault) -> Int64 {
        let raw = try readVarint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// Reads bytes up to a zero byte and steps over it, as PostgreSQL's String.
    ///
    /// - Throws: ``WireFault`` `.truncated` if no zero byte follows.
    @inlinable
    @_lifetime(copy self)
    public mutating func readZeroTerminated() throws(WireFault) -> RawSpan {
        var end = cursor
        while end < bytes.byteCount {
            if bytes.unsafeLoad(fromUncheckedByteOffset: end, as: UInt8.self) == 0 {
                let slice = bytes.extracting(cursor..<end)
                cursor = end &+ 1
                return slice
            }
            end &+= 1
        }
        throw WireFault(
            .truncated,
            offset: cursor,
            wanted: remaining &+ 1,
            available: remaining
        )
    }

    /// Reads MySQL's length-encoded integer: one byte below `0xFB`, else a tag and 2, 3 or 8 bytes.
    ///
    /// - Returns: The value, or `nil` for the `0xFB` tag, which row packets use for SQL NULL.
    /// - Throws: ``WireFault`` `.truncated` or, for the reserved tag `0xFF`, `.unknownTag`.
    ///
    /// Source: MySQL Internals, "Integer Types", `Protocol::LengthEncodedInteger`.
    @inlinable
    public mutating func readLengthEncodedInteger() throws(WireFault) -> UInt64? {
        let start = cursor
        let tag = try readInteger(as: UInt8.self)
        if tag < 0xFB { return UInt64(tag) }
        do throws(WireFault) {
            switch tag {
            case 0xFB: return nil
            case 0xFC: return UInt64(try readInteger(as: UInt16.self))
            case 0xFD:
                let low = try readInteger(as: UInt16.self)
                let high = try readInteger(as: UInt8.self)
                return UInt64(high) << 16 | UInt64(low)
            case 0xFE: return try readInteger(as: UInt64.self)
            default:
                throw WireFault(.unknownTag, offset: start, wanted: Int(tag), available: remaining)
            }
        } catch {
            cursor = start
            throw error
        }
    }
}
