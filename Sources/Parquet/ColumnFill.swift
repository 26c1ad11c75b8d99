internal import Bytes
internal import Columns
internal import Glibc

/// Puts the values of one step into a column.
struct ColumnFill {
    let block: ValueBlock
    /// One a row, zero for NULL; `nil` when no row is NULL.
    let isValid: UnsafePointer<UInt8>?
    let rowCount: Int

    /// Appends the rows; the type is switched on once.
    ///
    /// - Returns: False when the column takes more than `bytesMax`; it is to be thrown away then.
    func append(to builder: inout ColumnBuilder, bytesMax: Int) -> Bool {
        switch builder.type {
        case .boolean: appendFixed(&builder, UInt8.self)
        case .int32, .float: appendFixed(&builder, UInt32.self)
        case .int64, .double: appendFixed(&builder, UInt64.self)
        case .int128, .uuid: appendFixed(&builder, UInt128.self)
        case .bytes: return appendBytes(&builder, bytesMax: bytesMax)
        case .structure, .list, .map: preconditionFailure("pages hold leaves")
        }
        return builder.memoryBytes <= bytesMax
    }

    private func appendFixed<T: BitwiseCopyable & FixedWidthInteger>(
        _ builder: inout ColumnBuilder,
        _ type: T.Type
    ) {
        let width = MemoryLayout<T>.size
        precondition(block.widthBytes == width, "values of another width")
        let source = block.values
        builder.appendFixed(count: rowCount, as: T.self) { target in
            switch (block.codes, isValid) {
            case (nil, nil): memcpy(target, source, rowCount &* width)
            case (let codes?, nil):
                for row in 0..<rowCount {
                    target[row] = source.loadUnaligned(
                        fromByteOffset: Int(codes[row]) &* width,
                        as: T.self
                    )
                }
            case (nil, let isValid?):
                var next = 0
                for row in 0..<rowCount {
                    // Behind the last value the slack is loaded, and not used.
                    let value = source.loadUnaligned(fromByteOffset: next &* width, as: T.self)
                    target[row] = isValid[row] == 0 ? 0 : value
                    next &+= Int(isValid[row])
                }
            case (let codes?, let isValid?):
                var next = 0
                for row in 0..<rowCount {
                    guard isValid[row] != 0 else {
                        target[row] = 0
                        continue
                    }
                    target[row] = source.loadUnaligned(
                        fromByteOffset: Int(codes[next]) &* width,
                        as: T.self
                    )
                    next &+= 1
                }
            }
        }
        if let isValid { builder.markNulls(last: rowCount, isValid: isValid) }
    }

    private func appendBytes(_ builder: inout ColumnBuilder, bytesMax: Int) -> Bool {
        precondition(block.widthBytes == 0, "values of another kind")
        let ranges = block.values.assumingMemoryBound(to: ByteRange.self)
        let valueCount = block.codes == nil ? block.count : validCount
        var total = 0
        if let codes = block.codes {
            for index in 0..<valueCount { total &+= Int(ranges[Int(codes[index])].count) }
        } else {
            for index in 0..<valueCount { total &+= Int(ranges[index].count) }
        }
        guard total + rowCount * 4 <= bytesMax - builder.memoryBytes else { return false }
        switch (block.codes, isValid) {
        case (nil, nil): copyBytes(&builder, total) { row, _ in ranges[row] }
        case (let codes?, nil): copyBytes(&builder, total) { row, _ in ranges[Int(codes[row])] }
        case (nil, let isValid?):
            copyBytes(&builder, total) { row, next in
                guard isValid[row] != 0 else { return ByteRange(start: 0, count: 0) }
                next &+= 1
                return ranges[next &- 1]
            }
        case (let codes?, let isValid?):
            copyBytes(&builder, total) { row, next in
                guard isValid[row] != 0 else { return ByteRange(start: 0, count: 0) }
                next &+= 1
                return ranges[Int(codes[next &- 1])]
            }
        }
        if let isValid { builder.markNulls(last: rowCount, isValid: isValid) }
        return true
    }

    /// Copies one byte string a row, `total` bytes in all; `range` finds a row's and counts the
    /// values that it used.
    @inline(__always)
    private func copyBytes(
        _ builder: inout ColumnBuilder,
        _ total: Int,
        _ range: (_ row: Int, _ next: inout Int) -> ByteRange
    ) {
        builder.appendByteStrings(count: rowCount, bytesMax: total) { ends, target, start in
            var next = 0
            var written = 0
            for row in 0..<rowCount {
                let range = range(row, &next)
                let count = Int(range.count)
                Self.copy(block.bytes + Int(range.start), to: target + written, count)
                written &+= count
                ends[row] = UInt32(truncatingIfNeeded: start &+ written)
            }
            return written
        }
    }

    private var validCount: Int {
        guard let isValid else { return rowCount }
        var count = 0
        for row in 0..<rowCount { count &+= Int(isValid[row]) }
        return count
    }

    /// Copies a byte string; a short one as sixteen bytes, which both sides have to spare.
    @inline(__always)
    private static func copy(
        _ source: UnsafeRawPointer,
        to target: UnsafeMutableRawPointer,
        _ count: Int
    ) {
        if count <= ColumnBuilder.spareBytes {
            target.storeBytes(of: source.loadUnaligned(as: UInt128.self), as: UInt128.self)
        } else {
            memcpy(target, source, count)
        }
    }
}
