internal import Bytes
internal import Iceberg
internal import TableModel

/// A data or delete file as a manifest describes it.
struct DataFileReport: Sendable {
    let fields: ManifestFields
    /// The names and types of the partition's values.
    let partitionType: PartitionType

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
            .init("content_offset", .integer(orNull: file.contentOffset)),
            .init("content_bytes", .count(orNull: file.contentSizeBytes)),
            .init("first_row_id", .integer(orNull: file.firstRowID)),
            .init("split_offsets", .integers(file.splitOffsets)),
            .init("encrypted", .boolean(file.keyMetadata != nil), for: .machines),
        ])
        report.add("columns", .objects(columns(of: file)))
        return report.members
    }

    private func partition(_ partition: PartitionTuple) -> Report {
        Report(
            partitionType.fields.map { field in
                guard let value = partition[field.fieldID] else {
                    return .given(field.name, .value(.null, text: "null"))
                }
                return .given(field.name, BoundValue.value(value, as: field.type))
            }
        )
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
