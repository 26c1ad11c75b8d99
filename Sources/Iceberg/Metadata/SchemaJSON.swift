internal import Bytes
internal import Diagnostics
internal import TableModel

/// Fields and types as table metadata spells them.
///
/// Source: Iceberg specification, appendix C, "Schemas".
enum SchemaJSON {
    static let knownFieldMembers: Set<String> = [
        "id", "name", "required", "type", "doc", "initial-default", "write-default",
    ]

    // MARK: Writing

    static func fields(_ fields: [SchemaField], _ unknown: UnknownFieldMembers) -> JSONValue {
        .array(fields.map { .object(field($0, unknown)) })
    }

    private static func field(_ field: SchemaField, _ unknown: UnknownFieldMembers) -> JSONObject {
        var object: JSONObject = [
            "id": .integer(Int64(field.id)),
            "name": .string(field.name),
            "required": .bool(field.isRequired),
            "type": type(field.type, unknown),
        ]
        if let doc = field.doc { object.append("doc", .string(doc)) }
        if let value = field.initialDefault { object.append("initial-default", value) }
        if let value = field.writeDefault { object.append("write-default", value) }
        object.members.append(contentsOf: unknown.members(ofField: field.id))
        return object
    }

    private static func type(_ type: IcebergType, _ unknown: UnknownFieldMembers) -> JSONValue {
        switch type {
        case .structure(let fields):
            return ["type": "struct", "fields": Self.fields(fields, unknown)]
        case .list(let element):
            return [
                "type": "list",
                "element-id": .integer(Int64(element.id)),
                "element-required": .bool(element.isRequired),
                "element": Self.type(element.type, unknown),
            ]
        case .map(let key, let value):
            return [
                "type": "map",
                "key-id": .integer(Int64(key.id)),
                "key": Self.type(key.type, unknown),
                "value-id": .integer(Int64(value.id)),
                "value-required": .bool(value.isRequired),
                "value": Self.type(value.type, unknown),
            ]
        default: return .string(type.description)
        }
    }

    // MARK: Reading

    static func readFields(_ reader: JSONMembers) throws(FormatError) -> [SchemaField] {
        var fields: [SchemaField] = []
        for field in try reader.objects("fields") { fields.append(try readField(field)) }
        return fields
    }

    private static func readField(_ reader: JSONMembers) throws(FormatError) -> SchemaField {
        let name = try reader.string("name")
        let type = try readType(reader, member: "type", column: name)
        return SchemaField(
            id: try reader.int32("id"),
            name: name,
            type: type,
            isRequired: try reader.bool("required"),
            doc: try reader.optionalString("doc"),
            initialDefault: try readDefault(reader, "initial-default", type),
            writeDefault: try readDefault(reader, "write-default", type)
        )
    }

    /// A default of the field, known to be a value of its type; null is none.
    private static func readDefault(
        _ reader: JSONMembers,
        _ member: String,
        _ type: IcebergType
    ) throws(FormatError) -> JSONValue? {
        guard let json = reader.value(member) else { return nil }
        do throws(SingleValueFault) {
            _ = try SingleValue.read(json, as: type)
        } catch {
            throw reader.fault("\"\(member)\": \(error)")
        }
        return json
    }

    /// - `column`: The column that the type is of, or is inside of.
    private static func readType(
        _ reader: JSONMembers,
        member: String,
        column: String
    ) throws(FormatError) -> IcebergType {
        guard let json = reader.object[member] else { throw reader.fault("has no \"\(member)\"") }
        if let name = json.stringValue {
            if let type = IcebergType(named: name) { return type }
            throw reader.fault("column \(column) has the type \(name), which is not supported")
        }
        guard let nested = try reader.optionalObject(member) else {
            throw reader.fault("\"\(member)\" is null")
        }
        switch try nested.string("type") {
        case "struct": return .structure(try readFields(nested))
        case "list":
            return .list(
                element: SchemaField(
                    id: try nested.int32("element-id"),
                    name: "element",
                    type: try readType(nested, member: "element", column: column),
                    isRequired: try nested.bool("element-required")
                )
            )
        case "map":
            return .map(
                key: SchemaField(
                    id: try nested.int32("key-id"),
                    name: "key",
                    type: try readType(nested, member: "key", column: column),
                    isRequired: true
                ),
                value: SchemaField(
                    id: try nested.int32("value-id"),
                    name: "value",
                    type: try readType(nested, member: "value", column: column),
                    isRequired: try nested.bool("value-required")
                )
            )
        case let name:
            throw reader.fault("column \(column) has the type \(name), which is not supported")
        }
    }
}

/// Members of a schema's fields that this program does not know, by the fields' ids.
struct UnknownFieldMembers {
    private var byField: [Int32: [JSONObject.Member]] = [:]

    init() {}

    init(_ json: JSONObject) { collect(.object(json)) }

    func members(ofField id: Int32) -> [JSONObject.Member] { byField[id] ?? [] }

    private mutating func collect(_ value: JSONValue) {
        switch value {
        case .array(let elements): for element in elements { collect(element) }
        case .object(let object):
            if let id = object["id"]?.integerValue.flatMap({ Int32(exactly: $0) }) {
                let unknown = object.members.filter {
                    !SchemaJSON.knownFieldMembers.contains($0.name)
                }
                if !unknown.isEmpty { byField[id] = unknown }
            }
            for name in ["fields", "type", "element", "key", "value"] {
                if let inner = object[name] { collect(inner) }
            }
        default: return
        }
    }
}
