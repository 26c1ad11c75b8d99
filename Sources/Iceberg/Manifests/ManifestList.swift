internal import Avro
internal import Bytes
public import Diagnostics

/// Writes and reads the list of a snapshot's manifests.
///
/// Source: Iceberg specification, "Manifest Lists".
public enum ManifestList {
    /// The bytes of a manifest list.
    ///
    /// - `firstRowID`: The snapshot's, from format version 3 on.
    /// - Throws: ``FormatError`` when a manifest's counts are not known, or a data manifest of
    ///   format version 3 has no row id.
    public static func write(
        _ manifests: [ManifestFile],
        snapshotID: Int64,
        parentSnapshotID: Int64?,
        sequenceNumber: Int64,
        formatVersion: Int = TableMetadata.defaultFormatVersion,
        firstRowID: Int64? = nil,
        file: String
    ) throws(FormatError) -> [UInt8] {
        var metadata = [
            ("snapshot-id", String(snapshotID)),
            ("parent-snapshot-id", parentSnapshotID.map { String($0) } ?? "null"),
            ("sequence-number", String(sequenceNumber)),
            ("format-version", String(formatVersion)),
        ]
        if let firstRowID { metadata.append(("first-row-id", String(firstRowID))) }
        var writer = AvroFileWriter(
            schema: ManifestSchemas.manifestFile(formatVersion: formatVersion).text,
            metadata: metadata.map { (name: $0.0, value: $0.1) },
            file: file
        )
        for manifest in manifests {
            guard let added = manifest.added, let existing = manifest.existing,
                let deleted = manifest.deleted
            else {
                throw FormatError(file: file, "the counts of \(manifest.path) are not known")
            }
            writer.record.appendAvroString(manifest.path)
            writer.record.appendAvroLong(manifest.lengthBytes)
            writer.record.appendAvroInt(manifest.specID)
            writer.record.appendAvroInt(manifest.content.rawValue)
            writer.record.appendAvroLong(manifest.sequenceNumber)
            writer.record.appendAvroLong(manifest.minSequenceNumber)
            writer.record.appendAvroLong(manifest.addedSnapshotID)
            for counts in [added, existing, deleted] { writer.record.appendAvroInt(counts.files) }
            for counts in [added, existing, deleted] { writer.record.appendAvroLong(counts.rows) }
            writer.record.appendPartitionSummaries(manifest.partitions)
            writer.record.appendOptionalBytes(manifest.keyMetadata)
            if formatVersion >= 3 {
                guard manifest.content == .deletes || manifest.firstRowID != nil else {
                    throw FormatError(file: file, "\(manifest.path) has no first row id")
                }
                writer.record.appendOptionalLong(
                    manifest.content == .deletes ? nil : manifest.firstRowID
                )
            }
            try writer.endRecord()
        }
        return try writer.finish()
    }

    /// Reads a manifest list of format version 1, 2 or 3.
    ///
    /// - Throws: ``FormatError``.
    public static func read(_ bytes: [UInt8], file path: String) throws -> [ManifestFile] {
        let file = try AvroFile(bytes, file: path)
        guard case .record(let record) = file.schema else {
            throw FormatError(file: path, "its entries are no records")
        }
        let fields = record.fields.map { (id: $0.fieldID ?? ids[$0.name], schema: $0.schema) }
        var manifests: [ManifestFile] = []
        try file.forEachRecord { reader in
            manifests.append(try readManifest(&reader, fields))
        }
        return manifests
    }

    private static let ids: [String: Int32] = [
        "manifest_path": 500, "manifest_length": 501, "partition_spec_id": 502, "content": 517,
        "sequence_number": 515, "min_sequence_number": 516, "added_snapshot_id": 503,
        "added_files_count": 504, "existing_files_count": 505, "deleted_files_count": 506,
        "added_data_files_count": 504, "existing_data_files_count": 505,
        "deleted_data_files_count": 506, "added_rows_count": 512, "existing_rows_count": 513,
        "deleted_rows_count": 514, "partitions": 507, "key_metadata": 519, "first_row_id": 520,
    ]

    private static func readManifest(
        _ reader: inout ByteReader,
        _ fields: [(id: Int32?, schema: AvroSchema)]
    ) throws(WireFault) -> ManifestFile {
        var manifest = ManifestFile(
            path: "",
            lengthBytes: 0,
            specID: 0,
            content: .data,
            sequenceNumber: 0,
            minSequenceNumber: 0,
            addedSnapshotID: 0,
            added: nil,
            existing: nil,
            deleted: nil,
            partitions: nil
        )
        /// Files and rows of added, existing and deleted entries.
        var files: [Int32?] = [nil, nil, nil]
        var rows: [Int64?] = [nil, nil, nil]
        for (id, schema) in fields {
            switch id {
            case 500: manifest.path = try reader.string(schema)
            case 501: manifest.lengthBytes = try reader.long(schema)
            case 502: manifest.specID = try reader.int(schema)
            case 517: manifest.content = try content(schema, &reader)
            case 515: manifest.sequenceNumber = try reader.optionalLong(schema) ?? 0
            case 516: manifest.minSequenceNumber = try reader.optionalLong(schema) ?? 0
            case 503: manifest.addedSnapshotID = try reader.optionalLong(schema) ?? 0
            case 504: files[0] = try reader.optionalInt(schema)
            case 505: files[1] = try reader.optionalInt(schema)
            case 506: files[2] = try reader.optionalInt(schema)
            case 512: rows[0] = try reader.optionalLong(schema)
            case 513: rows[1] = try reader.optionalLong(schema)
            case 514: rows[2] = try reader.optionalLong(schema)
            case 507: manifest.partitions = try partitions(schema, &reader)
            case 519: manifest.keyMetadata = try reader.optionalBytes(schema)
            case 520: manifest.firstRowID = try reader.optionalLong(schema)
            default: try reader.skipAvro(schema)
            }
        }
        manifest.added = counts(files[0], rows[0])
        manifest.existing = counts(files[1], rows[1])
        manifest.deleted = counts(files[2], rows[2])
        return manifest
    }

    private static func counts(_ files: Int32?, _ rows: Int64?) -> ManifestCounts? {
        guard let files, let rows else { return nil }
        return ManifestCounts(files: files, rows: rows)
    }

    private static func content(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> ManifestFile.Content {
        let tag = try reader.optionalInt(schema) ?? 0
        guard let content = ManifestFile.Content(rawValue: tag) else {
            throw WireFault(
                .unknownTag,
                offset: reader.offset,
                wanted: Int(tag),
                available: reader.remaining
            )
        }
        return content
    }

    private static func partitions(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [PartitionFieldSummary]? {
        try reader.optionalItems(schema) { reader, item throws(WireFault) in
            var summary = PartitionFieldSummary(
                containsNull: true,
                containsNaN: nil,
                lowerBound: nil,
                upperBound: nil
            )
            guard case .record(let record) = item else {
                try reader.skipAvro(item)
                return summary
            }
            for field in record.fields {
                switch field.name {
                case "contains_null":
                    summary.containsNull = try reader.optionalBool(field.schema) ?? true
                case "contains_nan": summary.containsNaN = try reader.optionalBool(field.schema)
                case "lower_bound": summary.lowerBound = try reader.optionalBytes(field.schema)
                case "upper_bound": summary.upperBound = try reader.optionalBytes(field.schema)
                default: try reader.skipAvro(field.schema)
                }
            }
            return summary
        }
    }
}
