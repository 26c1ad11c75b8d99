internal import Avro
internal import Bytes
internal import Iceberg

/// A data or delete file as a manifest describes it.
struct DataFileReport: Sendable {
    let fields: ManifestFields
    /// The types of the partition's values, where they are known.
    let partitionSchema: AvroSchema.Record?

    func members(of file: DataFile) -> [Report.Member] {
        var report = Report([
            .init("content", .text(file.content.name), for: .machines),
            .init("path", .text(file.path), for: .machines),
            .init("format", .text(file.format)),
            .init("spec_id", .integer(Int64(file.specID)), for: .machines),
            .init("partition", .object(partition(file.partition))),
            .init("rows", .count(file.recordCount)),
            .init("bytes", .count(file.fileSizeBytes)),
            .init("sort_order_id", .integer(orNull: file.sortOrderID)),
            .init("equality_field_ids", .integers(file.equalityIDs)),
            .init("referenced_data_file", .text(orNull: file.referencedDataFile)),
            .init("split_offsets", .integers(file.splitOffsets)),
            .init("encrypted", .boolean(file.keyMetadata != nil), for: .machines),
        ])
        report.add("columns", .objects(columns(of: file)))
        return report.members
    }

    private func partition(_ partition: PartitionTuple) -> Report {
        Report(
            partition.fields.enumerated().map { index, field in
                let schema = partitionSchema.flatMap {
                    $0.fields.indices.contains(index) ? $0.fields[index].schema : nil
                }
                return .given(field.name, Self.value(field.value, schema))
            }
        )
    }

    private static func value(_ value: AvroValue, _ schema: AvroSchema?) -> ReportValue {
        if value == .null { return .value(.null, text: "null") }
        var schema = schema ?? .null
        if case .union(let branches) = schema, let some = branches.first(where: { $0 != .null }) {
            schema = some
        }
        let json = AvroNamedValue.scalar(value, schema).rowJSON
        return .value(json, text: json.stringValue ?? json.text)
    }

    private func columns(of file: DataFile) -> [Report] {
        let counts: [Dictionary<Int32, Int64>.Keys] = [
            file.columnSizes.keys, file.valueCounts.keys, file.nullValueCounts.keys,
            file.nanValueCounts.keys,
        ]
        var ids = Set(counts.joined())
        ids.formUnion(file.lowerBounds.keys)
        ids.formUnion(file.upperBounds.keys)
        return ids.sorted().map { id in
            Report([
                .init("id", .integer(Int64(id))),
                .init("name", .text(orNull: fields.path(id))),
                .init("bytes", .count(orNull: file.columnSizes[id])),
                .init("values", .count(orNull: file.valueCounts[id])),
                .init("nulls", .count(orNull: file.nullValueCounts[id])),
                .init("nans", .count(orNull: file.nanValueCounts[id])),
                .init("lower", bound(file.lowerBounds[id], id)),
                .init("upper", bound(file.upperBounds[id], id)),
            ])
        }
    }

    private func bound(_ bytes: [UInt8]?, _ id: Int32) -> ReportValue {
        bytes.map { BoundValue.value($0, as: fields.boundType(id)) } ?? .null
    }
}

extension DataFile.Content {
    /// For machines.
    var name: String {
        switch self {
        case .data: "data"
        case .positionDeletes: "position_deletes"
        case .equalityDeletes: "equality_deletes"
        }
    }

    /// For people.
    var words: String { String(name.map { $0 == "_" ? " " : $0 }) }
}
