public import Glibc

/// Fills a ``Column`` one row at a time.
///
/// Not copyable: one owner, so every append is in place. `finish()` hands the memory on without a
/// copy. The validity bitmap appears with the first NULL; until then a valid row costs nothing.
///
/// Rows of nested columns are appended to ``children`` first and closed then; see
/// ``closeStructure()`` and ``closeElements()``.
@frozen
public struct ColumnBuilder: ~Copyable {
    public let type: PhysicalType
    @usableFromInline var values: UnsafeMutableRawPointer
    @usableFromInline var capacityRows: Int
    @usableFromInline var rows: Int
    @usableFromInline var validity: UnsafeMutablePointer<UInt8>?
    @usableFromInline var nulls: Int
    @usableFromInline var byteBuffer: UnsafeMutableRawPointer?
    @usableFromInline var byteCapacity: Int
    @usableFromInline var bytesUsed: Int
    @usableFromInline var childBuilders: UnsafeMutablePointer<ColumnBuilder>?
    public let childCount: Int

    /// The most bytes that the run of one `bytes` column may hold.
    public static var bytesPerColumnMax: Int { Int(UInt32.max) }

    @inlinable
    public init(_ type: PhysicalType, expectedRows: Int, expectedBytesPerRow: Int = 16) {
        self.init(
            ColumnShape(type),
            expectedRows: expectedRows,
            expectedBytesPerRow: expectedBytesPerRow
        )
    }

    @inlinable
    public init(_ shape: ColumnShape, expectedRows: Int, expectedBytesPerRow: Int = 16) {
        type = shape.type
        capacityRows = max(expectedRows, 16)
        let slots = type.hasOffsets ? capacityRows + 1 : capacityRows
        values = .allocate(byteCount: max(slots * type.widthBytes, 16), alignment: 16)
        rows = 0
        validity = nil
        nulls = 0
        bytesUsed = 0
        byteCapacity = 0
        byteBuffer = nil
        childCount = shape.children.count
        childBuilders = nil
        if type.hasOffsets { values.storeBytes(of: 0, as: UInt32.self) }
        if childCount > 0 {
            let builders = UnsafeMutablePointer<ColumnBuilder>.allocate(capacity: childCount)
            for (index, child) in shape.children.enumerated() {
                (builders + index).initialize(to: ColumnBuilder(child, expectedRows: expectedRows))
            }
            childBuilders = builders
        }
        if type == .bytes {
            byteCapacity = max(capacityRows * expectedBytesPerRow, 64)
            byteBuffer = .allocate(byteCount: byteCapacity, alignment: 16)
        }
    }

    @inlinable
    deinit {
        values.deallocate()
        validity?.deallocate()
        byteBuffer?.deallocate()
        childBuilders?.deinitialize(count: childCount)
        childBuilders?.deallocate()
    }

    @inlinable @inline(__always) public var rowCount: Int { rows }
    @inlinable @inline(__always) public var nullCount: Int { nulls }

    /// Bytes of values held so far; what a batch is weighed by.
    @inlinable @inline(__always)
    public var memoryBytes: Int {
        var total = rows &* type.widthBytes &+ bytesUsed
        if let childBuilders {
            for index in 0..<childCount { total &+= childBuilders[index].memoryBytes }
        }
        return total
    }

    @inlinable @inline(__always)
    mutating func reserveRow() {
        if rows == capacityRows { growRows(1) }
    }

    @inlinable @inline(never)
    mutating func growRows(_ extraRows: Int) {
        let wanted = max(capacityRows * 2, rows + extraRows)
        let width = type.widthBytes
        let extra = type.hasOffsets ? 1 : 0
        let bigger = UnsafeMutableRawPointer.allocate(
            byteCount: max((wanted + extra) * width, 16),
            alignment: 16
        )
        memcpy(bigger, values, (rows + extra) * width)
        values.deallocate()
        values = bigger
        if let bits = validity {
            let before = (capacityRows + 7) / 8
            let after = (wanted + 7) / 8
            let biggerBits = UnsafeMutablePointer<UInt8>.allocate(capacity: after)
            memcpy(biggerBits, bits, before)
            memset(biggerBits + before, 0xFF, after - before)
            bits.deallocate()
            validity = biggerBits
        }
        capacityRows = wanted
    }

    @inlinable @inline(never)
    mutating func growBytes(_ extraBytes: Int) {
        let wanted = max(byteCapacity * 2, bytesUsed + extraBytes + 64)
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        if let old = byteBuffer {
            memcpy(bigger, old, bytesUsed)
            old.deallocate()
        }
        byteBuffer = bigger
        byteCapacity = wanted
    }

    /// Appends a value of a fixed-width column.
    ///
    /// - Precondition: `T` is as wide as the column's type.
    @inlinable @inline(__always)
    public mutating func append<T: BitwiseCopyable>(_ value: T) {
        assert(MemoryLayout<T>.size == type.widthBytes && type != .bytes)
        reserveRow()
        values.storeBytes(of: value, toByteOffset: rows &* MemoryLayout<T>.size, as: T.self)
        rows &+= 1
    }

    /// Appends one byte string, copying it.
    @inlinable @inline(__always)
    public mutating func append(_ source: UnsafeRawPointer, count: Int) {
        reserveRow()
        reserveBytes(count)
        if let target = byteBuffer { memcpy(target + bytesUsed, source, count) }
        bytesUsed &+= count
        closeBytesRow()
    }

    /// Makes room for `count` bytes in the current row of a `bytes` column.
    ///
    /// - Precondition: The column stays below ``bytesPerColumnMax``. Batches are cut far earlier.
    @inlinable @inline(__always)
    public mutating func reserveBytes(_ count: Int) {
        precondition(
            count >= 0 && count <= Self.bytesPerColumnMax &- bytesUsed,
            "a bytes column holds at most 4 GiB"
        )
        if byteCapacity &- bytesUsed < count { growBytes(count) }
    }

    @inlinable @inline(__always)
    mutating func closeBytesRow() { closeOffsetRow(bytesUsed) }

    @inlinable @inline(__always)
    mutating func closeOffsetRow(_ end: Int) {
        rows &+= 1
        values.storeBytes(
            of: UInt32(truncatingIfNeeded: end),
            toByteOffset: rows &* 4,
            as: UInt32.self
        )
    }

    /// Lets `fill` write one row of at most `countMax` bytes in place and say how many it wrote.
    @inlinable @inline(__always)
    public mutating func appendBytes<Failure: Error>(
        countMax: Int,
        _ fill: (UnsafeMutableRawPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserveRow()
        reserveBytes(countMax)
        guard let target = byteBuffer else { preconditionFailure("not a bytes column") }
        let written = try fill(target + bytesUsed)
        precondition(written >= 0 && written <= countMax, "wrote past the reserve")
        bytesUsed &+= written
        closeBytesRow()
    }

    @inlinable
    public mutating func append(_ source: UnsafeRawBufferPointer) {
        append(source.baseAddress ?? UnsafeRawPointer(values), count: source.count)
    }

    @inlinable
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a NULL; the values buffer holds zero there.
    @inlinable
    public mutating func appendNull() {
        reserveRow()
        ensureValidity()
        validity?[rows >> 3] &= ~(1 << UInt8(truncatingIfNeeded: rows & 7))
        nulls &+= 1
        if type.hasOffsets {
            if type != .bytes { checkChildrenAtEnd() }
            closeOffsetRow(type == .bytes ? bytesUsed : elementCount)
        } else if type == .structure {
            appendNullToChildren()
            rows &+= 1
        } else {
            memset(values + rows &* type.widthBytes, 0, type.widthBytes)
            rows &+= 1
        }
    }

    /// Removes the rows from `rowCount` on; how a row that failed halfway is taken back.
    public mutating func truncate(toRows rowCount: Int) {
        precondition(rowCount >= 0 && rowCount <= rows, "truncate only shortens")
        if let bits = validity {
            for row in rowCount..<rows where bits[row >> 3] & (1 << UInt8(row & 7)) == 0 {
                bits[row >> 3] |= 1 << UInt8(row & 7)
                nulls -= 1
            }
        }
        rows = rowCount
        let end =
            type.hasOffsets
            ? Int(values.load(fromByteOffset: rowCount * 4, as: UInt32.self)) : rowCount
        if type == .bytes { bytesUsed = end }
        for index in 0..<childCount { children[index].truncate(toRows: end) }
    }

    /// Hands the rows on as a column, without a copy.
    @inlinable
    public consuming func finish() -> Column {
        var finishedChildren: [Column] = []
        if let childBuilders {
            for index in 0..<childCount {
                finishedChildren.append((childBuilders + index).move().finish())
            }
            childBuilders.deallocate()
        }
        let column = Column(
            type: type,
            rowCount: rows,
            nullCount: nulls,
            byteCount: bytesUsed,
            values: values,
            bytes: byteBuffer,
            validity: nulls > 0 ? validity : nil,
            children: finishedChildren
        )
        if nulls == 0 { validity?.deallocate() }
        discard self
        return column
    }
}
