internal import Bytes
public import Columns

extension Transform {
    /// What the transform makes of each row, as a column of the result's type.
    ///
    /// - Precondition: ``resultType(of:)`` gives a type, and the column is of `type`.
    public func apply(to column: Column, type: IcebergType) -> Column {
        guard let resultType = resultType(of: type) else {
            preconditionFailure("\(self) cannot be used on \(type)")
        }
        precondition(column.type == type.physicalType, "a \(column.type) column for \(type)")
        switch self {
        case .identity: return column
        case .void, .unknown: return Self.nulls(resultType, rowCount: column.rowCount)
        case .bucket(let count): return Self.buckets(of: column, type: type, count: count)
        case .truncate(let width): return Self.truncated(column, type: type, width: width)
        case .year, .month, .day, .hour: return periods(of: column, type: type)
        }
    }

    private static func nulls(_ type: IcebergType, rowCount: Int) -> Column {
        var builder = ColumnBuilder(type.columnShape, expectedRows: rowCount)
        for _ in 0..<rowCount { builder.appendNull() }
        return builder.finish()
    }

    private static func buckets(of column: Column, type: IcebergType, count: Int32) -> Column {
        switch (type, column.type) {
        case (.timestampNanos, _), (.timestamptzNanos, _):
            column.mapping(to: .int32) { (value: Int64) in
                bucket(murmur3Hash32(of: microseconds(nanoseconds: value)), count)
            }
        case (.decimal, .int64):
            column.mapping(to: .int32) { (value: Int64) in
                bucket(hash(unscaled: Int128(value)), count)
            }
        case (_, .int128):
            column.mapping(to: .int32) { (value: Int128) in bucket(hash(unscaled: value), count) }
        case (_, .int32):
            column.mapping(to: .int32) { (value: Int32) in
                bucket(murmur3Hash32(of: Int64(value)), count)
            }
        case (_, .int64):
            column.mapping(to: .int32) { (value: Int64) in
                bucket(murmur3Hash32(of: value), count)
            }
        case (_, .uuid):
            column.mapping(to: .int32) { (value: UInt128) in
                withUnsafeBytes(of: value) { bucket(murmur3Hash32($0), count) }
            }
        default: byteBuckets(of: column, count: count)
        }
    }

    private static func byteBuckets(of column: Column, count: Int32) -> Column {
        var builder = ColumnBuilder(.int32, expectedRows: column.rowCount)
        for row in 0..<column.rowCount {
            if column.isNull(row) {
                builder.appendNull()
            } else {
                builder.append(bucket(murmur3Hash32(column.bytes(at: row)), count))
            }
        }
        return builder.finish()
    }

    private static func truncated(_ column: Column, type: IcebergType, width: Int32) -> Column {
        switch column.type {
        case .int32:
            column.mapping(to: .int32) { (value: Int32) in floored(value, width) }
        case .int64:
            column.mapping(to: .int64) { (value: Int64) in floored(value, Int64(width)) }
        case .int128:
            column.mapping(to: .int128) { (value: Int128) in floored(value, Int128(width)) }
        default: beginnings(of: column, isText: type == .string, width: Int(width))
        }
    }

    private static func beginnings(of column: Column, isText: Bool, width: Int) -> Column {
        var builder = ColumnBuilder(.bytes, expectedRows: column.rowCount)
        for row in 0..<column.rowCount {
            if column.isNull(row) {
                builder.appendNull()
                continue
            }
            let bytes = column.bytes(at: row)
            let cut = isText ? textCut(bytes, width) : min(bytes.count, width)
            builder.append(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
        }
        return builder.finish()
    }

    private func periods(of column: Column, type: IcebergType) -> Column {
        if column.type == .int32 {
            return column.mapping(to: .int32) { (days: Int32) in
                period(of: Int64(days), type: type)
            }
        }
        return column.mapping(to: .int32) { (units: Int64) in period(of: units, type: type) }
    }
}

extension Column {
    /// A column with a value made of each value, and NULL of NULL.
    @inline(__always)
    fileprivate func mapping<Source: BitwiseCopyable, Result: BitwiseCopyable>(
        to type: PhysicalType,
        _ transform: (Source) -> Result
    ) -> Column {
        var builder = ColumnBuilder(type, expectedRows: rowCount)
        for row in 0..<rowCount {
            if isNull(row) {
                builder.appendNull()
            } else {
                builder.append(transform(value(at: row, as: Source.self)))
            }
        }
        return builder.finish()
    }
}
