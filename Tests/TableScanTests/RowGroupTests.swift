import Codecs
import Columns
import Iceberg
import ObjectStore
import Parquet
import TableModel
import Testing

@testable import TableScan

/// How much of a file is read at once, and how much at all.
@Suite struct RowGroupTests {
    /// A file of one row group with `rowCount` rows of noise, in pages of 8 KiB.
    private func file(
        _ store: MemoryObjectStore,
        rowCount: Int
    ) async throws -> (fields: [SchemaField], byteCount: Int) {
        let fields = [
            SchemaField(id: 1, name: "id", type: .long, isRequired: true),
            SchemaField(id: 2, name: "noise", type: .string, isRequired: true),
        ]
        var options = ParquetWriterOptions(codec: .none)
        options.dictionary = false
        options.pageBytesMax = 8 << 10
        let writer = try ParquetWriter(fields: fields.map(ParquetField.init), options: options)
        let builder = BatchBuilder(
            shapes: fields.map(\.type.columnShape),
            expectedRows: rowCount
        )
        for row in 0..<rowCount {
            builder.builders[0].append(Int64(row))
            builder.builders[1].append(utf8: String(row &* 7_919 % 1_000_003, radix: 7))
        }
        try writer.append(builder.finishColumns())
        _ = try writer.finish()
        let bytes = writer.takeEncoded() ?? []
        try await store.put("mem:/file", bytes)
        return (fields, bytes.count)
    }

    @Test("A few rows of a file cost the pages that they are in")
    func fewRows() async throws {
        let store = MemoryObjectStore()
        let (fields, byteCount) = try await file(store, rowCount: 200_000)
        #expect(byteCount > 3_000_000)
        let counting = CountingStore(base: store)
        let columns = try await TableScan.fetchRows(
            filePath: "mem:/file",
            positions: [7, 100_000, 100_001, 100_001, 199_999],
            fields: fields,
            store: counting
        )
        let found = (0..<5).map { columns[0].value(at: $0, as: Int64.self) }
        #expect(found == [7, 100_000, 100_001, 100_001, 199_999])
        #expect(columns[1].string(at: 3) == String(100_001 * 7_919 % 1_000_003, radix: 7))
        // The footer with the indexes, and at most three pages of each column.
        #expect(counting.bytesRead(of: "mem:/file") < 65_536 + 6 * (16 << 10))
    }

    @Test("Batches of a large row group have all its rows, each once")
    func batches() async throws {
        let store = MemoryObjectStore()
        let (fields, _) = try await file(store, rowCount: 200_000)
        let file = try await ParquetFile.open("mem:/file", store: store)
        #expect(file.rowGroupCount == 1)
        var next: Int64 = 0
        try await file.forEachBatch(
            rowGroup: 0,
            try file.reader.projection(of: fields)
        ) { batch in
            #expect(batch.rowCount <= ScanLimits.batchRowsMax)
            #expect(batch.rows == [Int(next)..<Int(next) + batch.rowCount])
            for row in 0..<batch.rowCount {
                #expect(batch.columns[0].value(at: row, as: Int64.self) == next)
                next += 1
            }
        }
        #expect(next == 200_000)
    }
}
