internal import Bytes
internal import Columns

/// Puts the values of one page into a column.
struct ColumnFill {
    let block: ValueBlock
    /// Indexes into the block, each checked against its count; `nil` takes the values in order.
    let codes: UnsafePointer<UInt32>?
    /// One a row, zero for NULL; `nil` when no row is NULL.
    let levels: UnsafePointer<UInt8>?
    let rowCount: Int

    /// Appends the page's rows; the type is switched on once.
    func append(to builder: inout ColumnBuilder) throws(WireFault) {
        switch builder.type {
        case .boolean: appendFixed(&builder, UInt8.self)
        case .int32, .float: appendFixed(&builder, UInt32.self)
        case .int64, .double: appendFixed(&builder, UInt64.self)
        case .int128, .uuid: appendFixed(&builder, UInt128.self)
        case .bytes: try appendBytes(&builder)
        case .structure, .list, .map: preconditionFailure("pages hold leaves")
        }
    }

    private func appendFixed<T: BitwiseCopyable>(_ builder: inout ColumnBuilder, _ type: T.Type) {
        let width = MemoryLayout<T>.size
        var next = 0
        for row in 0..<rowCount {
            if let levels, levels[row] == 0 {
                builder.appendNull()
                continue
            }
            let index = codes.map { Int($0[next]) } ?? next
            builder.append(block.values.loadUnaligned(fromByteOffset: index &* width, as: T.self))
            next &+= 1
        }
    }

    private func appendBytes(_ builder: inout ColumnBuilder) throws(WireFault) {
        let ranges = block.values.assumingMemoryBound(to: ByteRange.self)
        var next = 0
        for row in 0..<rowCount {
            if let levels, levels[row] == 0 {
                builder.appendNull()
                continue
            }
            let range = ranges[codes.map { Int($0[next]) } ?? next]
            let count = Int(range.count)
            guard count <= ParquetLimits.columnBytesMax &- builder.memoryBytes else {
                throw WireFault(
                    .impossibleLength,
                    offset: Int(range.start),
                    wanted: count,
                    available: ParquetLimits.columnBytesMax - builder.memoryBytes
                )
            }
            builder.append(block.bytes + Int(range.start), count: count)
            next &+= 1
        }
    }
}
