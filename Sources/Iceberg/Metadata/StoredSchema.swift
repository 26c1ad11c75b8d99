public import Bytes
public import Diagnostics
public import TableModel

/// A schema as table metadata holds it, with whatever a newer format version put into it.
///
/// Source: Iceberg specification, appendix C, "Schemas".
public struct StoredSchema: Hashable, Sendable {
    public var schemaID: Int32
    public var json: JSONObject

    public init(schemaID: Int32, json: JSONObject) {
        self.schemaID = schemaID
        self.json = json
    }

    /// The JSON form of a schema of ours.
    public init(_ schema: Schema) {
        schemaID = schema.schemaID
        json = [
            "type": "struct",
            "schema-id": .integer(Int64(schema.schemaID)),
        ]
        if !schema.identifierFieldIDs.isEmpty {
            json.append(
                "identifier-field-ids",
                .array(schema.identifierFieldIDs.map { .integer(Int64($0)) })
            )
        }
        json.append("fields", .array(schema.fields.map(Self.fieldJSON)))
    }

    private static func fieldJSON(_ field: SchemaField) -> JSONValue {
        var object: JSONObject = [
            "id": .integer(Int64(field.id)),
            "name": .string(field.name),
            "required": .bool(field.isRequired),
            "type": .string(field.type.description),
        ]
        if let doc = field.doc { object.append("doc", .string(doc)) }
        return .object(object)
    }

    /// The schema, if all its columns have types that this program knows.
    ///
    /// - Throws: ``FormatError`` naming the column otherwise.
    public func schema(file: String) throws(FormatError) -> Schema {
        let reader = JSONMembers(json, file: file, path: "schema \(schemaID)")
        var fields: [SchemaField] = []
        for field in try reader.objects("fields") {
            fields.append(try Self.field(field))
        }
        return Schema(
            schemaID: schemaID,
            fields: fields,
            identifierFieldIDs: try reader.optionalInt32s("identifier-field-ids") ?? []
        )
    }

    private static func field(_ reader: JSONMembers) throws(FormatError) -> SchemaField {
        let name = try reader.string("name")
        guard let typeJSON = reader.object["type"] else { throw reader.fault("has no \"type\"") }
        guard case .string(let typeName) = typeJSON, let type = IcebergType(named: typeName) else {
            let typeName =
                typeJSON.stringValue ?? typeJSON.objectValue?["type"]?.stringValue ?? "unknown"
            throw reader.fault("column \(name) has the type \(typeName), which is not supported")
        }
        return SchemaField(
            id: try reader.int32("id"),
            name: name,
            type: type,
            isRequired: try reader.bool("required"),
            doc: try reader.optionalString("doc")
        )
    }

    /// The highest id of any field, nested ones included.
    public var highestFieldID: Int32 { Self.highestID(in: .object(json)) }

    private static func highestID(in value: JSONValue) -> Int32 {
        switch value {
        case .array(let elements): elements.map(highestID).max() ?? 0
        case .object(let object):
            object.members.map { member in
                switch member.name {
                case "id", "element-id", "key-id", "value-id":
                    member.value.integerValue.flatMap { Int32(exactly: $0) } ?? 0
                case "fields", "type", "element", "key", "value": highestID(in: member.value)
                default: 0
                }
            }.max() ?? 0
        default: 0
        }
    }
}
