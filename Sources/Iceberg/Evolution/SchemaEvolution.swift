public import Bytes
public import Diagnostics
public import TableModel

/// Changes a table's schema step by step, each checked, into updates for one commit.
///
/// Fields go by their ids: a name may be that of another field after the change.
///
/// Source: Iceberg specification, "Schema Evolution".
public struct SchemaEvolution: Sendable {
    /// Where a field stands among those of its struct.
    public enum Position: Hashable, Sendable {
        case first
        case last
        case before(Int32)
        case after(Int32)
    }

    /// The schema as the steps so far have made it.
    public internal(set) var schema: Schema
    let metadata: TableMetadata
    private let original: Schema
    private(set) var lastColumnID: Int32

    /// - Throws: `FormatError` when the table has columns of types that are not known.
    public init(of metadata: TableMetadata) throws(FormatError) {
        self.metadata = metadata
        original = try metadata.currentSchema()
        schema = original
        lastColumnID = metadata.lastColumnID
    }

    /// Add the schema and make it the current one; nothing where the steps changed nothing.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for a schema that no table can have.
    public func updates() throws(TableUpdateError) -> [TableUpdate] {
        guard schema != original else { return [] }
        try schema.checkUsable(formatVersion: metadata.formatVersion)
        return [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)]
    }

    /// The schema is the one that the steps began with, and nobody else gave out field ids.
    public var requirements: [TableRequirement] {
        [
            .assertCurrentSchemaID(metadata.currentSchemaID),
            .assertLastAssignedFieldID(metadata.lastColumnID),
        ]
    }

    /// Adds a column, or a field inside of one; what is inside of it gets new ids as well.
    ///
    /// A required one needs defaults, as rows that are there do not have it; so do its older files,
    /// which is why defaults need format version 3.
    ///
    /// - `parentID`: The struct to add to, or a list or map of structs; `nil` for the table.
    /// - `defaultValue`: What rows that are there read, and writers that do not know it write.
    /// - Returns: The field's id.
    /// - Throws: ``TableUpdateError`` `.invalid`.
    @discardableResult
    public mutating func add(
        _ name: String,
        _ type: IcebergType,
        to parentID: Int32? = nil,
        isRequired: Bool = false,
        doc: String? = nil,
        defaultValue: JSONValue? = nil,
        at position: Position = .last
    ) throws(TableUpdateError) -> Int32 {
        guard !isRequired || defaultValue ?? .null != .null else {
            throw TableUpdateError(
                .invalid,
                "column \(name) cannot be added as a required one without a default"
            )
        }
        let field = try numbered(
            SchemaField(
                id: 0,
                name: name,
                type: type,
                isRequired: isRequired,
                doc: doc,
                initialDefault: defaultValue,
                writeDefault: defaultValue
            )
        )
        try editSiblings(of: try structure(of: parentID)) { fields throws(TableUpdateError) in
            try Self.checkName(name, among: fields)
            try Self.insert(field, into: &fields, at: position)
        }
        return field.id
    }

    /// The field with new ids for itself and what is inside of it.
    private mutating func numbered(_ field: SchemaField) throws(TableUpdateError) -> SchemaField {
        var numbering = try numbering(of: field.selfAndDescendants.count, for: field.name)
        let numbered = numbering.renumbering([field])[0]
        lastColumnID = numbering.nextID - 1
        return numbered
    }

    /// New ids for what is inside of a column's new type; the column keeps its own.
    mutating func numberedInside(
        _ type: IcebergType,
        of column: String
    ) throws(TableUpdateError) -> IcebergType {
        let count = type.children.reduce(0) { $0 + $1.selfAndDescendants.count }
        guard count > 0 else { return type }
        var numbering = try numbering(of: count, for: column)
        let numbered = numbering.renumberingInside(type)
        lastColumnID = numbering.nextID - 1
        return numbered
    }

    private func numbering(
        of count: Int,
        for column: String
    ) throws(TableUpdateError) -> FieldNumbering {
        guard Int(lastColumnID) + count <= Int(Schema.fieldIDMax) else {
            throw TableUpdateError(
                .invalid,
                "column \(column) needs \(count) field ids, of which \(lastColumnID) of "
                    + "\(Schema.fieldIDMax) were given"
            )
        }
        return FieldNumbering(from: lastColumnID + 1)
    }

    /// The struct that fields are added to: itself, or what is inside of a list or map.
    private func structure(of parentID: Int32?) throws(TableUpdateError) -> Int32? {
        guard let parentID else { return nil }
        let parent = try field(parentID)
        switch parent.type {
        case .structure: return parentID
        case .list(let inner), .map(_, let inner):
            if case .structure = inner.type { return inner.id }
        default: break
        }
        throw TableUpdateError(
            .invalid,
            "\(parent.name) (\(parent.type)) holds no fields that another could be added to"
        )
    }
}
