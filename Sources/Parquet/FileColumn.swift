internal import TableModel

/// What the numbers of a leaf column mean.
enum ColumnAnnotation: Hashable, Sendable {
    enum Unit: Hashable, Sendable { case milliseconds, microseconds, nanoseconds }

    case none
    /// Text of any kind: strings, enums, JSON.
    case text
    case decimal(precision: Int, scale: Int)
    case date
    case time(Unit)
    case timestamp(Unit, isAdjustedToUTC: Bool)
    case integer(bitWidth: Int, isSigned: Bool)
    case uuid
    /// An annotation whose values no Iceberg type takes as they are.
    case other
}

/// A leaf's type as a file declares it.
struct FileLeafType: Hashable, Sendable {
    var physicalType: ParquetPhysicalType
    /// For FIXED_LEN_BYTE_ARRAY.
    var lengthBytes = 0
    var annotation = ColumnAnnotation.none
}

extension FileLeafType: CustomStringConvertible {
    var description: String {
        let length = physicalType == .fixedLengthByteArray ? "(\(lengthBytes))" : ""
        return annotation == .none
            ? "\(physicalType)\(length)" : "\(physicalType)\(length) as \(annotation)"
    }
}

/// A column at the top level of a file's schema.
struct FileColumn: Sendable {
    enum Shape: Sendable {
        case leaf(FileLeafType, isOptional: Bool)
        /// A group or a repeated field, which we do not read.
        case nested
        /// A leaf whose physical type is none of the format's.
        case unknown
    }

    var name: String
    var fieldID: Int32?
    var shape: Shape
    /// The position of the (first) leaf among the column chunks of a row group.
    var leafIndex: Int
}

/// Where a row group's pages of one leaf lie.
struct FileChunk: Sendable {
    var codecNumber = -1
    var valueCount = 0
    var compressedBytes = 0
    var dataPageOffset = 0
    var dictionaryPageOffset: Int?
    /// In another file, encrypted, or without metadata: not readable.
    var isElsewhere = false
    var isEncrypted = false
    var hasMetadata = false

    /// The chunk's first byte; writers that have no dictionary leave its offset out or at zero.
    var startOffset: Int {
        guard let dictionaryPageOffset, dictionaryPageOffset > 0 else { return dataPageOffset }
        return min(dictionaryPageOffset, dataPageOffset)
    }
}

struct FileRowGroup: Sendable {
    var rowCount = 0
    var chunks: [FileChunk] = []
}

extension FileLeafType {
    /// The Iceberg type that holds the column's values without loss.
    var icebergType: IcebergType? {
        switch (physicalType, annotation) {
        case (.boolean, _): .boolean
        case (.int96, _): .timestamp
        case (.float, _): .float
        case (.double, _): .double
        case (_, .decimal(let precision, let scale)): .decimal(precision: precision, scale: scale)
        case (.int32, .date): .date
        case (.int32, .time), (.int64, .time): .time
        case (.int64, .timestamp(_, let isAdjustedToUTC)):
            isAdjustedToUTC ? .timestamptz : .timestamp
        case (.int32, .integer(32, false)): .long
        case (.int64, .integer(64, false)): nil
        case (.int32, .none), (.int32, .integer): .int
        case (.int64, .none), (.int64, .integer): .long
        case (.byteArray, .text): .string
        case (.byteArray, .none), (.byteArray, .other): .binary
        case (.fixedLengthByteArray, .uuid): .uuid
        case (.fixedLengthByteArray, .none): .fixed(lengthBytes: lengthBytes)
        default: nil
        }
    }
}
