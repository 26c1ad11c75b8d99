import Codecs
import Columns
import Parquet
import ParquetTestKit
import TableModel

/// Writes a random table as a Parquet file and as text, for foreign readers to compare.
///
/// The text has a line for the fields and then a line a row; see ``RowJSON``.
enum RandomFile {
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 3, let seed = UInt64(arguments[0]) else {
            throw UsageError("format-bench random-file SEED PARQUET-PATH JSON-PATH")
        }
        var schema = RandomSchema(seed: seed)
        let fields = schema.fields()
        var columns = RandomColumns(seed: seed)
        var generator = SeededGenerator(seed: seed)
        let writer = try ParquetWriter(
            fields: fields.map(ParquetField.init),
            options: options(fields, &generator)
        )
        var text = "[\(fields.map { "\"\($0.type)\"" }.joined(separator: ", "))]\n"
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let rowCount = [0, 1, 37, 5000].randomElement(using: &generator) ?? 1
            let batch = fields.map { columns.column(of: $0, rowCount: rowCount) }
            try writer.append(batch)
            for row in 0..<rowCount {
                let values = zip(batch, fields).map { RowJSON.text($0, row, $1.type) }
                text += "[\(values.joined(separator: ", "))]\n"
            }
        }
        _ = try writer.finish()
        try OutputFile.write(writer.takeEncoded() ?? [], to: arguments[1])
        try OutputFile.write(Array(text.utf8), to: arguments[2])
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

    private static func options(
        _ fields: [SchemaField],
        _ generator: inout SeededGenerator
    ) -> ParquetWriterOptions {
        let codecs: [CompressionCodec] = [.none, .snappy, .gzip, .zstd(level: 1), .lz4Raw]
        var options = ParquetWriterOptions()
        options.codec = codecs.randomElement(using: &generator) ?? .none
        options.dictionary = generator.isOne(in: 2)
        options.pageRowsMax = [3, 100, 100_000].randomElement(using: &generator) ?? 1
        options.pageBytesMax = [64, 1 << 20].randomElement(using: &generator) ?? 1
        options.rowGroupRowsMax = [50, 1 << 20].randomElement(using: &generator) ?? 1
        options.pageVersion = generator.isOne(in: 2) ? .v1 : .v2
        for field in fields.flatMap(\.selfAndDescendants) where generator.isOne(in: 2) {
            options.encodings[field.id] = encodings(of: field.type).randomElement(using: &generator)
        }
        return options
    }
}
