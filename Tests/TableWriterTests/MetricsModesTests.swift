import Columns
import Iceberg
import ObjectStore
import Parquet
import TableModel
import TableScan
import TableWriter
import Testing

@Suite("Metrics of columns")
struct MetricsModesTests {
    /// Columns of which the last is the key.
    func columns(_ count: Int) -> [SchemaField] {
        (1...count).map { number in
            SchemaField(
                id: Int32(number),
                name: "c\(number)",
                type: .long,
                isRequired: number == count
            )
        }
    }

    func options(
        _ fields: [SchemaField],
        key: Set<Int32> = [],
        _ properties: [String: String] = [:]
    ) -> ParquetWriterOptions {
        var options = ParquetWriterOptions()
        let named = properties.map { ("write.metadata.metrics.\($0)", $1) }
        WriteProperties(Dictionary(uniqueKeysWithValues: named), fields: fields)
            .applyMetrics(searchedFieldIDs: key, to: &options)
        return options
    }

    @Test("a table of a hundred columns has bounds of all, one of more of the first and of the key")
    func manyColumns() {
        #expect(options(columns(100)).defaultMetricsMode == .truncate(units: 16))
        #expect(options(columns(100)).metricsModes.isEmpty)
        let wide = options(columns(103), key: [103])
        #expect(wide.defaultMetricsMode == ParquetMetricsMode.none)
        #expect(wide.metricsModes.keys.sorted() == Array(1...100) + [103])
        #expect(Set(wide.metricsModes.values) == [.truncate(units: 16)])
    }

    @Test("the table's properties choose, for all columns and for one, but the key has bounds")
    func properties() {
        let fields = columns(103)
        let all = options(fields, ["default": "Truncate(4)"])
        #expect(all.defaultMetricsMode == .truncate(units: 4))
        #expect(all.metricsModes.isEmpty)
        let few = options(fields, ["max-inferred-column-defaults": "2", "column.c3": "full"])
        #expect(few.defaultMetricsMode == ParquetMetricsMode.none)
        #expect(
            few.metricsModes == [1: .truncate(units: 16), 2: .truncate(units: 16), 3: .full]
        )
        let none = options(
            fields,
            key: [103],
            ["default": "none", "column.c1": "counts", "column.c103": "counts"]
        )
        #expect(none.metricsModes == [1: .counts, 103: .truncate(units: 16)])
        // Not understood, as if it were not there.
        let odd = options(columns(2), ["default": "truncate(0)", "column.c1": "truncate(x)"])
        #expect(odd.defaultMetricsMode == .truncate(units: 16))
        #expect(odd.metricsModes.isEmpty)
    }

    @Test("nested columns count by their leaves and go by their paths")
    func nested() {
        func field(_ id: Int32, _ name: String, _ type: IcebergType) -> SchemaField {
            SchemaField(id: id, name: name, type: type, isRequired: false)
        }
        let fields = [
            field(1, "spot", .structure([field(3, "x", .int), field(4, "y", .int)])),
            field(2, "tags", .list(element: field(5, "element", .string))),
        ]
        let modes = options(
            fields,
            [
                "max-inferred-column-defaults": "1", "column.spot.y": "counts",
                "column.tags.element": "full", "column.spot": "full",
            ]
        ).metricsModes
        #expect(modes == [3: .truncate(units: 16), 4: .counts, 5: .full])
    }

    @Test("files of thousands of columns are written, committed and read", arguments: [1600, 4096])
    func wide(_ count: Int) async throws {
        let store = MemoryObjectStore()
        let fields = columns(count)
        var table = try TableMetadata(
            creating: Schema(
                schemaID: 0,
                fields: fields,
                identifierFieldIDs: [Int32(count)]
            ),
            location: "mem:/wide",
            nowMilliseconds: 0
        )
        let writer = try await DataFileWriter(
            store: store,
            path: "mem:/wide/data/a.parquet",
            fields: fields.map(ParquetField.init),
            options: options(fields, key: [Int32(count)])
        )
        try await writer.append(
            fields.map { field in
                var builder = ColumnBuilder(field.type.columnShape, expectedRows: 2)
                for row: Int64 in 0..<2 {
                    guard
                        let one = SingleValue.integer(Int64(field.id) * 2 + row)
                            .column(as: .long)
                    else { continue }
                    builder.append(contentsOf: one)
                }
                return builder.finish()
            }
        )
        let file = try await writer.finish()
        #expect(file.columnSizes.count == count)
        #expect(file.valueCounts.keys.sorted() == Array(1...100) + [Int32(count)])
        #expect(file.lowerBounds.keys.sorted() == Array(1...100) + [Int32(count)])
        let produced = try await SnapshotProducer.produce(
            base: table,
            delta: RowDelta(dataFiles: [file]),
            store: store,
            fileNamePrefix: "t",
            newSnapshotID: 1,
            nowMilliseconds: 1
        )
        table = try table.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 1
        )
        table = try TableMetadata(parsing: table.serialized(), file: "wide.json")
        var rows = 0
        try await TableScan(table: table, store: store).forEachBatch(fields: fields) { batch in
            #expect(batch.columns.count == count)
            rows += batch.liveRowCount
            for row in 0..<2 {
                #expect(
                    batch.columns[count - 1].value(at: row, as: Int64.self)
                        == Int64(count * 2 + row)
                )
            }
        }
        #expect(rows == 2)
    }
}
