import Bytes
import Catalog
import Columns
import Diagnostics
import Iceberg
import ObjectStore
import Parquet
import SourceInterface
import TableModel
import TableWriter

/// The table that records each epoch of a pipeline, committed with it.
///
/// Its property holds the position that the whole lake has reached, so tables that never change do
/// not hold the source's log; its rows tell readers which snapshots of which tables belong
/// together.
struct Ledger: Sendable {
    static let namespace = ["frazil"]

    var loaded: LoadedTable
    let properties: LakeProperties

    static func identifier(pipeline: String) -> TableIdentifier {
        TableIdentifier(namespace: namespace, name: "ledger_\(pipeline)")
    }

    var position: SourcePosition? {
        loaded.metadata.properties[properties.position].map { SourcePosition($0) }
    }

    var epoch: Int { Int(loaded.metadata.properties[properties.epoch] ?? "") ?? 0 }

    /// What ``tableSetHash(_:)`` said of the tables that were followed last.
    var tables: String? { loaded.metadata.properties[properties.tables] }

    var writer: String? { loaded.metadata.properties[properties.writer] }

    var lastCutMicroseconds: Int64? {
        loaded.metadata.properties[properties.cutAt].flatMap { Int64($0) }
    }

    var sourceCommittedAtMicroseconds: Int64? {
        loaded.metadata.properties[properties.sourceCommittedAt].flatMap { Int64($0) }
    }

    static let schema = Schema(
        schemaID: 0,
        fields: [
            SchemaField(id: 1, name: "epoch", type: .long, isRequired: true),
            SchemaField(
                id: 2,
                name: "position",
                type: .string,
                isRequired: true,
                doc: "every transaction of the source up to here is in the lake"
            ),
            SchemaField(id: 3, name: "committed_at", type: .timestamptz, isRequired: true),
            SchemaField(id: 4, name: "table_name", type: .string, isRequired: true),
            SchemaField(id: 5, name: "snapshot_id", type: .long, isRequired: true),
            SchemaField(id: 6, name: "rows_written", type: .long, isRequired: true),
            SchemaField(id: 7, name: "rows_deleted", type: .long, isRequired: true),
        ],
        identifierFieldIDs: []
    )

    /// What one epoch did to one table.
    struct Entry: Sendable {
        var table: TableIdentifier
        var snapshotID: Int64
        var rowsWritten: Int
        var rowsDeleted: Int
    }

    /// Writes the ledger's rows of one epoch.
    func write(
        _ entries: [Entry],
        epoch: Int,
        position: SourcePosition,
        fileNamePrefix: String,
        committedAtMicroseconds now: Int64,
        store: any ObjectStore
    ) async throws -> DataFile {
        let fields = try loaded.metadata.currentSchema().fields
        let builder = BatchBuilder(
            types: fields.map(\.type.physicalType),
            expectedRows: entries.count
        )
        for entry in entries {
            builder.builders[0].append(Int64(epoch))
            builder.builders[1].append(utf8: position.text)
            builder.builders[2].append(now)
            builder.builders[3].append(utf8: entry.table.description)
            builder.builders[4].append(entry.snapshotID)
            builder.builders[5].append(Int64(entry.rowsWritten))
            builder.builders[6].append(Int64(entry.rowsDeleted))
        }
        let writer = try await DataFileWriter(
            store: store,
            path: "\(loaded.metadata.location)/data/\(fileNamePrefix)-ledger.parquet",
            fields: fields.map(ParquetField.init),
            options: ParquetWriterOptions()
        )
        do {
            try await writer.append(builder.finishColumns())
            return try await writer.finish()
        } catch {
            await writer.abandon()
            throw error
        }
    }
}
