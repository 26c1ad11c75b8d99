public import TableModel

/// The types of the values in a spec's partition tuples.
public struct PartitionType: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public var fieldID: Int32
        public var name: String
        public var type: IcebergType

        public init(fieldID: Int32, name: String, type: IcebergType) {
            self.fieldID = fieldID
            self.name = name
            self.type = type
        }
    }

    public var fields: [Field]

    public init(fields: [Field]) { self.fields = fields }

    public static let unpartitioned = PartitionType(fields: [])
}

extension TableMetadata {
    /// The types of a spec's partition values, by the columns as they are now.
    ///
    /// - Returns: `nil` when a transform is not known, or a column is in no schema any more.
    public func partitionType(of spec: PartitionSpec) -> PartitionType? {
        var fields: [PartitionType.Field] = []
        for field in spec.fields {
            guard field.sourceIDs.count == 1, let source = self.field(id: field.sourceIDs[0]),
                let type = field.transform.resultType(of: source.type)
            else { return nil }
            fields.append(
                PartitionType.Field(fieldID: field.fieldID, name: field.name, type: type)
            )
        }
        return PartitionType(fields: fields)
    }

    /// A column or nested field: as it is now, or was in the newest schema that has it.
    ///
    /// Schemas with types that are not known do not count.
    public func field(id: Int32) -> SchemaField? {
        let newestFirst = schemas.sorted { $0.schemaID > $1.schemaID }
        let current = newestFirst.filter { $0.schemaID == currentSchemaID }
        for stored in current + newestFirst where stored.fieldIDs.contains(id) {
            guard let schema = try? stored.schema(file: "") else { continue }
            return schema.path(toFieldID: id)?.last
        }
        return nil
    }
}
