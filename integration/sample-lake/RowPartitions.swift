import Iceberg
import TableModel

/// The partitions of rows, one row after the other.
struct RowPartitions {
    let spec: PartitionSpec
    let schema: Schema

    func tuple(of row: [Int32: SingleValue]) throws -> PartitionTuple {
        PartitionTuple(
            fields: try spec.fields.map { field in
                PartitionTuple.Field(
                    fieldID: field.fieldID,
                    value: field.transform.apply(
                        to: row[field.sourceIDs[0]],
                        type: try source(of: field).type
                    )
                )
            }
        )
    }

    /// The rows' numbers by partition, in the order in which partitions first occur.
    func groups(
        of rows: [[Int32: SingleValue]]
    ) throws -> [(tuple: PartitionTuple, rows: [Int32])] {
        var groups: [(tuple: PartitionTuple, rows: [Int32])] = []
        var known: [PartitionTuple: Int] = [:]
        for (number, row) in rows.enumerated() {
            let tuple = try tuple(of: row)
            if let group = known[tuple] {
                groups[group].rows.append(Int32(number))
            } else {
                known[tuple] = groups.count
                groups.append((tuple, [Int32(number)]))
            }
        }
        return groups
    }

    /// The folders of a partition below the table's.
    func folder(of tuple: PartitionTuple) throws -> String {
        try spec.fields.map { field in
            PartitionPath.segment(
                name: field.name,
                text: field.transform.text(
                    of: tuple[field.fieldID],
                    type: try source(of: field).type
                )
            )
        }.joined(separator: "/")
    }

    private func source(of field: PartitionField) throws -> SchemaField {
        guard let source = schema.field(id: field.sourceIDs[0]) else {
            throw SampleFailure("no field \(field.sourceIDs)")
        }
        return source
    }
}
