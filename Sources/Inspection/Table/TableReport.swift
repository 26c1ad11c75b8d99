internal import Diagnostics
internal import Iceberg
internal import ObjectStore
internal import TableModel
internal import TableScan

/// What a table is made of at its current snapshot: schema, snapshots, data files with their deletes.
struct TableReport {
    let metadata: TableMetadata
    let path: String
    let store: any ObjectStore

    /// - Throws: `StoreError`, `FormatError`.
    func report() async throws -> Report {
        let live = try await metadata.liveFiles(store: store)
        let files = try await TableScan(table: metadata, store: store).deletes(live)
        var report = Report(
            title: "Iceberg table \(metadata.location)",
            [
                .init("kind", .text("table"), for: .machines),
                .init("location", .text(metadata.location), for: .machines),
                .init("metadata_file", .text(path)),
                .init("format_version", .integer(Int64(metadata.formatVersion))),
                .init("table_uuid", .text(metadata.tableUUID)),
                .init("last_updated_at", .instant(milliseconds: metadata.lastUpdatedMilliseconds)),
                .init("current_snapshot_id", .integer(orNull: metadata.currentSnapshotID)),
            ]
        )
        report.members += totals(live, files).members
        report.add("pipelines", .objects(PipelineState.reports(ofProperties: metadata.properties)))
        let schema = try metadata.currentSchema()
        report.add("schema_id", .integer(Int64(schema.schemaID)), for: .machines)
        report.add(
            "identifier_field_ids",
            .integers(schema.identifierFieldIDs),
            for: .machines
        )
        SchemaReport.add(schema.fields, to: &report)
        report.add("snapshots", .objects(metadata.snapshots.map(SnapshotReport.report)))
        report.add("data_files", .objects(files.map(dataFile)))
        report.add("delete_files", .objects(live.deleteFiles.map(deleteFile)))
        return report
    }

    private func totals(_ live: LiveFiles, _ files: [FileDeletes]) -> Report {
        let rows = files.reduce(Int64(0)) { $0 &+ $1.data.file.recordCount }
        let deleted = files.reduce(Int64(0)) { $0 &+ $1.deletedRowCount }
        let all = live.dataFiles + live.deleteFiles
        func count(_ content: DataFile.Content, _ isVector: Bool) -> ReportValue {
            let counted = live.deleteFiles.filter {
                $0.file.content == content && $0.file.isDeletionVector == isVector
            }
            return .count(Int64(counted.count))
        }
        return Report([
            .init("rows", .count(rows - deleted)),
            .init("rows_in_files", .count(rows)),
            .init("deleted_rows", .count(deleted)),
            .init("deleted_share", share(deleted, of: rows)),
            .init("bytes", .count(all.reduce(0) { $0 &+ $1.file.fileSizeBytes })),
            .init("data_file_count", .count(Int64(live.dataFiles.count))),
            .init("position_delete_file_count", count(.positionDeletes, false)),
            .init("deletion_vector_count", count(.positionDeletes, true)),
            .init("equality_delete_file_count", count(.equalityDeletes, false)),
        ])
    }

    private func share(_ part: Int64, of whole: Int64) -> ReportValue {
        .share(whole > 0 ? Double(part) / Double(whole) : 0)
    }

    private func dataFile(_ file: FileDeletes) -> Report {
        let vectors = file.positionDeletes.filter(\.file.isDeletionVector)
        let positions = file.positionDeletes.filter { !$0.file.isDeletionVector }
        return Report([
            .init("sequence_number", .integer(file.data.dataSequenceNumber)),
            .init("snapshot_id", .integer(file.data.snapshotID), for: .machines),
            .init("rows", .count(file.data.file.recordCount)),
            .init("deleted_rows", .count(file.deletedRowCount)),
            .init("deleted_share", share(file.deletedRowCount, of: file.data.file.recordCount)),
            .init("bytes", .count(file.data.file.fileSizeBytes)),
            .init("position_deletes", .count(Int64(positions.count)), for: .people),
            .init("deletion_vectors", .count(Int64(vectors.count)), for: .people),
            .init("equality_deletes", .count(Int64(file.equalityDeletes.count)), for: .people),
            .init("path", .text(shortened(file.data.file.path)), for: .people),
            .init("path", .text(file.data.file.path), for: .machines),
            .init("position_delete_files", paths(positions), for: .machines),
            .init("deletion_vector_files", paths(vectors), for: .machines),
            .init("equality_delete_files", paths(file.equalityDeletes), for: .machines),
        ])
    }

    private func deleteFile(_ file: LiveFile) -> Report {
        let content = file.file.isDeletionVector ? "deletion_vector" : file.file.content.name
        return Report([
            .init("content", .text(content)),
            .init("sequence_number", .integer(file.dataSequenceNumber)),
            .init("snapshot_id", .integer(file.snapshotID), for: .machines),
            .init("rows", .count(file.file.recordCount)),
            .init("bytes", .count(file.file.fileSizeBytes)),
            .init("equality_field_ids", .integers(file.file.equalityIDs)),
            .init("path", .text(shortened(file.file.path)), for: .people),
            .init("path", .text(file.file.path), for: .machines),
            .init(
                "referenced_data_file",
                .text(orNull: file.file.referencedDataFile),
                for: .machines
            ),
        ])
    }

    private func paths(_ files: [LiveFile]) -> ReportValue { .texts(files.map(\.file.path)) }

    /// A file's path inside of the table's folder.
    private func shortened(_ path: String) -> String {
        let prefix = metadata.location + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}

extension DataFile {
    var isDeletionVector: Bool { format.lowercased() == "puffin" }
}
