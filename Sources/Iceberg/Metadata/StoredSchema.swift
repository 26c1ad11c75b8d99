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
    ///
    /// - `older`: Members that this program does not know are taken over from its fields of the
    ///   same ids.
    public init(_ schema: Schema, keepingUnknownMembersOf older: StoredSchema? = nil) {
        let unknown = older.map { UnknownFieldMembers($0.json) } ?? UnknownFieldMembers()
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
        json.append("fields", SchemaJSON.fields(schema.fields, unknown))
        if let older {
            let others = older.json.members.filter { !Self.knownMembers.contains($0.name) }
            json.members.append(contentsOf: others)
        }
    }

    static let knownMembers: Set<String> = ["type", "schema-id", "identifier-field-ids", "fields"]

    /// The schema, if all its columns have types that this program knows.
    ///
    /// - Throws: ``FormatError`` naming the column otherwise.
    public func schema(file: String) throws(FormatError) -> Schema {
        let reader = JSONMembers(json, file: file, path: "schema \(schemaID)")
        return Schema(
            schemaID: schemaID,
            fields: try SchemaJSON.readFields(reader),
            identifierFieldIDs: try reader.optionalInt32s("identifier-field-ids") ?? []
        )
    }

    /// The ids of all fields, nested ones included, whatever their types.
    public var fieldIDs: [Int32] {
        var ids: [Int32] = []
        Self.collectIDs(in: .object(json), into: &ids)
        return ids
    }

    public var highestFieldID: Int32 { fieldIDs.max() ?? 0 }

    private static func collectIDs(in value: JSONValue, into ids: inout [Int32]) {
        switch value {
        case .array(let elements):
            for element in elements { collectIDs(in: element, into: &ids) }
        case .object(let object):
            for member in object.members {
                switch member.name {
                case "id", "element-id", "key-id", "value-id":
                    if let id = member.value.integerValue.flatMap({ Int32(exactly: $0) }) {
                        ids.append(id)
                    }
                case "fields", "type", "element", "key", "value":
                    collectIDs(in: member.value, into: &ids)
                default: continue
                }
            }
        default: return
        }
    }
}
