internal import Bytes
internal import Diagnostics
internal import Iceberg
internal import TableModel

/// What a metadata file says.
struct MetadataReport {
    let metadata: TableMetadata
    let path: String

    /// - Throws: `FormatError` when the current schema has a type that is not known.
    func report() throws(FormatError) -> Report {
        var report = Report(
            title: "Iceberg table metadata \(path)",
            [
                .init("kind", .text("metadata"), for: .machines),
                .init("path", .text(path), for: .machines),
            ]
        )
        addHead(to: &report)
        report.add("pipelines", .objects(PipelineState.reports(ofProperties: metadata.properties)))
        report.add("properties", .properties(metadata.properties))
        try addSchemas(to: &report)
        report.add("partition_specs", .objects(metadata.partitionSpecs.map(spec)), for: .machines)
        report.add("partition_specs", partitionRows, for: .people)
        report.add("sort_orders", .objects(metadata.sortOrders.map(order)), for: .machines)
        report.add("sort_orders", sortRows, for: .people)
        report.add("refs", .objects(references))
        report.add("snapshots", .objects(metadata.snapshots.map(SnapshotReport.report)))
        addLogs(to: &report)
        addStatistics(to: &report)
        report.add("encryption_keys", .objects(metadata.encryptionKeys.map(key)))
        return report
    }

    private func addHead(to report: inout Report) {
        report.add("format_version", .integer(Int64(metadata.formatVersion)))
        report.add("table_uuid", .text(metadata.tableUUID))
        report.add("location", .text(metadata.location))
        report.add("last_updated_at", .instant(milliseconds: metadata.lastUpdatedMilliseconds))
        report.add("last_sequence_number", .integer(metadata.lastSequenceNumber))
        report.add("last_column_id", .integer(Int64(metadata.lastColumnID)))
        report.add("last_partition_id", .integer(Int64(metadata.lastPartitionID)))
        report.add("next_row_id", metadata.hasRowLineage ? .integer(metadata.nextRowID) : .null)
        report.add("current_schema_id", .integer(Int64(metadata.currentSchemaID)))
        report.add("default_spec_id", .integer(Int64(metadata.defaultSpecID)))
        report.add("default_sort_order_id", .integer(Int64(metadata.defaultSortOrderID)))
        report.add("current_snapshot_id", .integer(orNull: metadata.currentSnapshotID))
    }

    /// Schemas before the current one may hold types that this program does not know: those keep
    /// their ids, without fields.
    private func addSchemas(to report: inout Report) throws(FormatError) {
        var schemas: [Report] = []
        for stored in metadata.schemas {
            let isCurrent = stored.schemaID == metadata.currentSchemaID
            let file = "metadata of \(metadata.location)"
            let schema = isCurrent ? try stored.schema(file: file) : try? stored.schema(file: file)
            var one = Report(
                title: "schema \(stored.schemaID)\(isCurrent ? " (current)" : "")",
                [
                    .init("id", .integer(Int64(stored.schemaID)), for: .machines),
                    .init(
                        "identifier_field_ids",
                        .integers(schema?.identifierFieldIDs ?? [])
                    ),
                ]
            )
            if let schema { SchemaReport.add(schema.fields, to: &one) }
            schemas.append(one)
        }
        report.add("schemas", .objects(schemas))
    }

    private func spec(_ spec: PartitionSpec) -> Report {
        Report([
            .init("id", .integer(Int64(spec.specID))),
            .init(
                "fields",
                .objects(
                    spec.fields.map { field in
                        Report([
                            .init("id", .integer(Int64(field.fieldID))),
                            .init("name", .text(field.name)),
                            .init("transform", .text(field.transform.description)),
                            .init("source_ids", .integers(field.sourceIDs)),
                        ])
                    }
                )
            ),
        ])
    }

    private var partitionRows: ReportValue {
        .objects(
            metadata.partitionSpecs.map { spec in
                let fields = spec.fields.map { field in
                    "\(field.name) = \(field.transform)(\(columnNames(field.sourceIDs)))"
                }
                return Report([
                    .init("id", .integer(Int64(spec.specID))),
                    .init(
                        "fields",
                        .text(fields.isEmpty ? "unpartitioned" : fields.joined(separator: ", "))
                    ),
                ])
            }
        )
    }

    private func order(_ order: SortOrder) -> Report {
        Report([
            .init("id", .integer(Int64(order.orderID))),
            .init(
                "fields",
                .objects(
                    order.fields.map { field in
                        Report([
                            .init("transform", .text(field.transform.description)),
                            .init("source_ids", .integers(field.sourceIDs)),
                            .init("direction", .text(field.direction.rawValue)),
                            .init("null_order", .text(field.nullOrder.rawValue)),
                        ])
                    }
                )
            ),
        ])
    }

    private var sortRows: ReportValue {
        .objects(
            metadata.sortOrders.map { order in
                let fields = order.fields.map { field in
                    "\(field.transform)(\(columnNames(field.sourceIDs))) "
                        + "\(field.direction.rawValue) \(field.nullOrder.rawValue)"
                }
                return Report([
                    .init("id", .integer(Int64(order.orderID))),
                    .init(
                        "fields",
                        .text(fields.isEmpty ? "unsorted" : fields.joined(separator: ", "))
                    ),
                ])
            }
        )
    }

    /// The columns' names as they are now; the id of one that was dropped.
    private func columnNames(_ ids: [Int32]) -> String {
        let schema = try? metadata.currentSchema()
        return ids.map { id in
            schema?.path(toFieldID: id)?.map(\.name).joined(separator: ".") ?? "field \(id)"
        }.joined(separator: ", ")
    }

    private var references: [Report] {
        metadata.refs.sorted { $0.key < $1.key }.map { name, reference in
            Report([
                .init("name", .text(name)),
                .init("kind", .text(reference.kind.rawValue)),
                .init("snapshot_id", .integer(reference.snapshotID)),
                .init("min_snapshots_to_keep", .integer(orNull: reference.minSnapshotsToKeep)),
                .init(
                    "max_snapshot_age_milliseconds",
                    .integer(orNull: reference.maxSnapshotAgeMilliseconds)
                ),
                .init(
                    "max_ref_age_milliseconds",
                    .integer(orNull: reference.maxReferenceAgeMilliseconds)
                ),
            ])
        }
    }

    private func addLogs(to report: inout Report) {
        let snapshots = metadata.snapshotLog.map { entry in
            Report([
                .init("at", .instant(milliseconds: entry.timestampMilliseconds)),
                .init("snapshot_id", .integer(entry.snapshotID)),
            ])
        }
        report.add("snapshot_log", .objects(snapshots))
        let files = metadata.metadataLog.map { entry in
            Report([
                .init("at", .instant(milliseconds: entry.timestampMilliseconds)),
                .init("path", .text(entry.metadataFile)),
            ])
        }
        report.add("metadata_log", .objects(files))
    }

    private func addStatistics(to report: inout Report) {
        let files = metadata.statistics.map { file in
            Report([
                .init("snapshot_id", .integer(file.snapshotID)),
                .init("path", .text(file.path)),
                .init("bytes", .count(file.fileSizeBytes)),
                .init("footer_bytes", .count(file.footerSizeBytes)),
                .init("blobs", .objects(file.blobs.map(blob))),
            ])
        }
        report.add("statistics", .objects(files))
        let partitionFiles = metadata.partitionStatistics.map { file in
            Report([
                .init("snapshot_id", .integer(file.snapshotID)),
                .init("path", .text(file.path)),
                .init("bytes", .count(file.fileSizeBytes)),
            ])
        }
        report.add("partition_statistics", .objects(partitionFiles))
    }

    private func blob(_ blob: StatisticsFile.Blob) -> Report {
        Report([
            .init("type", .text(blob.type)),
            .init("snapshot_id", .integer(blob.snapshotID)),
            .init("sequence_number", .integer(blob.sequenceNumber)),
            .init("field_ids", .integers(blob.fieldIDs)),
            .init("properties", .properties(blob.properties), for: .machines),
        ])
    }

    /// What the key is made of stays in the file, encrypted as it is.
    private func key(_ key: EncryptionKey) -> Report {
        Report([
            .init("id", .text(key.keyID)),
            .init("encrypted_by_id", .text(orNull: key.encryptedByID)),
        ])
    }
}
