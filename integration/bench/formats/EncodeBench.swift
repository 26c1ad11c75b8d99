import Codecs
import Parquet
import TableModel

/// How fast the table becomes a Parquet file in memory.
enum EncodeBench {
    static func run(_ codec: CompressionCodec, _ arguments: [String]) throws {
        // The file with the table is for the libraries that cannot make it themselves.
        guard arguments.count == 3, let rowCount = Int(arguments[0]), let laps = Int(arguments[1])
        else { throw UsageError("format-bench encode-CODEC ROWS LAPS TABLE") }
        let table = BenchTable(rowCount: rowCount)
        let fields = BenchTable.fields.map(ParquetField.init)
        var options = ParquetWriterOptions(codec: codec)
        for field in BenchTable.fields {
            let isCoded = BenchTable.dictionaryFieldIDs.contains(field.id)
            options.encodings[field.id] = isCoded ? .dictionary : .plain
        }
        var byteCount = 0
        let times = try (0..<laps).map { _ in
            try Lap.measure {
                let writer = try ParquetWriter(fields: fields, options: options)
                try writer.append(table.columns)
                byteCount = try writer.finish().fileSizeBytes
                writer.drain { _ in }
            }
        }
        print(times.report(rowCount: rowCount, byteCount: byteCount))
    }
}
