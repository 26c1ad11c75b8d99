internal import Codecs
public import Parquet
public import TableModel
internal import TestKit

/// Random layouts of a file: any codec, page version, encoding a field, and small pages.
public struct RandomOptions {
    private var generator: SeededGenerator

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    public mutating func options(for fields: [SchemaField]) -> ParquetWriterOptions {
        let codecs: [CompressionCodec] = [.none, .snappy, .gzip, .zstd(level: 1), .lz4Raw]
        var options = ParquetWriterOptions()
        options.codec = codecs.randomElement(using: &generator) ?? .none
        options.dictionary = generator.isOne(in: 2)
        options.pageChecksums = generator.isOne(in: 2)
        options.pageVersion = generator.isOne(in: 2) ? .v1 : .v2
        options.pageRowsMax = [3, 100, 100_000].randomElement(using: &generator) ?? 1
        options.pageBytesMax = [64, 1 << 20].randomElement(using: &generator) ?? 1
        options.rowGroupRowsMax = [50, 1 << 20].randomElement(using: &generator) ?? 1
        for field in fields.flatMap(\.selfAndDescendants) {
            let encodings = Self.encodings(of: field.type)
            if generator.isOne(in: 2) {
                options.encodings[field.id] = encodings.randomElement(using: &generator)
            }
            if generator.isOne(in: 4), field.type != .boolean {
                options.bloomFilters[field.id] = ParquetBloomFilter(falsePositiveRate: 0.1)
            }
        }
        return options
    }

    private static func encodings(of type: IcebergType) -> [ParquetColumnEncoding] {
        switch type {
        case .boolean: [.plain, .runLength]
        case .string, .binary, .variant, .geometry, .geography:
            [.plain, .dictionary, .deltaLengthByteArray]
        case .float, .double, .uuid, .fixed: [.plain, .dictionary, .byteStreamSplit]
        case .decimal(let precision, _) where precision > 18:
            [.plain, .dictionary, .byteStreamSplit]
        default: [.plain, .dictionary, .byteStreamSplit, .deltaBinaryPacked]
        }
    }
}
