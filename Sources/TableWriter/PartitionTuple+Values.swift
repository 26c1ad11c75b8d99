import Iceberg
import TableModel

extension PartitionTuple {
    /// The tuple of a spec's fields, one value each.
    init(_ spec: PartitionSpec, values: [SingleValue?]) {
        self.init(
            fields: zip(spec.fields, values).map { Field(fieldID: $0.fieldID, value: $1) }
        )
    }
}
