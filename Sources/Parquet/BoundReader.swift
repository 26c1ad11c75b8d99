internal import Bytes
internal import Columns
internal import TableModel

/// Makes values out of the bytes of bounds.
///
/// They go the way of the column's own values, so that a bound has the type and unit that the
/// column is read as.
struct BoundReader {
    private let leaf: FileLeafType
    private let conversion: ValueConversion
    private let wanted: IcebergType
    private let scratch = PageScratch()

    /// - Returns: `nil` when bounds of such a leaf are in no order that values can be held to.
    init?(_ leaf: FileLeafType, conversion: ValueConversion, wanted: IcebergType) {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int96, _), (_, .interval), (_, .geometry), (_, .geography), (_, .bson): return nil
        case (.byteArray, .decimal), (.fixedLengthByteArray, .decimal),
            (.fixedLengthByteArray, .float16):
            // As plain bytes they are ordered otherwise.
            guard conversion != .none, conversion != .fixedToByteStrings else { return nil }
        default: break
        }
        self.leaf = leaf
        self.conversion = conversion
        self.wanted = wanted
    }

    /// Whether the order of bounds was the same in older files that do not name it.
    var isLegacyOrdered: Bool {
        switch (leaf.physicalType, leaf.annotation) {
        case (_, .integer(_, false)): false
        case (.boolean, _), (.int32, _), (.int64, _), (.float, _), (.double, _): true
        case (.int96, _), (.byteArray, _), (.fixedLengthByteArray, _): false
        }
    }

    /// The value of a lower bound; `nil` where it is none, or NaN.
    func lower(_ bytes: [UInt8]?) -> SingleValue? {
        guard let value = value(bytes) else { return nil }
        // Writers may have taken the two zeros for one.
        return value.doubleValue == 0 ? .floating(-0.0) : value
    }

    func upper(_ bytes: [UInt8]?) -> SingleValue? {
        guard let value = value(bytes) else { return nil }
        return value.doubleValue == 0 ? .floating(0.0) : value
    }

    /// The value of a bound as it was written; `nil` where it is none, or NaN.
    func value(_ bytes: [UInt8]?) -> SingleValue? {
        guard let bytes, leaf.widthBytes == 0 || bytes.count == leaf.widthBytes else { return nil }
        scratch.body.removeAll()
        scratch.body.append(contentsOf: bytes)
        scratch.body.reserve(BitUnpacking.slackBytes)
        let ranges = scratch.values.claim(1, as: ByteRange.self)
        ranges[0] = ByteRange(start: 0, count: UInt32(truncatingIfNeeded: bytes.count))
        let start = UnsafeRawPointer(scratch.body.pointer)
        let block = ValueBlock(
            widthBytes: leaf.widthBytes,
            count: 1,
            values: leaf.widthBytes == 0 ? UnsafeRawPointer(ranges) : start,
            bytes: start
        )
        guard let converted = try? conversion.apply(block, scratch) else { return nil }
        var builder = ColumnBuilder(wanted.columnShape, expectedRows: 1)
        guard
            ColumnFill(block: converted, isValid: nil, rowCount: 1)
                .append(to: &builder, bytesMax: ParquetLimits.columnBytesMax)
        else { return nil }
        let value = SingleValue(row: 0, of: builder.finish(), type: wanted)
        return value?.isNaN == true ? nil : value
    }
}
