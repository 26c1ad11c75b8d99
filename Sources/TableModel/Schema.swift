/// One column of a table.
public struct SchemaField: Hashable, Sendable {
    /// Unique in the table for ever; a dropped column's id is never given to another.
    public var id: Int32
    public var name: String
    public var type: IcebergType
    public var isRequired: Bool
    public var doc: String?

    public init(id: Int32, name: String, type: IcebergType, isRequired: Bool, doc: String? = nil) {
        self.id = id
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.doc = doc
    }
}

/// The columns of a table at one time, in order.
///
/// Source: Iceberg specification, "Schemas and Data Types".
public struct Schema: Hashable, Sendable {
    public var schemaID: Int32
    public var fields: [SchemaField]
    /// Ids of the fields that make up a row's identity; empty for a table without a key.
    public var identifierFieldIDs: [Int32]

    public init(schemaID: Int32, fields: [SchemaField], identifierFieldIDs: [Int32]) {
        self.schemaID = schemaID
        self.fields = fields
        self.identifierFieldIDs = identifierFieldIDs
    }

    public func field(id: Int32) -> SchemaField? { fields.first { $0.id == id } }
    public func field(named name: String) -> SchemaField? { fields.first { $0.name == name } }
    public func index(ofFieldID id: Int32) -> Int? { fields.firstIndex { $0.id == id } }
    public var highestFieldID: Int32 { fields.map(\.id).max() ?? 0 }
}
