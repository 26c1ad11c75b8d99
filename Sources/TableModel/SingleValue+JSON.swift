public import Bytes

/// JSON that is no value of the type it was read as.
public struct SingleValueFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var type: String
    public var message: String

    init(_ type: IcebergType, _ message: String) {
        self.type = type.description
        self.message = message
    }

    public var description: String { "expected a value of the type \(type): \(message)" }
}

extension SingleValue {
    /// Reads a value by its type; JSON's null is `nil`.
    ///
    /// Source: Iceberg specification, appendix D, "JSON single-value serialization".
    public static func read(
        _ json: JSONValue,
        as type: IcebergType
    ) throws(SingleValueFault) -> SingleValue? {
        if json == .null { return nil }
        switch type {
        case .structure(let fields): return .structure(try readMembers(json, fields, type))
        case .list(let element):
            guard let items = json.arrayValue else { throw wrongKind(json, "an array", type) }
            return .list(try readItems(items, element))
        case .map(let key, let value): return .map(try readEntries(json, key, value, type))
        default: return try readPrimitive(json, as: type)
        }
    }

    private static func wrongKind(
        _ json: JSONValue,
        _ wanted: String,
        _ type: IcebergType
    ) -> SingleValueFault {
        SingleValueFault(type, "it is \(json.kindDescription), not \(wanted)")
    }

    private static func readMembers(
        _ json: JSONValue,
        _ fields: [SchemaField],
        _ type: IcebergType
    ) throws(SingleValueFault) -> [Member] {
        guard let object = json.objectValue else { throw wrongKind(json, "an object", type) }
        var members: [Member] = []
        for field in fields {
            guard let value = object[String(field.id)] else { continue }
            members.append(Member(fieldID: field.id, value: try read(value, as: field.type)))
        }
        guard members.count == object.members.count else {
            throw SingleValueFault(type, "it has members that are none of the type's field ids")
        }
        return members
    }

    private static func readItems(
        _ items: [JSONValue],
        _ element: SchemaField
    ) throws(SingleValueFault) -> [SingleValue?] {
        var values: [SingleValue?] = []
        for item in items { values.append(try read(item, as: element.type)) }
        return values
    }

    private static func readEntries(
        _ json: JSONValue,
        _ key: SchemaField,
        _ value: SchemaField,
        _ type: IcebergType
    ) throws(SingleValueFault) -> [Entry] {
        guard let keys = json.objectValue?["keys"]?.arrayValue,
            let values = json.objectValue?["values"]?.arrayValue, keys.count == values.count
        else { throw wrongKind(json, "an object of as many keys as values", type) }
        var entries: [Entry] = []
        for (keyJSON, valueJSON) in zip(keys, values) {
            guard let readKey = try read(keyJSON, as: key.type) else {
                throw SingleValueFault(type, "a key is null")
            }
            entries.append(Entry(key: readKey, value: try read(valueJSON, as: value.type)))
        }
        return entries
    }

    /// The value as JSON; `nil` for values that have no such form, NaN among them.
    public func json(as type: IcebergType) -> JSONValue? {
        switch (self, type) {
        case (.structure(let members), .structure(let fields)):
            var object = JSONObject()
            for member in members {
                guard let field = fields.first(where: { $0.id == member.fieldID }),
                    let json = Self.json(member.value, as: field.type)
                else { return nil }
                object.append(String(member.fieldID), json)
            }
            return .object(object)
        case (.list(let items), .list(let element)):
            let json = items.compactMap { Self.json($0, as: element.type) }
            return json.count == items.count ? .array(json) : nil
        case (.map(let entries), .map(let key, let value)):
            let keys = entries.compactMap { $0.key.json(as: key.type) }
            let values = entries.compactMap { Self.json($0.value, as: value.type) }
            guard keys.count == entries.count, values.count == entries.count else { return nil }
            return ["keys": .array(keys), "values": .array(values)]
        default: return primitiveJSON(as: type)
        }
    }

    private static func json(_ value: SingleValue?, as type: IcebergType) -> JSONValue? {
        guard let value else { return .null }
        return value.json(as: type)
    }
}
