import Iceberg
import TableModel

extension PartitionTuple {
    /// The tuple of a spec's fields, one value each.
    init(_ spec: PartitionSpec, values: [SingleValue?]) {
        precondition(values.isEmpty, "INTERIM")
        self = .unpartitioned
    }
}
