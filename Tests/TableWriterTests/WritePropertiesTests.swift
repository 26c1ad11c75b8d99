import Codecs
import Parquet
import TableModel
import Testing

@testable import TableWriter

@Suite("Properties of tables")
struct WritePropertiesTests {
    private static let fields = [
        SchemaField(id: 1, name: "id", type: .long, isRequired: true),
        SchemaField(
            id: 2,
            name: "address",
            type: .structure([
                SchemaField(id: 3, name: "city", type: .string, isRequired: false),
                SchemaField(id: 4, name: "is_home", type: .boolean, isRequired: false),
            ]),
            isRequired: false
        ),
    ]

    private func options(_ properties: [String: String]) -> ParquetWriterOptions {
        var options = ParquetWriterOptions()
        WriteProperties(properties, fields: Self.fields).applyLayout(to: &options)
        return options
    }

    @Test("without properties everything stays as it was")
    func nothing() {
        let options = options(["owner": "somebody"])
        #expect(options.codec == .zstd(level: 1))
        #expect(options.bloomFilters.isEmpty)
    }

    @Test(
        "codecs and levels are those of the specification's names",
        arguments: [
            (["write.parquet.compression-codec": "uncompressed"], CompressionCodec.none),
            (["write.parquet.compression-codec": "SNAPPY"], .snappy),
            (["write.parquet.compression-codec": "gzip"], .gzip),
            (["write.parquet.compression-codec": "zstd"], .zstd(level: 1)),
            (
                [
                    "write.parquet.compression-codec": "zstd",
                    "write.parquet.compression-level": "7",
                ], .zstd(level: 7)
            ),
            (["write.parquet.compression-level": "99"], .zstd(level: 1)),
            (["write.parquet.compression-codec": "brotli"], .zstd(level: 1)),
        ]
    )
    func codecs(properties: [String: String], codec: CompressionCodec) {
        #expect(options(properties).codec == codec)
    }

    @Test("Bloom filters are of columns by path, never of booleans")
    func bloomFilters() {
        let prefix = "write.parquet.bloom-filter-enabled.column"
        let options = options([
            "\(prefix).id": "true", "\(prefix).address.city": "TRUE",
            "\(prefix).address.is_home": "true", "\(prefix).gone": "true",
            "write.parquet.bloom-filter-fpp.column.id": "0.05",
            "write.parquet.bloom-filter-fpp.column.address.city": "7",
            "write.parquet.bloom-filter-max-bytes": "4096",
        ])
        #expect(
            options.bloomFilters == [
                1: ParquetBloomFilter(falsePositiveRate: 0.05, bytesMax: 4096),
                3: ParquetBloomFilter(falsePositiveRate: 0.01, bytesMax: 4096),
            ]
        )
    }
}
