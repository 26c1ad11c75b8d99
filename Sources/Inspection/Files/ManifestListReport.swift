internal import Avro
internal import Bytes
internal import Iceberg

/// The manifests of a snapshot, as its list describes them.
enum ManifestListReport {
    static func report(_ file: StoredFile, _ head: AvroFile) async throws -> Report {
        let manifests = try ManifestList.read(try await file.readAll(), file: file.path)
        return Report(
            title: "Iceberg manifest list \(file.path)",
            [
                .init("kind", .text("manifest_list"), for: .machines),
                .init("path", .text(file.path), for: .machines),
                .init("bytes", .count(Int64(file.byteCount))),
                .init("codec", .text(head.text("avro.codec") ?? "null")),
                .init("metadata", AvroReport.metadata(head)),
                .init("totals", .object(totals(manifests)), for: .people),
                .init("manifests", .objects(manifests.map(manifest))),
            ]
        )
    }

    private static func totals(_ manifests: [ManifestFile]) -> Report {
        func sum(
            _ content: ManifestFile.Content,
            _ counts: KeyPath<ManifestCounts, Int64>
        ) -> ReportValue {
            let ours = manifests.filter { $0.content == content }
            return .count(
                ours.reduce(0) { total, manifest in
                    [manifest.added, manifest.existing].compactMap { $0 }
                        .reduce(total) { $0 &+ $1[keyPath: counts] }
                }
            )
        }
        return Report([
            .init("data_files", sum(.data, \.fileCount)),
            .init("rows_in_files", sum(.data, \.rows)),
            .init("delete_files", sum(.deletes, \.fileCount)),
            .init("deletes", sum(.deletes, \.rows)),
        ])
    }

    private static func manifest(_ manifest: ManifestFile) -> Report {
        var report = Report([
            .init("content", .text("\(manifest.content)")),
            .init("spec_id", .integer(Int64(manifest.specID))),
            .init("sequence_number", .integer(manifest.sequenceNumber)),
            .init("min_sequence_number", .integer(manifest.minSequenceNumber)),
            .init("added_snapshot_id", .integer(manifest.addedSnapshotID)),
        ])
        let statuses = [
            ("added", manifest.added), ("existing", manifest.existing),
            ("deleted", manifest.deleted),
        ]
        for (name, counts) in statuses {
            report.add("\(name)_files", .count(orNull: counts?.files))
            report.add("\(name)_rows", .count(orNull: counts?.rows))
        }
        report.add("bytes", .count(manifest.lengthBytes))
        report.add("path", .text(manifest.path))
        report.add("encrypted", .boolean(manifest.keyMetadata != nil), for: .machines)
        let summaries = manifest.partitions?.map(summary)
        report.add("partitions", summaries.map { .objects($0) } ?? .null, for: .machines)
        return report
    }

    /// Bounds are of types that only the table's metadata tells.
    private static func summary(_ summary: PartitionFieldSummary) -> Report {
        Report([
            .init("contains_null", .boolean(summary.containsNull)),
            .init("contains_nan", .boolean(orNull: summary.containsNaN)),
            .init("lower", summary.lowerBound.map { BoundValue.value($0, as: nil) } ?? .null),
            .init("upper", summary.upperBound.map { BoundValue.value($0, as: nil) } ?? .null),
        ])
    }
}

extension ManifestCounts {
    fileprivate var fileCount: Int64 { Int64(files) }
}
