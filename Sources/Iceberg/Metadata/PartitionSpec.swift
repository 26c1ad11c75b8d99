/// One field of a partition spec: a column, and what is made of its values.
public struct PartitionField: Hashable, Sendable {
    /// The columns the transform reads; one, but for multi-argument transforms of V3.
    public var sourceIDs: [Int32]
    public var fieldID: Int32
    public var name: String
    /// As table metadata spells it, such as `identity` or `bucket[16]`; unknown ones are kept.
    public var transform: String

    public init(sourceIDs: [Int32], fieldID: Int32, name: String, transform: String) {
        self.sourceIDs = sourceIDs
        self.fieldID = fieldID
        self.name = name
        self.transform = transform
    }
}

/// How a table's files are spread over partitions.
///
/// Source: Iceberg specification, "Partitioning".
public struct PartitionSpec: Hashable, Sendable {
    public var specID: Int32
    public var fields: [PartitionField]

    public init(specID: Int32, fields: [PartitionField]) {
        self.specID = specID
        self.fields = fields
    }

    public static let unpartitioned = PartitionSpec(specID: 0, fields: [])

    /// Whether every file lies in one partition: no fields, or only dropped ones.
    public var isUnpartitioned: Bool { fields.allSatisfy { $0.transform == "void" } }

    /// The id that the first partition field of a table gets.
    public static let firstFieldID: Int32 = 1000
}
