import Codecs
import Columns
import Glibc
import Parquet
import ParquetTestKit
import TableModel
import TestKit

/// The ten-column table that the figures of the file format are taken on, about 75 bytes a row.
///
/// The same for the same number of rows, always.
struct BenchTable {
    static let fields: [SchemaField] = [
        ("id", .long, true), ("k", .long, true), ("qty", .int, true),
        ("amount", .decimal(precision: 12, scale: 2), true), ("ts", .timestamp, true),
        ("status", .string, true), ("city", .string, true), ("code", .string, true),
        ("score", .double, true), ("note", .string, false),
    ].enumerated().map { (index, column: (String, IcebergType, Bool)) in
        SchemaField(
            id: Int32(index + 1),
            name: column.0,
            type: column.1,
            isRequired: column.2
        )
    }

    /// `qty`, `status` and `city`, whose values repeat most; with a dictionary in all libraries that
    /// are compared, the others without.
    static let dictionaryFieldIDs: Set<Int32> = [3, 6, 7]

    let columns: [Column]
    let rowCount: Int

    init(rowCount: Int) {
        let builder = BatchBuilder(
            types: Self.fields.map(\.type.physicalType),
            expectedRows: rowCount
        )
        var generator = SeededGenerator(seed: 42)
        for row in 0..<rowCount { Self.appendRow(row, &generator, to: builder.builders) }
        columns = builder.finishColumns()
        self.rowCount = rowCount
    }

    private static let statuses = ["new", "paid", "shipped", "cancelled", "returned"]
    private static let yearStartSeconds = 1_735_689_600

    private static func appendRow(
        _ row: Int,
        _ generator: inout SeededGenerator,
        to columns: UnsafeMutablePointer<ColumnBuilder>
    ) {
        func random(_ count: UInt64) -> Int { Int(generator.next() % count) }
        columns[0].append(Int64(1_000_000 + row))
        columns[1].append(Int64(random(100_000_000)))
        columns[2].append(Int32(random(1000)))
        columns[3].append(Int64(random(100_000_000) - 10_000_000))
        let seconds = yearStartSeconds + random(365) * 86_400 + random(86_400)
        columns[4].append(Int64(seconds * 1_000_000 + random(1_000_000)))
        columns[5].append(utf8: statuses[random(5)])
        columns[6].append(utf8: "city-\(random(1000))")
        columns[7].append(utf8: "C\(String(random(0xFFFF_FFFF), radix: 36))")
        columns[8].append(Double(random(1_000_000_000)) / 1e5)
        let isNull = random(10) < 3
        let note = random(50_000)
        if isNull { columns[9].appendNull() } else { columns[9].append(utf8: "note \(note)") }
    }
}

extension BenchTable {
    /// Writes the table as a file for all libraries to start from.
    static func write(_ codec: CompressionCodec, _ arguments: [String]) throws {
        guard arguments.count == 2, let rowCount = Int(arguments[0]) else {
            throw UsageError("format-bench write-CODEC ROWS PATH")
        }
        let writer = try ParquetWriter(
            fields: fields.map(ParquetField.init),
            options: ParquetWriterOptions(codec: codec)
        )
        try writer.append(BenchTable(rowCount: rowCount).columns)
        _ = try writer.finish()
        try OutputFile.write(writer.takeEncoded() ?? [], to: arguments[1])
    }
}
