internal import TableModel

/// How the values of a leaf lie in its data pages.
///
/// Source: apache/parquet-format, Encodings.md.
public enum ParquetColumnEncoding: Hashable, Sendable {
    /// Through a dictionary as long as that is smaller, plainly from there on.
    case automatic
    case plain
    /// Through a dictionary up to the limits of one, smaller or not.
    case dictionary
    /// Runs and packed groups, for booleans.
    case runLength
    /// Differences in packed blocks, for integers of 4 and 8 bytes.
    case deltaBinaryPacked
    /// Lengths first, as differences, then the bytes, for strings and byte strings.
    case deltaLengthByteArray
    /// The first bytes of all values, then the second ones, for values of a fixed width.
    case byteStreamSplit

    /// The encoding of data pages that have no dictionary; `nil` when the type has no such form.
    func dataEncoding(
        of type: IcebergType,
        _ pageVersion: ParquetPageVersion
    ) -> ParquetEncoding? {
        let physicalType = type.parquetPhysicalType
        switch self {
        case .automatic: return physicalType == .boolean && pageVersion == .v2 ? .rle : .plain
        case .plain: return .plain
        case .dictionary: return physicalType == .boolean ? nil : .plain
        case .runLength: return physicalType == .boolean ? .rle : nil
        case .deltaBinaryPacked:
            return physicalType == .int32 || physicalType == .int64 ? .deltaBinaryPacked : nil
        case .deltaLengthByteArray:
            return physicalType == .byteArray ? .deltaLengthByteArray : nil
        case .byteStreamSplit:
            return physicalType == .boolean || physicalType == .byteArray ? nil : .byteStreamSplit
        }
    }
}

/// The form of data pages.
public enum ParquetPageVersion: Sendable {
    /// Levels are compressed with the values; what all readers know.
    case v1
    /// Levels lie before the compressed values, and pages say how many rows they have.
    case v2
}
