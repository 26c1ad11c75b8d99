public import Bytes
public import TableModel

/// One field of a partition spec: a column, and what is made of its values.
public struct PartitionField: Hashable, Sendable {
    /// The columns the transform reads; one, but for multi-argument transforms of V3.
    public var sourceIDs: [Int32]
    /// Unique in the table; ``unassignedID`` where the table is still to give one.
    public var fieldID: Int32
    public var name: String
    public var transform: Transform
    /// Members of the JSON object that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        sourceIDs: [Int32],
        fieldID: Int32 = PartitionField.unassignedID,
        name: String,
        transform: Transform,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.sourceIDs = sourceIDs
        self.fieldID = fieldID
        self.name = name
        self.transform = transform
        self.otherMembers = otherMembers
    }

    /// Stands for an id in the fields of a spec that is to be added.
    public static let unassignedID: Int32 = 0

    /// Whether the field makes the same of the same columns.
    public func isEquivalent(to other: PartitionField) -> Bool {
        sourceIDs == other.sourceIDs && transform == other.transform
    }
}

/// How a table's files are spread over partitions.
///
/// Source: Iceberg specification, "Partitioning".
public struct PartitionSpec: Hashable, Sendable {
    public var specID: Int32
    public var fields: [PartitionField]
    /// Members of the JSON object that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        specID: Int32,
        fields: [PartitionField],
        otherMembers: JSONObject = JSONObject()
    ) {
        self.specID = specID
        self.fields = fields
        self.otherMembers = otherMembers
    }

    public static let unpartitioned = PartitionSpec(specID: 0, fields: [])

    /// Whether every file lies in one partition: no fields, or only dropped ones.
    public var isUnpartitioned: Bool { fields.allSatisfy { $0.transform == .void } }

    /// The id that the first partition field of a table gets.
    public static let firstFieldID: Int32 = 1000

    /// Whether both make the same partitions under the same names; a table has no two such specs.
    public func isEquivalent(to other: PartitionSpec) -> Bool {
        fields.count == other.fields.count
            && zip(fields, other.fields).allSatisfy {
                $0.isEquivalent(to: $1) && $0.name == $1.name
            }
    }
}
