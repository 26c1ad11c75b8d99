/// What a file is, told by what it begins with and never by its name.
enum FileKind {
    case parquet
    case avro
    case puffin
    /// Text that begins like a JSON object, packed with gzip or not.
    case metadata
    case sqlite

    /// Bytes of a file that are enough to tell.
    static let prefixByteCount = 64

    init?(prefix: [UInt8]) {
        let magics: [([UInt8], FileKind)] = [
            (Array("PAR1".utf8), .parquet), (Array("PARE".utf8), .parquet),
            ([0x4F, 0x62, 0x6A, 0x01], .avro), (Array("PFA1".utf8), .puffin),
            ([0x1F, 0x8B], .metadata), (Array("SQLite format 3\0".utf8), .sqlite),
        ]
        if let kind = magics.first(where: { prefix.starts(with: $0.0) })?.1 {
            self = kind
            return
        }
        let space: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        guard prefix.first(where: { !space.contains($0) }) == UInt8(ascii: "{") else { return nil }
        self = .metadata
    }
}
