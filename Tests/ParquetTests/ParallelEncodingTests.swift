import Codecs
import Columns
import ParquetTestKit
import TableModel
import Testing

@testable import Parquet

@Suite struct ParallelEncodingTests {
    /// Columns of more memory than a row group needs to be shared out.
    private static func table(rowCount: Int) -> (fields: [SchemaField], columns: [Column]) {
        var schema = RandomSchema(seed: 11)
        var fields = schema.fields(countMax: 8)
        fields += (0..<6).map { index in
            SchemaField(
                id: Int32(1000 + index),
                name: "plain \(index)",
                type: [.long, .string, .double][index % 3],
                isRequired: index % 2 == 0
            )
        }
        var random = RandomColumns(seed: 12)
        return (fields, fields.map { random.column(of: $0, rowCount: rowCount) })
    }

    @Test(
        "Files are the same byte for byte with any number of threads, compressed or not",
        arguments: [CompressionCodec.none, .snappy, .zstd(level: 1)]
    )
    func sameBytes(codec: CompressionCodec) throws {
        let (fields, columns) = Self.table(rowCount: 45_000)
        func file(threads: Int) throws -> [UInt8] {
            var options = ParquetWriterOptions(codec: codec)
            options.compressionThreads = threads
            options.rowGroupRowsMax = 25_000
            options.pageRowsMax = 3000
            options.bloomFilters[1000] = ParquetBloomFilter()
            return try encode(fields.map(ParquetField.init), [columns], options: options).bytes
        }
        let serial = try file(threads: 1)
        #expect(serial.count > 1 << 20)
        for threads in [2, 50] {
            // A mismatch of megabytes is not to be printed.
            let isSame = try file(threads: threads) == serial
            #expect(isSame, "\(threads) threads")
        }
    }

    @Test("The first of the columns that fail is the one that is named, whichever fails first")
    func firstFailure() throws {
        let rowCount = 150_000
        var fields: [ParquetField] = []
        var columns: [Column] = []
        for index in 0..<4 {
            let type = IcebergType.decimal(precision: 3, scale: 0)
            fields.append(
                ParquetField(
                    fieldID: Int32(index + 1),
                    name: "c\(index)",
                    type: type,
                    isRequired: true
                )
            )
            // The second and the fourth have a value of four digits, the fourth much earlier.
            let wrongRow = [-1, rowCount - 1, -1, 0][index]
            let values = (0..<rowCount).map { $0 == wrongRow ? 1000 : Int64(7) }
            columns.append(SampleColumns.integers(type, values as [Int64?]))
        }
        var options = ParquetWriterOptions()
        options.compressionThreads = 4
        let writer = try ParquetWriter(fields: fields, options: options)
        try writer.append(columns)
        let error = try #require(throws: ParquetWriteError.self) { try writer.finish() }
        #expect(error.column == "c1")
        #expect(error.message == "row 149999 has more than the 3 digits of decimal(3, 0)")
    }

    @Test("Every job is done once, by as many threads as there are jobs at most")
    func jobs() {
        for (jobCount, threadCount) in [(0, 4), (1, 4), (1000, 1), (1000, 3)] {
            var counts = [Int](repeating: 0, count: jobCount)
            var threads = [Int](repeating: -1, count: jobCount)
            counts.withUnsafeMutableBufferPointer { counts in
                threads.withUnsafeMutableBufferPointer { threads in
                    let (counts, threads) = (counts, threads)
                    ThreadTeam.run(jobCount: jobCount, threadCount: threadCount) { job, thread in
                        counts[job] += 1
                        threads[job] = thread
                    }
                }
            }
            #expect(counts.allSatisfy { $0 == 1 })
            #expect(threads.allSatisfy { (0..<threadCount).contains($0) })
        }
    }
}
