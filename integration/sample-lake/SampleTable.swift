import Bytes
import Catalog
import Columns
import Iceberg
import ObjectStore
import Parquet
import Puffin
import TableModel
import TableWriter

/// A table of the sample lake, and the rows that readers must find in it.
final class SampleTable {
    /// A row and where it lies.
    struct Row {
        var values: [Int32: SingleValue]
        var path: String
        var position: Int
    }

    private let catalog: any Catalog
    let store: any ObjectStore
    private var loaded: LoadedTable
    var rows: [Row] = []
    /// Rows as branches and tags other than `main` have them.
    var rowsByReference: [String: [Row]] = [:]
    private var fileCount = 0
    private var time: Int64 = 1_700_000_000_000

    init(_ loaded: LoadedTable, catalog: any Catalog, store: any ObjectStore) {
        self.loaded = loaded
        self.catalog = catalog
        self.store = store
    }

    var metadata: TableMetadata { loaded.metadata }
    var name: String { loaded.identifier.description }

    func commit(
        _ updates: [TableUpdate],
        requirements: [TableRequirement] = []
    ) async throws {
        let change = TableChange(
            identifier: loaded.identifier,
            base: loaded,
            requirements: requirements,
            updates: updates
        )
        guard case .committed(let tables) = try await catalog.commit([change]) else {
            throw SampleFailure("a commit to \(name) did not come through")
        }
        loaded = tables[0]
    }

    func commit(_ delta: RowDelta) async throws {
        var delta = delta
        delta.basis = .snapshot(metadata.snapshot(of: delta.branch)?.snapshotID)
        time += 60_000
        let produced = try await SnapshotProducer.produce(
            base: metadata,
            delta: delta,
            store: store,
            fileNamePrefix: "sample",
            newSnapshotID: metadata.unusedSnapshotID(),
            nowMilliseconds: time
        )
        try await commit(produced.updates, requirements: produced.requirements)
    }

    /// Adds rows, one data file a partition of the default spec.
    func append(_ newRows: [[Int32: SingleValue]]) async throws {
        try await commit(RowDelta(dataFiles: try await write(newRows)))
    }

    func write(_ newRows: [[Int32: SingleValue]]) async throws -> [DataFile] {
        let schema = try metadata.currentSchema()
        let fields = schema.fields
        let columns = try fields.map { field in try column(of: field, in: newRows) }
        guard let spec = metadata.defaultPartitionSpec else {
            throw SampleFailure("\(name) has no default spec")
        }
        let partitions = RowPartitions(spec: spec, schema: schema)
        var files: [DataFile] = []
        for group in try partitions.groups(of: newRows) {
            let folder = [metadata.dataFolder, try partitions.folder(of: group.tuple)]
                .filter { !$0.isEmpty }.joined(separator: "/")
            let writer = try await DataFileWriter(
                store: store,
                path: "\(folder)/\(nextName("data")).parquet",
                fields: fields.map(ParquetField.init),
                options: ParquetWriterOptions()
            )
            try await writer.append(columns, selection: group.rows)
            var file = try await writer.finish()
            file.specID = spec.specID
            file.partition = group.tuple
            files.append(file)
            for (position, row) in group.rows.enumerated() {
                rows.append(
                    Row(values: newRows[Int(row)], path: file.path, position: position)
                )
            }
        }
        return files
    }

    private func nextName(_ kind: String) -> String {
        fileCount += 1
        return "\(kind)-\(fileCount)"
    }

    private func column(
        of field: SchemaField,
        in newRows: [[Int32: SingleValue]]
    ) throws -> Column {
        var builder = ColumnBuilder(field.type.columnShape, expectedRows: newRows.count)
        for row in newRows {
            guard let value = row[field.id] else {
                builder.appendNull()
                continue
            }
            guard let column = value.column(as: field.type) else {
                throw SampleFailure("a value that is no \(field.type)")
            }
            builder.append(contentsOf: column)
        }
        return builder.finish()
    }

    /// Deletes rows by position: in a file for each data file, or from version 3 on in vectors.
    func delete(where goes: (Row) -> Bool) async throws {
        let live = try await metadata.liveFiles(store: store)
        let files = Dictionary(uniqueKeysWithValues: live.dataFiles.map { ($0.file.path, $0) })
        let going = Dictionary(grouping: rows.filter(goes), by: \.path)
        rows.removeAll(where: goes)
        var delta = RowDelta()
        var bitmaps: [(file: DataFile, rows: RoaringBitmap)] = []
        for (path, gone) in going.sorted(by: { $0.key < $1.key }) {
            guard let file = files[path]?.file else { throw SampleFailure("no file \(path)") }
            var bitmap = RoaringBitmap()
            for row in gone { bitmap.insert(row.position) }
            for old in live.deleteFiles where old.file.referencedDataFile == path {
                bitmap.formUnion(try await oldRows(of: old.file))
                delta.remove(old)
            }
            bitmaps.append((file, bitmap))
        }
        delta.deleteFiles =
            metadata.hasRowLineage
            ? try await writeVectors(bitmaps) : try await writeDeleteFiles(bitmaps)
        try await commit(delta)
    }

    /// Positions that earlier deletes of this program took, by what it remembers of them.
    private var deleted: [FileKey: RoaringBitmap] = [:]

    private func oldRows(of file: DataFile) async throws -> RoaringBitmap {
        guard let bitmap = deleted[file.key] else { throw SampleFailure("no rows of \(file.path)") }
        return bitmap
    }

    private func writeDeleteFiles(
        _ bitmaps: [(file: DataFile, rows: RoaringBitmap)]
    ) async throws -> [DataFile] {
        var files: [DataFile] = []
        for (file, rows) in bitmaps {
            let path = "\(metadata.dataFolder)/\(nextName("deletes")).parquet"
            let written = try await writePositionDeletes(
                of: file,
                rows: rows,
                to: path,
                store: store
            )
            deleted[written.key] = rows
            files.append(written)
        }
        return files
    }

    private func writeVectors(
        _ bitmaps: [(file: DataFile, rows: RoaringBitmap)]
    ) async throws -> [DataFile] {
        let path = "\(metadata.dataFolder)/\(nextName("vectors")).puffin"
        var writer = DeletionVectorFileWriter(createdBy: "frazil sample", file: path)
        var written: [WrittenDeletionVector] = []
        for (file, rows) in bitmaps {
            written.append(try writer.add(rows, referencedDataFile: file.path))
        }
        let bytes = try writer.finish()
        try await store.put(path, bytes)
        return zip(bitmaps, written).map { pair, vector in
            let file = DataFile.deletionVector(
                of: pair.file,
                puffinPath: path,
                fileSizeBytes: Int64(bytes.count),
                offset: vector.offset,
                sizeBytes: vector.lengthBytes,
                deletedRows: vector.cardinality
            )
            deleted[file.key] = pair.rows
            return file
        }
    }

    /// Deletes rows by one column's values, wherever they lie.
    func delete(byEqual fieldID: Int32, values: [SingleValue]) async throws {
        guard let field = try metadata.currentSchema().field(id: fieldID),
            let spec = metadata.partitionSpecs.first(where: \.isUnpartitioned)
        else { throw SampleFailure("no field \(fieldID) or no unpartitioned spec") }
        let wanted = Set(values)
        rows.removeAll { row in row.values[fieldID].map(wanted.contains) ?? false }
        let writer = try await DataFileWriter(
            store: store,
            path: "\(metadata.dataFolder)/\(nextName("equality")).parquet",
            fields: [ParquetField(field)],
            options: ParquetWriterOptions()
        )
        try await writer.append([try column(of: field, in: values.map { [fieldID: $0] })])
        var file = try await writer.finish(
            content: .equalityDeletes,
            equalityFieldIDs: [fieldID]
        )
        file.specID = spec.specID
        try await commit(RowDelta(deleteFiles: [file]))
    }

    /// What readers must see: columns, rows, and row ids where the table has them.
    func expectation() async throws -> JSONObject {
        let fields = try metadata.currentSchema().fields
        var references = JSONObject()
        for (name, rows) in rowsByReference.sorted(by: { $0.key < $1.key }) {
            references.append(name, .array(rows.map { json($0, fields) }))
        }
        let live = try await metadata.liveFiles(store: store).dataFiles
        let firstRowIDs = Dictionary(
            uniqueKeysWithValues: live.map { ($0.file.path, $0.file.firstRowID) }
        )
        var rowIDs: [JSONValue] = []
        var found: [JSONValue] = []
        for row in rows {
            found.append(json(row, fields))
            let first = firstRowIDs[row.path] ?? nil
            rowIDs.append(first.map { .integer($0 + Int64(row.position)) } ?? .null)
        }
        return [
            "format_version": .integer(Int64(metadata.formatVersion)),
            "columns": .array(fields.map { .string($0.name) }),
            "types": .array(fields.map { .string($0.type.description) }),
            "rows": .array(found),
            "row_ids": .array(rowIDs),
            "references": .object(references),
        ]
    }

    private func json(_ row: Row, _ fields: [SchemaField]) -> JSONValue {
        .array(
            fields.map { field in
                let initial = field.initialDefault ?? .null
                guard let value = row.values[field.id] else { return initial }
                return value.json(as: field.type) ?? "NaN"
            }
        )
    }
}

struct SampleFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
