import Codecs
import Columns
import Parquet
import ParquetTestKit
import TableModel
import TestKit
import Testing

@Suite struct RandomRoundTripTests {
    /// A random table of 1 to 3 batches, written under random options and read again.
    private func check(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed ^ 0xF11E)
        var schema = RandomSchema(seed: seed)
        let fields = schema.fields()
        var random = RandomColumns(seed: seed)
        let batches = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            let rowCount = [0, 1, 80, 4500].randomElement(using: &generator) ?? 1
            return fields.map { random.column(of: $0, rowCount: rowCount) }
        }
        var options = RandomOptions(seed: seed)
        let (bytes, metrics) = try encode(
            fields.map(ParquetField.init),
            batches,
            options: options.options(for: fields)
        )
        let written = batches.flatMap { lines($0, fields) }
        #expect(metrics.rowCount == written.count)
        #expect(metrics.fileSizeBytes == bytes.count)
        let footer = try ParquetFooter(file: "seed \(seed)", bytes: bytes)
        let reader = ParquetReader(
            file: "seed \(seed)",
            fileByteCount: bytes.count,
            footer: footer
        )
        var read: [String] = []
        for group in 0..<footer.rowGroupCount {
            let columns = try reader.decode(rowGroup: group, fields: fields, fileBytes: bytes)
            read += lines(columns, fields)
        }
        let firstDifference = zip(written, read).enumerated().first { $1.0 != $1.1 }
        #expect(read.count == written.count)
        if let (row, (wanted, found)) = firstDifference {
            Issue.record("seed \(seed), row \(row): wrote \(wanted), read \(found)")
        }
    }

    private func lines(_ columns: [Column], _ fields: [SchemaField]) -> [String] {
        (0..<(columns.first?.rowCount ?? 0)).map { row in
            zip(columns, fields).map { RowJSON.text($0, row, $1.type) }.joined(separator: ", ")
        }
    }

    @Test("Random tables of any types come back under any layout", arguments: UInt64(0)..<30)
    func randomTables(seed: UInt64) throws { try check(seed: seed) }
}
