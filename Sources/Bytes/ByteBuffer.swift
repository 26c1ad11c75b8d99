public import Glibc

/// A growable run of bytes with one owner; what encoders write into.
///
/// Not copyable, so every append is in place. `withSpan` lends the bytes, `takeArray` copies them
/// out, `removeAll` keeps the memory for the next use.
public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var used: Int
    @usableFromInline var capacity: Int

    @inlinable
    public init(capacityBytes: Int = 1024) {
        capacity = max(capacityBytes, 16)
        base = .allocate(byteCount: capacity, alignment: 16)
        used = 0
    }

    @inlinable
    deinit { base.deallocate() }

    @inlinable @inline(__always) public var count: Int { used }
    @inlinable @inline(__always) public var isEmpty: Bool { used == 0 }

    /// The bytes written so far; valid until the next mutation.
    @inlinable @inline(__always)
    public var pointer: UnsafeMutableRawPointer { base }

    /// Makes room for `extraBytes` more without moving again.
    @inlinable @inline(__always)
    public mutating func reserve(_ extraBytes: Int) {
        if capacity &- used < extraBytes { grow(extraBytes) }
    }

    @inlinable @inline(never)
    mutating func grow(_ extraBytes: Int) {
        let wanted = max(capacity * 2, used + extraBytes + 64)
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        memcpy(bigger, base, used)
        base.deallocate()
        base = bigger
        capacity = wanted
    }

    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
        used &+= 1
    }

    /// Appends the integer's bytes in little-endian order.
    @inlinable @inline(__always)
    public mutating func appendInteger<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        reserve(MemoryLayout<T>.size)
        base.storeBytes(of: value.littleEndian, toByteOffset: used, as: T.self)
        used &+= MemoryLayout<T>.size
    }

    /// Appends the integer's bytes in big-endian order.
    @inlinable @inline(__always)
    public mutating func appendBigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        reserve(MemoryLayout<T>.size)
        base.storeBytes(of: value.bigEndian, toByteOffset: used, as: T.self)
        used &+= MemoryLayout<T>.size
    }

    /// Appends an unsigned LEB128 integer, one to ten bytes.
    @inlinable @inline(__always)
    public mutating func appendVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            base.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80,
                toByteOffset: used,
                as: UInt8.self
            )
            used &+= 1
            rest >>= 7
        }
        base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: used, as: UInt8.self)
        used &+= 1
    }

    /// Appends a zig-zag LEB128 integer.
    @inlinable @inline(__always)
    public mutating func appendZigZag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    @inlinable @inline(__always)
    public mutating func append(_ source: UnsafeRawPointer, count: Int) {
        reserve(count)
        memcpy(base + used, source, count)
        used &+= count
    }

    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { append(start, count: source.count) }
        }
    }

    @inlinable
    public mutating func append(contentsOf bytes: [UInt8]) {
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { append(start, count: source.count) }
        }
    }

    @inlinable
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { source in
            if let start = source.baseAddress { append(start, count: source.count) }
        }
    }

    /// Claims bytes that were written through ``pointer`` after a ``reserve(_:)``.
    @inlinable @inline(__always)
    public mutating func advance(by byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= capacity - used, "advance beyond the reserve")
        used &+= byteCount
    }

    /// Overwrites four bytes at `offset`, little-endian; for lengths that are known only afterwards.
    @inlinable
    public mutating func overwrite(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= used, "overwrite outside of the buffer")
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Forgets the bytes and keeps the memory.
    @inlinable
    public mutating func removeAll() { used = 0 }

    /// Forgets the bytes and keeps at most so much memory, after something unusually long.
    @inlinable
    public mutating func removeAll(keepingBytesMax bytesMax: Int) {
        used = 0
        guard capacity > max(bytesMax, 16) else { return }
        base.deallocate()
        capacity = max(bytesMax, 16)
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// Forgets the bytes from `count` on and keeps the memory.
    @inlinable
    public mutating func truncate(toCount count: Int) {
        precondition(count >= 0 && count <= used, "truncate only shortens")
        used = count
    }

    /// Lends the bytes written so far.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: used))
    }

    /// Copies the bytes into an array.
    @inlinable
    public func toArray() -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: base, count: used))
    }
}
