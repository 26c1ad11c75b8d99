import Codecs
import Columns
import Diagnostics
import Parquet
import ParquetTestKit
import TableModel
import TestKit
import Testing

/// Files with some bytes changed: each gives rows or a `FormatError`, and never ends the process.
@Suite struct MutationTests {
    /// Rows of one file that are looked at: few bytes may announce a great many.
    private static let rowsMax = 20_000

    /// Reads all columns, each alone and all together; returns whether the file was refused.
    private func isRefused(_ bytes: [UInt8]) -> Bool {
        do throws(FormatError) {
            let footer = try ParquetFooter(file: "m", bytes: bytes)
            let fields = try footer.inferredFields(file: "m")
            let reader = ParquetReader(
                file: "m",
                fileByteCount: bytes.count,
                footer: footer,
                matching: .inferred
            )
            for field in fields { try? read(reader, [field], bytes) }
            try read(reader, fields, bytes)
            return false
        } catch {
            return true
        }
    }

    private func read(
        _ reader: ParquetReader,
        _ fields: [SchemaField],
        _ bytes: [UInt8]
    ) throws(FormatError) {
        let whole = [FileBytes(offset: 0, bytes: bytes)]
        let projection = try reader.projection(of: fields)
        for group in 0..<min(10, reader.footer.rowGroupCount) {
            let rows = try reader.open(
                try reader.plan(rowGroup: group, projection),
                bytes: whole,
                limits: BatchLimits(rowsMax: 500, bytesMax: 1 << 20)
            )
            var count = 0
            while count < Self.rowsMax, let batch = try rows.next() { count += batch.rowCount }
        }
    }

    /// Changes one to four places, half of the time in the footer.
    private func mutated(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard bytes.count > 12 else { break }
            let length = bytes.suffix(8).prefix(3).reversed().reduce(0) { $0 << 8 | Int($1) }
            let isInFooter = generator.isOne(in: 2) && length > 0 && length < bytes.count - 8
            let place =
                isInFooter
                ? bytes.count - 8 - Int.random(in: 1...length, using: &generator)
                : Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 3:
                // A number of several bytes where a short one stood.
                for byte in place..<min(place + 4, bytes.count) { bytes[byte] |= 0x80 }
            case 4: bytes.remove(at: place)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            }
        }
        return bytes
    }

    private func check(_ original: [UInt8], count: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<count {
            if isRefused(mutated(original, &generator)) { refused += 1 }
        }
        #expect(refused > 0)
        #expect(!isRefused(original))
    }

    @Test("Random files of our own, without checksums in the way", arguments: UInt64(1)...20)
    func ownFiles(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var schema = RandomSchema(seed: seed)
        let fields = schema.fields()
        var columns = RandomColumns(seed: seed)
        var options = ParquetWriterOptions()
        options.codec = generator.isOne(in: 2) ? .none : .zstd(level: 1)
        options.pageVersion = generator.isOne(in: 2) ? .v1 : .v2
        options.pageRowsMax = 20
        options.pageChecksums = false
        let batch = fields.map { columns.column(of: $0, rowCount: 60) }
        let bytes = try encode(fields.map(ParquetField.init), [batch], options: options).bytes
        check(bytes, count: 100, seed: seed)
    }

    @Test(
        "Files of other engines",
        arguments: [
            ForeignFiles.deltas, ForeignFiles.splits, ForeignFiles.units, ForeignFiles.int96,
            ForeignFiles.nested, ForeignFiles.duckDB,
        ]
    )
    func foreignFiles(original: [UInt8]) throws {
        check(original, count: 300, seed: UInt64(original.count))
    }

    @Test(
        "Files of the Parquet project",
        .enabled(if: Corpora.isPresent, Corpora.absence),
        arguments: [
            "alltypes_dictionary", "byte_stream_split.zstd", "datapage_v2.snappy",
            "delta_encoding_optional_column", "float16_nonzeros_and_nans",
            "hadoop_lz4_compressed", "list_columns", "map_no_value", "nested_lists.snappy",
            "nested_maps.snappy", "nonnullable.impala", "nullable.impala", "old_list_structure",
            "repeated_no_annotation", "repeated_primitive_no_list", "rle_boolean_encoding",
        ]
    )
    func corpora(name: String) throws {
        let original = try Corpora.bytes("parquet-testing/data/\(name).parquet")
        check(original, count: 100, seed: UInt64(original.count))
    }
}
