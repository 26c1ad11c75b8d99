internal import Avro
internal import Bytes
internal import Diagnostics
internal import Iceberg
internal import TableModel

/// The entries of a manifest, as they stand in it: what they would inherit from a manifest list is
/// not known.
struct ManifestReport: Sendable {
    private let head: AvroFile
    private let fields: ManifestFields
    private let partitionType: PartitionType

    static func report(_ file: StoredFile, _ head: AvroFile) async throws -> Report {
        let contents = try ManifestReader.read(
            try await file.readAll(),
            manifest: Self(head, .unpartitioned).orphan(file)
        )
        let manifest = Self(head, contents.partitionType)
        let entries = contents.entries
        return Report(
            title: "Iceberg manifest \(file.path)",
            [
                .init("kind", .text("manifest"), for: .machines),
                .init("path", .text(file.path), for: .machines),
                .init("bytes", .count(Int64(file.byteCount))),
                .init("codec", .text(head.text("avro.codec") ?? "null")),
                .init("format_version", .text(orNull: head.text("format-version"))),
                .init("content", .text(orNull: head.text("content"))),
                .init("spec_id", .text(orNull: head.text("partition-spec-id"))),
                .init("partition_spec", .text(orNull: head.text("partition-spec"))),
                .init("entry_counts", .object(manifest.counts(entries))),
                .init(
                    "entries",
                    .generated(count: entries.count) { manifest.entry(entries[$0]) }
                ),
            ]
        )
    }

    private init(_ head: AvroFile, _ partitionType: PartitionType) {
        self.head = head
        self.partitionType = partitionType
        fields = ManifestFields(head)
    }

    /// Stands for a number that an entry inherits; no table has it.
    private static let inherited = Int64.min

    /// What the reader goes by in place of a manifest list's entry.
    private func orphan(_ file: StoredFile) -> ManifestFile {
        ManifestFile(
            path: file.path,
            lengthBytes: Int64(file.byteCount),
            specID: head.text("partition-spec-id").flatMap { Int32($0) } ?? 0,
            content: head.text("content") == "deletes" ? .deletes : .data,
            // Manifests of V1 have no numbers: all of them are 0.
            sequenceNumber: head.text("format-version") ?? "1" == "1" ? 0 : Self.inherited,
            minSequenceNumber: 0,
            addedSnapshotID: Self.inherited,
            added: nil,
            existing: nil,
            deleted: nil,
            partitions: nil
        )
    }

    private func counts(_ entries: [ManifestEntry]) -> Report {
        Report(
            [ManifestEntry.Status.added, .existing, .deleted].flatMap { status in
                let files = entries.filter { $0.status == status }
                let rows = files.reduce(Int64(0)) { $0 &+ $1.file.recordCount }
                return [
                    Report.Member("\(status)_files", .count(Int64(files.count))),
                    Report.Member("\(status)_rows", .count(rows)),
                ]
            }
        )
    }

    private func number(_ number: Int64?) -> ReportValue {
        number == Self.inherited ? .value(.null, text: "inherited") : .integer(orNull: number)
    }

    private func entry(_ entry: ManifestEntry) -> Report {
        var report = Report(
            title: "\(entry.status) \(entry.file.content.words) \(entry.file.path)",
            [
                .init("status", .text("\(entry.status)"), for: .machines),
                .init("snapshot_id", number(entry.snapshotID)),
                .init("sequence_number", number(entry.dataSequenceNumber)),
                .init("file_sequence_number", number(entry.fileSequenceNumber)),
            ]
        )
        report.members += DataFileReport(fields: fields, partitionType: partitionType)
            .members(of: entry.file)
        return report
    }
}

/// The table's fields by id, as a manifest's header has them.
struct ManifestFields: Sendable {
    private var types: [Int32: (path: String, type: IcebergType)] = [:]

    init(_ head: AvroFile) {
        guard let bytes = head.metadata["schema"], let json = try? JSONValue(parsing: bytes),
            let object = json.objectValue,
            let schema = try? StoredSchema(schemaID: 0, json: object).schema(file: head.file)
        else {
            self.init([])
            return
        }
        self.init(schema.fields)
    }

    init(_ fields: [SchemaField]) {
        // The columns of position deletes, which no schema has.
        types[2_147_483_546] = ("file_path", .string)
        types[2_147_483_545] = ("pos", .long)
        add(fields, prefix: "")
    }

    private mutating func add(_ fields: [SchemaField], prefix: String) {
        for field in fields {
            types[field.id] = (prefix + field.name, field.type)
            add(field.type.children, prefix: "\(prefix)\(field.name).")
        }
    }

    func path(_ id: Int32) -> String? { types[id]?.path }

    /// The type of a field's bounds; `nil` where it is not known, or they are no values of it.
    func boundType(_ id: Int32) -> IcebergType? {
        switch types[id]?.type {
        case .geometry, .geography, .variant: nil
        case let type: type
        }
    }
}
