import Columns
import Iceberg
import ObjectStore
import Parquet
import TableModel

@testable import TableScan

/// A table in memory that grows by whole commits.
final class TestLake {
    let store = MemoryObjectStore()
    private(set) var metadata: TableMetadata
    private var commitCount: Int64 = 0

    static let id = SchemaField(id: 1, name: "id", type: .long, isRequired: true)
    static let name = SchemaField(id: 2, name: "name", type: .string, isRequired: false)

    init(
        fields: [SchemaField] = [id, name],
        partitionSpec: PartitionSpec? = nil,
        formatVersion: Int = 2
    ) throws {
        metadata = try TableMetadata(
            creating: Schema(schemaID: 0, fields: fields, identifierFieldIDs: []),
            partitionSpec: partitionSpec,
            properties: ["format-version": String(formatVersion)],
            location: "mem:/lake/table",
            nowMilliseconds: 1
        )
    }

    var scan: TableScan { TableScan(table: metadata, store: store) }

    func upgrade() throws {
        metadata = try metadata.applying(
            [.upgradeFormatVersion(3)],
            requirements: [],
            nowMilliseconds: 2
        )
    }

    /// Replaces the columns of the table, as a schema change does.
    func setFields(_ fields: [SchemaField]) throws {
        let schema = Schema(
            schemaID: metadata.currentSchemaID + 1,
            fields: fields,
            identifierFieldIDs: []
        )
        metadata = try metadata.applying(
            [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)],
            requirements: [],
            nowMilliseconds: 2
        )
    }

    /// Commits files; their sequence number is the count of commits.
    func commit(
        data: [DataFile] = [],
        deletes: [DataFile] = [],
        removing removedPaths: Set<String> = [],
        operation: SnapshotSummary.Operation? = nil
    ) async throws {
        commitCount += 1
        let produced = try await SnapshotProducer.produce(
            base: metadata,
            delta: RowDelta(
                dataFiles: data,
                deleteFiles: deletes,
                removedPaths: removedPaths,
                operation: operation
            ),
            store: store,
            fileNamePrefix: "test\(commitCount)",
            newSnapshotID: commitCount,
            nowMilliseconds: 10 + commitCount
        )
        metadata = try metadata.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 10 + commitCount
        )
    }

    /// Writes a Parquet file, row groups of at most `rowGroupRows` rows.
    func write(
        _ name: String,
        _ fields: [SchemaField],
        _ columns: [Column],
        rowGroupRows: Int = 1_000_000,
        content: DataFile.Content = .data,
        equalityIDs: [Int32] = [],
        referencedDataFile: String? = nil
    ) async throws -> DataFile {
        let path = Self.path(name)
        var options = ParquetWriterOptions()
        options.rowGroupRowsMax = rowGroupRows
        options.metricsModes = [PositionDeletes.pathField.id: .full]
        let writer = try ParquetWriter(fields: fields.map(ParquetField.init), options: options)
        for start in stride(from: 0, to: max(1, columns[0].rowCount), by: rowGroupRows) {
            let end = min(start + rowGroupRows, columns[0].rowCount)
            try writer.append(columns, selection: (Int32(start)..<Int32(end)).map { $0 })
        }
        let metrics = try writer.finish()
        var bytes: [UInt8] = []
        while let chunk = writer.takeEncoded() { bytes += chunk }
        try await store.put(path, bytes)
        var file = DataFile(
            content: content,
            path: path,
            recordCount: Int64(metrics.rowCount),
            fileSizeBytes: Int64(bytes.count),
            equalityIDs: equalityIDs,
            referencedDataFile: referencedDataFile
        )
        for column in metrics.columns {
            file.lowerBounds[column.fieldID] = column.lowerBound
            file.upperBounds[column.fieldID] = column.upperBound
        }
        return file
    }

    static func path(_ name: String) -> String { "mem:/lake/table/data/\(name).parquet" }

    /// A data file of ids, each named `"\(prefix)\(id)"`.
    func rows(
        _ fileName: String,
        _ ids: [Int64],
        prefix: String = "",
        rowGroupRows: Int = 1_000_000
    ) async throws -> DataFile {
        try await write(
            fileName,
            [Self.id, Self.name],
            [longs(ids), strings(ids.map { "\(prefix)\($0)" })],
            rowGroupRows: rowGroupRows
        )
    }

    func positionDeletes(
        _ fileName: String,
        _ rows: [(file: String, position: Int64)],
        referencedDataFile: String? = nil
    ) async throws -> DataFile {
        try await write(
            fileName,
            [PositionDeletes.pathField, PositionDeletes.positionField],
            [strings(rows.map { Self.path($0.file) }), longs(rows.map(\.position))],
            content: .positionDeletes,
            referencedDataFile: referencedDataFile.map(Self.path)
        )
    }

    func equalityDeletes(
        _ fileName: String,
        _ fields: [SchemaField],
        _ columns: [Column]
    ) async throws -> DataFile {
        try await write(
            fileName,
            fields,
            columns,
            content: .equalityDeletes,
            equalityIDs: fields.map(\.id)
        )
    }

    /// The live rows of id and name in the order of the scan, as `"id name"`.
    func liveRows() async throws -> [String] {
        var rows: [String] = []
        try await scan.forEachBatch(fields: [Self.id, Self.name]) { batch in
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                let id = batch.columns[0].value(at: Int(row), as: Int64.self)
                rows.append("\(id) \(batch.columns[1].string(at: Int(row)) ?? "NULL")")
            }
        }
        return rows
    }
}

func longs(_ values: [Int64?]) -> Column { column(.int64, values) }
func ints(_ values: [Int32?]) -> Column { column(.int32, values) }

func column<Value: BitwiseCopyable>(_ type: PhysicalType, _ values: [Value?]) -> Column {
    var builder = ColumnBuilder(type, expectedRows: values.count)
    for value in values {
        if let value { builder.append(value) } else { builder.appendNull() }
    }
    return builder.finish()
}

func strings(_ values: [String?]) -> Column {
    var builder = ColumnBuilder(.bytes, expectedRows: values.count)
    for value in values {
        if let value { builder.append(utf8: value) } else { builder.appendNull() }
    }
    return builder.finish()
}
