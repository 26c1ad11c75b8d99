public import Bytes
public import Diagnostics

/// Levels of types a schema may have.
private let schemaDepthMax = 64

/// Types a schema may have once its names are written out; Iceberg's have some eighty.
///
/// Names that stand for each other could otherwise grow without bound.
private let schemaTypesMax = 100_000

extension AvroSchema {
    /// Reads a schema from its JSON form.
    ///
    /// - Throws: ``FormatError`` for unknown types, missing members and types that hold themselves.
    public init(json: JSONValue, file: String) throws(FormatError) {
        var parser = SchemaParser(file: file)
        self = try parser.parse(json, depth: 0)
    }
}

/// Resolves names while it walks the JSON of a schema.
private struct SchemaParser {
    let file: String
    /// Records, enums and fixed types by name, once they are complete.
    var named: [String: (schema: AvroSchema, types: Int)] = [:]
    /// Types seen so far, with names written out.
    var types = 0

    init(file: String) { self.file = file }

    private func fault(_ message: String) -> FormatError {
        FormatError(file: file, "the Avro schema is not valid: \(message)")
    }

    mutating func parse(_ json: JSONValue, depth: Int) throws(FormatError) -> AvroSchema {
        guard depth <= schemaDepthMax else {
            throw fault("more than \(schemaDepthMax) levels of types")
        }
        types += 1
        guard types <= schemaTypesMax else { throw fault("more than \(schemaTypesMax) types") }
        switch json {
        case .string(let name): return try resolve(name)
        case .array(let branches):
            var schemas: [AvroSchema] = []
            for branch in branches { schemas.append(try parse(branch, depth: depth + 1)) }
            guard !schemas.isEmpty else { throw fault("a union has no branches") }
            return .union(schemas)
        case .object(let object): return try parseObject(object, depth: depth)
        default: throw fault("a type is \(json.kindDescription)")
        }
    }

    private mutating func resolve(_ name: String) throws(FormatError) -> AvroSchema {
        switch name {
        case "null": return .null
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "float": return .float
        case "double": return .double
        case "bytes": return .bytes
        case "string": return .string
        default:
            // A type that holds itself is not complete when it is named, so it is not found.
            guard let known = named[name] else { throw fault("the type \(name) is not known") }
            types += known.types
            guard types <= schemaTypesMax else { throw fault("more than \(schemaTypesMax) types") }
            return known.schema
        }
    }

    private mutating func parseObject(
        _ object: JSONObject,
        depth: Int
    ) throws(FormatError) -> AvroSchema {
        guard let type = object["type"] else { throw fault("a type has no member \"type\"") }
        guard case .string(let name) = type else { return try parse(type, depth: depth + 1) }
        switch name {
        case "record", "error": return try parseRecord(object, depth: depth)
        case "array":
            guard let items = object["items"] else { throw fault("an array has no items") }
            return .array(
                try parse(items, depth: depth + 1),
                elementID: object["element-id"]?.integerValue.flatMap { Int32(exactly: $0) }
            )
        case "map":
            guard let values = object["values"] else { throw fault("a map has no values") }
            return .map(try parse(values, depth: depth + 1))
        case "fixed":
            guard let size = object["size"]?.integerValue, (0...Int64(Int32.max)).contains(size)
            else { throw fault("a fixed type has no valid size") }
            let fixed = AvroSchema.fixed(name: try typeName(object), lengthBytes: Int(size))
            try declare(fixed, object, types: 1)
            return fixed
        case "enum":
            let symbols = object["symbols"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let enumeration = AvroSchema.enumeration(name: try typeName(object), symbols: symbols)
            try declare(enumeration, object, types: 1)
            return enumeration
        default: return try resolve(name)
        }
    }

    private mutating func parseRecord(
        _ object: JSONObject,
        depth: Int
    ) throws(FormatError) -> AvroSchema {
        guard let fields = object["fields"]?.arrayValue else {
            throw fault("a record has no fields")
        }
        var record = AvroSchema.Record(name: try typeName(object), fields: [])
        let typesBefore = types
        for field in fields {
            guard let field = field.objectValue, let name = field["name"]?.stringValue,
                let type = field["type"]
            else { throw fault("a field of record \(record.name) has no name or no type") }
            record.fields.append(
                AvroSchema.Field(
                    name: name,
                    schema: try parse(type, depth: depth + 1),
                    fieldID: field["field-id"]?.integerValue.flatMap { Int32(exactly: $0) }
                )
            )
        }
        try declare(.record(record), object, types: types - typesBefore + 1)
        return .record(record)
    }

    private func typeName(_ object: JSONObject) throws(FormatError) -> String {
        guard let name = object["name"]?.stringValue else {
            throw fault("a named type has no name")
        }
        return name
    }

    private mutating func declare(
        _ schema: AvroSchema,
        _ object: JSONObject,
        types: Int
    ) throws(FormatError) {
        let name = try typeName(object)
        named[name] = (schema, types)
        if let namespace = object["namespace"]?.stringValue {
            named["\(namespace).\(name)"] = (schema, types)
        }
    }
}
