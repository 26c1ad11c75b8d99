public import TableModel

/// The values of a file's partition, one per field of its spec.
///
/// Two tuples of one spec are equal when their values are: NULL to NULL, NaN to NaN, and whatever
/// width the columns had when the files were written.
///
/// Source: Iceberg specification, "Scan Planning", notes 3 and 4.
public struct PartitionTuple: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public var fieldID: Int32
        public var value: SingleValue?

        public init(fieldID: Int32, value: SingleValue?) {
            self.fieldID = fieldID
            self.value = value
        }
    }

    /// In the order of the spec's fields.
    public var fields: [Field]

    public init(fields: [Field] = []) { self.fields = fields }

    public static let unpartitioned = PartitionTuple()

    /// The value of a field; `nil` where it is NULL or the tuple does not have it.
    public subscript(fieldID: Int32) -> SingleValue? {
        fields.first { $0.fieldID == fieldID }?.value
    }
}

/// A partition of a table: a spec, and values of its fields.
public struct Partition: Hashable, Sendable {
    public var specID: Int32
    public var tuple: PartitionTuple

    public init(specID: Int32, tuple: PartitionTuple) {
        self.specID = specID
        self.tuple = tuple
    }
}
