public import Bytes

/// One column of a table, or one field inside a nested column.
public struct SchemaField: Hashable, Sendable {
    /// Unique in the table for ever; a dropped column's id is never given to another.
    public var id: Int32
    public var name: String
    public var type: IcebergType
    public var isRequired: Bool
    public var doc: String?
    /// What rows of files without this column read, as single-value JSON; format version 3.
    public var initialDefault: JSONValue?
    /// What writers that do not name this column write, as single-value JSON; format version 3.
    public var writeDefault: JSONValue?

    public init(
        id: Int32,
        name: String,
        type: IcebergType,
        isRequired: Bool,
        doc: String? = nil,
        initialDefault: JSONValue? = nil,
        writeDefault: JSONValue? = nil
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.doc = doc
        self.initialDefault = initialDefault
        self.writeDefault = writeDefault
    }

    /// This field and those inside it, each before what it holds.
    public var selfAndDescendants: [SchemaField] {
        [self] + type.children.flatMap(\.selfAndDescendants)
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

    /// The column with this id, at the top level.
    public func field(id: Int32) -> SchemaField? { fields.first { $0.id == id } }
    /// The column with this name, at the top level.
    public func field(named name: String) -> SchemaField? { fields.first { $0.name == name } }
    public func index(ofFieldID id: Int32) -> Int? { fields.firstIndex { $0.id == id } }

    /// All columns and the fields inside them, each before what it holds.
    public var allFields: [SchemaField] { fields.flatMap(\.selfAndDescendants) }
    public var highestFieldID: Int32 { allFields.map(\.id).max() ?? 0 }

    /// The fields from the column down to the one with the id; `nil` when there is none.
    public func path(toFieldID id: Int32) -> [SchemaField]? { Self.path(to: id, in: fields) }

    private static func path(to id: Int32, in fields: [SchemaField]) -> [SchemaField]? {
        for field in fields {
            if field.id == id { return [field] }
            if let inner = path(to: id, in: field.type.children) { return [field] + inner }
        }
        return nil
    }
}
