/// The format's own names of its numbers, for those who show them.
///
/// Source: apache/parquet-format, parquet.thrift.
enum FormatNames {
    private static let encodings = [
        0: "PLAIN", 2: "PLAIN_DICTIONARY", 3: "RLE", 4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED",
        6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY", 8: "RLE_DICTIONARY",
        9: "BYTE_STREAM_SPLIT",
    ]
    private static let codecs = [
        "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW",
    ]

    static func encoding(_ number: Int) -> String { encodings[number] ?? "encoding \(number)" }

    static func codec(_ number: Int) -> String {
        codecs.indices.contains(number) ? codecs[number] : "codec \(number)"
    }
}

extension ParquetPhysicalType {
    /// The type's name in the format.
    public var formatName: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .int96: "INT96"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLengthByteArray: "FIXED_LEN_BYTE_ARRAY"
        }
    }
}
