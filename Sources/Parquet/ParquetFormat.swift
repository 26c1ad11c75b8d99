internal import Codecs

/// Numbers of the file format.
///
/// Source: apache/parquet-format, parquet.thrift.
enum ParquetFormat {
    static let magic: [UInt8] = Array("PAR1".utf8)
    /// The magic of a file whose footer is encrypted.
    static let encryptedMagic: [UInt8] = Array("PARE".utf8)
    static let version = 2

    /// A length as the four bytes before the closing magic.
    static func littleEndian(_ byteCount: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: byteCount).littleEndian) { Array($0) }
    }
}

/// How values lie in a page.
public enum ParquetPhysicalType: Int, Sendable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLengthByteArray = 7
}

enum ParquetEncoding: Int, Sendable {
    case plain = 0
    /// The dictionary encodings' name in files of format version 1.
    case plainDictionary = 2
    case rle = 3
    case bitPacked = 4
    case deltaBinaryPacked = 5
    case deltaLengthByteArray = 6
    case deltaByteArray = 7
    case rleDictionary = 8
    case byteStreamSplit = 9
}

/// How often a node is there below its parent.
enum ParquetRepetition: Int, Sendable {
    case required = 0
    case optional = 1
    case repeated = 2
}

enum ParquetPageType: Int, Sendable {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
}

extension CompressionCodec {
    /// The codec's number in a column chunk's metadata.
    var parquetNumber: Int {
        switch self {
        case .none: 0
        case .snappy: 1
        case .gzip: 2
        case .zstd: 6
        case .lz4Raw: 7
        }
    }

    /// The codec of a column chunk's metadata; `nil` for LZO, Brotli and Hadoop's framed LZ4.
    init?(parquetNumber: Int) {
        switch parquetNumber {
        case 0: self = .none
        case 1: self = .snappy
        case 2: self = .gzip
        case 6: self = .zstd(level: 1)
        case 7: self = .lz4Raw
        default: return nil
        }
    }
}
