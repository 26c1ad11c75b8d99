import Codecs
import Columns
import Parquet
import TableModel

/// How much memory a writer takes while a table streams through it that is far larger.
enum MemoryProbe {
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 4, let gigabytes = Int(arguments[0]),
            let threads = Int(arguments[1]), let batchRows = Int(arguments[2]),
            ["whole", "selected"].contains(arguments[3])
        else {
            throw UsageError("format-bench memory GIGABYTES THREADS BATCH-ROWS whole|selected")
        }
        var options = ParquetWriterOptions()
        options.compressionThreads = threads
        let writer = try ParquetWriter(
            fields: BenchTable.fields.map(ParquetField.init),
            options: options
        )
        var appendedBytes = 0
        while appendedBytes < gigabytes << 30 {
            // New columns each time, as they come from a source.
            let table = BenchTable(rowCount: batchRows)
            let bytes = table.columns.reduce(0) { $0 + $1.memoryBytes }
            if arguments[3] == "whole" {
                try writer.append(table.columns)
                appendedBytes += bytes
            } else {
                let even = (0..<Int32(batchRows / 2)).map { $0 * 2 }
                try writer.append(table.columns, selection: even)
                appendedBytes += bytes / 2
            }
            writer.drain { _ in }
        }
        let metrics = try writer.finish()
        writer.drain { _ in }
        print(
            "appended_mb=\(appendedBytes >> 20) file_mb=\(metrics.fileSizeBytes >> 20) "
                + "row_group_mb=\(options.rowGroupBytesMax >> 20) "
                + "row_groups=\(metrics.splitOffsets.count)"
        )
    }
}
