import Bytes
import Columns
import Iceberg
import Inspection
import ObjectStore
import Parquet
import TableModel
import Testing

@Suite("Reports on tables, and their live rows")
struct TableReportTests {
    static let id = SchemaField(id: 1, name: "id", type: .int, isRequired: true)
    static let pathField = SchemaField(
        id: 2_147_483_546,
        name: "file_path",
        type: .string,
        isRequired: true
    )
    static let positionField = SchemaField(
        id: 2_147_483_545,
        name: "pos",
        type: .long,
        isRequired: true
    )

    /// Two data files of four and two rows; a delete file that takes rows 0 and 2 of the first.
    static func lake(_ store: any ObjectStore) async throws -> String {
        let location = "mem:/lake/t"
        var metadata = try TableMetadata(
            creating: Schema(schemaID: 0, fields: [id], identifierFieldIDs: []),
            location: location,
            nowMilliseconds: 1
        )
        let a = try await write("\(location)/data/a.parquet", [id], [ints([1, 2, 3, 4])], store)
        let b = try await write("\(location)/data/b.parquet", [id], [ints([5, 6])], store)
        metadata = try await commit(metadata, RowDelta(dataFiles: [a, b]), 1, store)
        var positions = ColumnBuilder(.int64, expectedRows: 2)
        for position in [0, 2] as [Int64] { positions.append(position) }
        var paths = ColumnBuilder(.bytes, expectedRows: 2)
        for _ in 0..<2 { paths.append(utf8: a.path) }
        var deletes = try await write(
            "\(location)/data/d.parquet",
            [pathField, positionField],
            [paths.finish(), positions.finish()],
            store
        )
        deletes.content = .positionDeletes
        deletes.referencedDataFile = a.path
        metadata = try await commit(metadata, RowDelta(deleteFiles: [deletes]), 2, store)
        let path = "\(location)/metadata/v2.metadata.json"
        try await store.put(path, metadata.serialized())
        return path
    }

    private static func ints(_ values: [Int32]) -> Column {
        var builder = ColumnBuilder(.int32, expectedRows: values.count)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    private static func write(
        _ path: String,
        _ fields: [SchemaField],
        _ columns: [Column],
        _ store: any ObjectStore
    ) async throws -> DataFile {
        let writer = try ParquetWriter(fields: fields.map(ParquetField.init))
        try writer.append(columns)
        let metrics = try writer.finish()
        var bytes: [UInt8] = []
        while let chunk = writer.takeEncoded() { bytes += chunk }
        try await store.put(path, bytes)
        return DataFile(
            content: .data,
            path: path,
            recordCount: Int64(metrics.rowCount),
            fileSizeBytes: Int64(bytes.count)
        )
    }

    private static func commit(
        _ metadata: TableMetadata,
        _ delta: RowDelta,
        _ number: Int64,
        _ store: any ObjectStore
    ) async throws -> TableMetadata {
        let produced = try await SnapshotProducer.produce(
            base: metadata,
            delta: delta,
            store: store,
            fileNamePrefix: "test\(number)",
            newSnapshotID: number,
            nowMilliseconds: 10 + number
        )
        return try metadata.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 10 + number
        )
    }

    @Test("data files are shown with the deletes that apply to them, and what is left")
    func report() async throws {
        let store = MemoryObjectStore()
        let path = try await Self.lake(store)
        let report = try await Inspector(store: store).report(onTable: path)
        let document = try parsed(report)
        #expect(document["kind"] == "table")
        #expect(document["metadata_file"] == .string(path))
        #expect(document["rows"] == 4)
        #expect(document["rows_in_files"] == 6)
        #expect(document["deleted_rows"] == 2)
        #expect(document["position_delete_file_count"] == 1)
        #expect(document["deletion_vector_count"] == 0)
        let files = document["data_files"]
        #expect(files?[0]?["path"] == "mem:/lake/t/data/a.parquet")
        #expect(files?[0]?["deleted_rows"] == 2)
        #expect(files?[0]?["deleted_share"] == .number("0.5"))
        #expect(files?[0]?["position_delete_files"] == ["mem:/lake/t/data/d.parquet"])
        #expect(files?[1]?["deleted_rows"] == 0)
        #expect(files?[1]?["position_delete_files"] == [])
        #expect(document["delete_files"]?[0]?["referenced_data_file"] == files?[0]?["path"])
        #expect(document["snapshots"]?.arrayValue?.count == 2)
        #expect(report.text.contains("deleted share               33.3 %\n"), "\(report.text)")
        #expect(report.text.contains("  data/a.parquet\n"), "\(report.text)")
    }

    @Test("rows are those that no delete takes", arguments: [nil, 3] as [Int?])
    func rows(limit: Int?) async throws {
        let store = MemoryObjectStore()
        let path = try await Self.lake(store)
        let lines = Lines()
        try await Inspector(store: store).writeRows(ofTable: path, limit: limit) {
            lines.bytes += $0
        }
        let rows = [2, 4, 5, 6].prefix(limit ?? 4).map { "{\"id\":\($0)}\n" }
        #expect(String(decoding: lines.bytes, as: UTF8.self) == rows.joined())
        let named = try await rowLines(of: path, store, limit: limit)
        #expect(named.map { $0 + "\n" } == rows)
    }
}
