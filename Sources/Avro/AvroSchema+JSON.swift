public import Bytes
public import Diagnostics

extension AvroSchema {
    /// Reads a schema from its JSON form.
    ///
    /// - Throws: ``FormatError`` for unknown types, missing members and types that hold themselves.
    public init(json: JSONValue, file: String) throws(FormatError) {
        var parser = SchemaParser(file: file)
        self = try parser.parse(json, namespace: "", depth: 0)
    }
}

/// Resolves names while it walks the JSON of a schema.
private struct SchemaParser {
    private struct Known {
        var schema: AvroSchema
        /// Types in it, with names written out.
        var types: Int
    }

    private let file: String
    /// Records, enums and fixed types by full name and by alias, once they are complete.
    private var named: [String: Known] = [:]
    /// The same without their namespaces, as some writers refer to them.
    private var unqualified: [String: Known] = [:]
    /// Records that are being read: what refers to one of them holds itself.
    private var open: Set<String> = []
    /// Types seen so far, with names written out.
    private var types = 0

    init(file: String) { self.file = file }

    private func fault(_ message: String) -> FormatError {
        FormatError(file: file, "the Avro schema is not valid: \(message)")
    }

    private mutating func count(_ added: Int) throws(FormatError) {
        types += added
        guard types <= AvroLimits.schemaTypesMax else {
            throw fault("more than \(AvroLimits.schemaTypesMax) types")
        }
    }

    mutating func parse(
        _ json: JSONValue,
        namespace: String,
        depth: Int
    ) throws(FormatError) -> AvroSchema {
        guard depth <= AvroLimits.schemaDepthMax else {
            throw fault("more than \(AvroLimits.schemaDepthMax) levels of types")
        }
        try count(1)
        switch json {
        case .string(let name): return try resolve(name, namespace: namespace)
        case .array(let branches):
            var schemas: [AvroSchema] = []
            for branch in branches {
                schemas.append(try parse(branch, namespace: namespace, depth: depth + 1))
            }
            guard !schemas.isEmpty else { throw fault("a union has no branches") }
            return .union(schemas)
        case .object(let object):
            let base = try parseObject(object, namespace: namespace, depth: depth)
            guard base.logicalType == nil, let logical = AvroLogicalType(object, of: base) else {
                return base
            }
            let schema = AvroSchema.logical(logical, base)
            if case .fixed(let name, _) = base, object["type"] == "fixed" {
                // Where the name is used again, the values mean the same.
                declare(Known(schema: schema, types: 1), object, name: name)
            }
            return schema
        default: throw fault("a type is \(json.kindDescription)")
        }
    }

    private mutating func resolve(
        _ name: String,
        namespace: String
    ) throws(FormatError) -> AvroSchema {
        if let primitive = AvroSchema(primitive: name) { return primitive }
        let fullName = qualified(name, namespace: namespace)
        guard !open.contains(fullName) else {
            throw fault("the record \(fullName) holds itself, which is not supported")
        }
        guard let known = named[fullName] ?? named[name] ?? unqualified[name] else {
            throw fault("the type \(fullName) is not known")
        }
        try count(known.types)
        return known.schema
    }

    private mutating func parseObject(
        _ object: JSONObject,
        namespace: String,
        depth: Int
    ) throws(FormatError) -> AvroSchema {
        guard let type = object["type"] else { throw fault("a type has no member \"type\"") }
        guard case .string(let name) = type else {
            return try parse(type, namespace: namespace, depth: depth + 1)
        }
        switch name {
        case "record", "error":
            return try parseRecord(object, namespace: namespace, depth: depth)
        case "array":
            guard let items = object["items"] else { throw fault("an array has no items") }
            let schema = try parse(items, namespace: namespace, depth: depth + 1)
            try checkItems(schema, of: "an array", extraBytes: 0)
            return .array(
                schema,
                elementID: object["element-id"]?.integerValue.flatMap { Int32(exactly: $0) }
            )
        case "map":
            guard let values = object["values"] else { throw fault("a map has no values") }
            let schema = try parse(values, namespace: namespace, depth: depth + 1)
            // The length of the key takes a byte.
            try checkItems(schema, of: "a map", extraBytes: 1)
            return .map(schema)
        case "fixed": return try parseFixed(object, namespace: namespace)
        case "enum": return try parseEnumeration(object, namespace: namespace)
        default: return try resolve(name, namespace: namespace)
        }
    }

    /// Refuses items that hold many values in few bytes: a count would then bound no memory.
    private func checkItems(
        _ schema: AvroSchema,
        of parent: String,
        extraBytes: Int
    ) throws(FormatError) {
        let (bytesMin, emptyValues) = schema.footprint
        guard emptyValues <= AvroLimits.emptyValuesPerByteMax * (bytesMin + extraBytes) else {
            throw fault(
                "the items of \(parent) hold \(emptyValues) values that take no byte, in "
                    + "\(bytesMin + extraBytes) bytes at least"
            )
        }
    }

    private mutating func parseFixed(
        _ object: JSONObject,
        namespace: String
    ) throws(FormatError) -> AvroSchema {
        guard let size = object["size"]?.integerValue, (0...Int64(Int32.max)).contains(size) else {
            throw fault("a fixed type has no valid size")
        }
        let name = try typeName(object, namespace: namespace)
        let schema = AvroSchema.fixed(name: name, lengthBytes: Int(size))
        declare(Known(schema: schema, types: 1), object, name: name)
        return schema
    }

    private mutating func parseEnumeration(
        _ object: JSONObject,
        namespace: String
    ) throws(FormatError) -> AvroSchema {
        let name = try typeName(object, namespace: namespace)
        let schema = AvroSchema.enumeration(
            name: name,
            symbols: object["symbols"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            defaultSymbol: object["default"]?.stringValue
        )
        declare(Known(schema: schema, types: 1), object, name: name)
        return schema
    }

    private mutating func parseRecord(
        _ object: JSONObject,
        namespace: String,
        depth: Int
    ) throws(FormatError) -> AvroSchema {
        guard let fields = object["fields"]?.arrayValue else {
            throw fault("a record has no fields")
        }
        let name = try typeName(object, namespace: namespace)
        var record = AvroSchema.Record(name: name, fields: [])
        let typesBefore = types
        let isOutermost = open.insert(name).inserted
        for field in fields {
            guard let field = field.objectValue, let fieldName = field["name"]?.stringValue,
                let type = field["type"]
            else { throw fault("a field of record \(name) has no name or no type") }
            let schema = try parse(type, namespace: self.namespace(of: name), depth: depth + 1)
            record.fields.append(
                AvroSchema.Field(
                    name: fieldName,
                    schema: schema,
                    fieldID: field["field-id"]?.integerValue.flatMap { Int32(exactly: $0) },
                    aliases: field["aliases"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                    defaultValue: field["default"]
                )
            )
        }
        if isOutermost { open.remove(name) }
        let known = Known(schema: .record(record), types: types - typesBefore + 1)
        declare(known, object, name: name)
        return known.schema
    }

    /// A type's own name with its namespace.
    private func typeName(_ object: JSONObject, namespace: String) throws(FormatError) -> String {
        guard let name = object["name"]?.stringValue else {
            throw fault("a named type has no name")
        }
        return qualified(name, namespace: object["namespace"]?.stringValue ?? namespace)
    }

    /// A name with dots is whole; any other belongs to the namespace.
    private func qualified(_ name: String, namespace: String) -> String {
        name.contains(".") || namespace.isEmpty ? name : "\(namespace).\(name)"
    }

    private func namespace(of fullName: String) -> String {
        fullName.lastIndex(of: ".").map { String(fullName[..<$0]) } ?? ""
    }

    private mutating func declare(_ known: Known, _ object: JSONObject, name: String) {
        let aliases = object["aliases"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let namespace = namespace(of: name)
        for name in [name] + aliases.map({ qualified($0, namespace: namespace) }) {
            named[name] = known
            unqualified[name.split(separator: ".").last.map(String.init) ?? name] = known
        }
    }
}

extension AvroSchema {
    /// The type of a primitive name; `nil` for any other name.
    fileprivate init?(primitive name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "int": self = .int
        case "long": self = .long
        case "float": self = .float
        case "double": self = .double
        case "bytes": self = .bytes
        case "string": self = .string
        default: return nil
        }
    }
}
