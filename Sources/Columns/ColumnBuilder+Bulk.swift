public import Glibc

/// Many rows at once, for decoders that have them side by side.
extension ColumnBuilder {
    /// Makes room for `count` more rows.
    @inlinable @inline(__always)
    public mutating func reserveRows(_ count: Int) {
        precondition(count >= 0, "a negative count of rows")
        if capacityRows &- rows < count { growRows(count) }
    }

    /// Appends `count` rows of a fixed-width column, none of them NULL, whose values `fill` writes.
    ///
    /// - Precondition: `T` is as wide as the column's type, and `fill` writes all of them.
    @inlinable @inline(__always)
    public mutating func appendFixed<T: BitwiseCopyable>(
        count: Int,
        as type: T.Type,
        _ fill: (UnsafeMutablePointer<T>) -> Void
    ) {
        precondition(
            MemoryLayout<T>.size == self.type.widthBytes && !self.type.hasOffsets,
            "not the width of the column's values"
        )
        reserveRows(count)
        fill((values + rows &* MemoryLayout<T>.size).assumingMemoryBound(to: T.self))
        rows &+= count
    }

    /// Appends `count` byte strings, none of them NULL.
    ///
    /// `fill` gets the place of the rows' ends, which count from the start of the column, the place
    /// of the first byte, and where that lies in the column; it says how many bytes it wrote. Behind
    /// `bytesMax` it may spoil ``spareBytes`` more.
    @inlinable @inline(__always)
    public mutating func appendByteStrings<Failure: Error>(
        count: Int,
        bytesMax: Int,
        _ fill: (
            _ ends: UnsafeMutablePointer<UInt32>, _ target: UnsafeMutableRawPointer, _ start: Int
        ) throws(Failure) -> Int
    ) throws(Failure) {
        reserveRows(count)
        reserveBytes(bytesMax + Self.spareBytes)
        guard type == .bytes, let target = byteBuffer else {
            preconditionFailure("not a bytes column")
        }
        let ends = (values + (rows &+ 1) &* 4).assumingMemoryBound(to: UInt32.self)
        let written = try fill(ends, target + bytesUsed, bytesUsed)
        precondition(written >= 0 && written <= bytesMax, "wrote past the reserve")
        bytesUsed &+= written
        rows &+= count
    }

    /// Bytes behind a run of byte strings that may be spoiled while it is written.
    @inlinable public static var spareBytes: Int { 16 }

    /// Appends `count` NULLs.
    @inlinable
    public mutating func appendNulls(_ count: Int) {
        guard count > 0 else { return }
        reserveRows(count)
        ensureValidity()
        if let bits = validity { Self.clear(bits, from: rows, count: count) }
        nulls &+= count
        if type.hasOffsets {
            if type != .bytes { checkChildrenAtEnd() }
            let end = UInt32(truncatingIfNeeded: type == .bytes ? bytesUsed : elementCount)
            (values + (rows &+ 1) &* 4).assumingMemoryBound(to: UInt32.self)
                .update(repeating: end, count: count)
        } else if type == .structure {
            for index in 0..<childCount { children[index].appendNulls(count) }
        } else {
            memset(values + rows &* type.widthBytes, 0, count &* type.widthBytes)
        }
        rows &+= count
    }

    /// Makes those of the last `count` rows NULL that have a zero in `isValid`; the others have ones.
    ///
    /// - Precondition: None of them is NULL; the values of the new NULLs are zero and their byte
    ///   strings empty.
    @inlinable
    public mutating func markNulls(last count: Int, isValid: UnsafePointer<UInt8>) {
        precondition(count <= rows, "more rows than the column has")
        var valid = 0
        for row in 0..<count { valid &+= Int(isValid[row]) }
        guard valid < count else { return }
        ensureValidity()
        nulls &+= count &- valid
        guard let bits = validity else { return }
        var position = rows &- count
        var row = 0
        while row < count {
            if position & 7 == 0, row &+ 8 <= count {
                // Eight bytes of one bit each become the bits of one byte.
                let eight = UnsafeRawPointer(isValid + row).loadUnaligned(as: UInt64.self)
                let packed = (eight &* 0x0102_0408_1020_4080) &>> 56
                bits[position >> 3] = UInt8(truncatingIfNeeded: packed)
                position &+= 8
                row &+= 8
            } else {
                if isValid[row] == 0 {
                    bits[position >> 3] &= ~(1 &<< UInt8(truncatingIfNeeded: position & 7))
                }
                position &+= 1
                row &+= 1
            }
        }
    }

    /// Ends `count` rows of a `structure` column whose children have their rows already.
    ///
    /// - Precondition: The children's rows are NULL where `isValid` has a zero.
    public mutating func closeStructures(count: Int, isValid: UnsafePointer<UInt8>?) {
        precondition(type == .structure, "not a structure column")
        reserveRows(count)
        rows &+= count
        for index in 0..<childCount {
            precondition(
                children[index].rowCount == rows,
                "child \(index) has \(children[index].rowCount) rows, the structure has \(rows)"
            )
        }
        if let isValid { markNulls(last: count, isValid: isValid) }
    }

    /// Ends `count` rows of a `list` or `map` column whose children have their elements already.
    ///
    /// `ends` are counts of elements from the start of the column, one a row.
    ///
    /// - Precondition: The ends ascend to the children's row count, and rows with a zero in
    ///   `isValid` have no elements.
    public mutating func closeElements(
        count: Int,
        ends: UnsafePointer<UInt32>,
        isValid: UnsafePointer<UInt8>?
    ) {
        precondition(type == .list || type == .map, "not a list or map column")
        reserveRows(count)
        let target = (values + (rows &+ 1) &* 4).assumingMemoryBound(to: UInt32.self)
        target.update(from: ends, count: count)
        let end = count > 0 ? Int(ends[count &- 1]) : elementCount
        rows &+= count
        for index in 0..<childCount {
            precondition(
                children[index].rowCount == end,
                "child \(index) has \(children[index].rowCount) rows, the elements are \(end)"
            )
        }
        if let isValid { markNulls(last: count, isValid: isValid) }
    }

    @inlinable
    mutating func ensureValidity() {
        guard validity == nil else { return }
        let byteCount = (capacityRows + 7) / 8
        let bits = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
        memset(bits, 0xFF, byteCount)
        validity = bits
    }

    @inlinable
    static func clear(_ bits: UnsafeMutablePointer<UInt8>, from first: Int, count: Int) {
        var position = first
        let end = first &+ count
        while position < end, position & 7 != 0 {
            bits[position >> 3] &= ~(1 &<< UInt8(truncatingIfNeeded: position & 7))
            position &+= 1
        }
        let whole = (end &- position) >> 3
        if whole > 0 { memset(bits + (position >> 3), 0, whole) }
        position &+= whole &* 8
        while position < end {
            bits[position >> 3] &= ~(1 &<< UInt8(truncatingIfNeeded: position & 7))
            position &+= 1
        }
    }
}
