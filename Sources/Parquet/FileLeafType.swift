internal import TableModel

/// A leaf's type as a file declares it.
struct FileLeafType: Hashable, Sendable {
    var physicalType: ParquetPhysicalType
    /// For FIXED_LEN_BYTE_ARRAY.
    var lengthBytes = 0
    var annotation = ColumnAnnotation.none

    /// Bytes of one value in pages; zero for byte strings.
    var widthBytes: Int {
        switch physicalType {
        case .boolean: 1
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .byteArray: 0
        case .fixedLengthByteArray: lengthBytes
        }
    }
}

extension FileLeafType: CustomStringConvertible {
    var description: String {
        let length = physicalType == .fixedLengthByteArray ? "(\(lengthBytes))" : ""
        return annotation == .none
            ? "\(physicalType)\(length)" : "\(physicalType)\(length) as \(annotation)"
    }
}

extension FileLeafType {
    /// The Iceberg type that holds the leaf's values without loss.
    ///
    /// An annotation that makes no sense with the physical type is passed over, so every leaf has
    /// one: at worst its values come as the bytes or numbers that they are. INT96 counts
    /// nanoseconds, but reaches so far that only microseconds hold all of it.
    var icebergType: IcebergType {
        switch (physicalType, annotation) {
        case (_, .null): .unknown
        case (.boolean, _): .boolean
        case (.int96, _): .timestamp
        case (.float, _): .float
        case (.double, _): .double
        case (_, .decimal(let precision, let scale))
        where Self.isDecimal(precision: precision, scale: scale):
            .decimal(precision: precision, scale: scale)
        case (.int32, .date): .date
        case (.int32, .time(.milliseconds, _)), (.int64, .time(.microseconds, _)),
            (.int64, .time(.nanoseconds, _)):
            .time
        case (.int64, .timestamp(.nanoseconds, let isAdjustedToUTC)):
            isAdjustedToUTC ? .timestamptzNanos : .timestampNanos
        case (.int64, .timestamp(_, let isAdjustedToUTC)):
            isAdjustedToUTC ? .timestamptz : .timestamp
        case (.int32, .integer(32, false)): .long
        case (.int64, .integer(64, false)): Self.unsigned64
        case (.int32, _): .int
        case (.int64, _): .long
        case (.byteArray, .string), (.byteArray, .enumeration), (.byteArray, .json): .string
        case (.byteArray, .geometry(let crs)): .geometry(crs: crs ?? IcebergType.defaultCRS)
        case (.byteArray, .geography(let crs, let algorithm)):
            .geography(
                crs: crs ?? IcebergType.defaultCRS,
                algorithm: algorithm ?? IcebergType.defaultEdgeAlgorithm
            )
        case (.byteArray, _): .binary
        case (.fixedLengthByteArray, .uuid) where lengthBytes == 16: .uuid
        case (.fixedLengthByteArray, .float16) where lengthBytes == 2: .float
        case (.fixedLengthByteArray, _): .fixed(lengthBytes: lengthBytes)
        }
    }

    /// No integer type of Iceberg holds unsigned 64-bit numbers; this one does.
    static let unsigned64 = IcebergType.decimal(precision: 20, scale: 0)

    private static func isDecimal(precision: Int, scale: Int) -> Bool {
        (1...38).contains(precision) && (0...precision).contains(scale)
    }
}
