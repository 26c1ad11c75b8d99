internal import Diagnostics
internal import TableModel

extension FileField {
    /// Gives every field an id: its own or, where it has none or another has it, a new one.
    static func withInferredIDs(_ fields: [FileField]) -> [FileField] {
        var used: Set<Int32> = []
        collectIDs(fields, into: &used)
        var next: Int32 = 1
        var given: Set<Int32> = []
        return fields.map { $0.withInferredID(used, &given, &next) }
    }

    private static func collectIDs(_ fields: [FileField], into ids: inout Set<Int32>) {
        for field in fields {
            if let id = field.fieldID { ids.insert(id) }
            collectIDs(field.children, into: &ids)
        }
    }

    private func withInferredID(
        _ used: Set<Int32>,
        _ given: inout Set<Int32>,
        _ next: inout Int32
    ) -> FileField {
        var field = self
        if let fieldID, given.insert(fieldID).inserted {
            field.inferredID = fieldID
        } else {
            while used.contains(next) { next += 1 }
            field.inferredID = next
            next += 1
        }
        switch content {
        case .leaf, .foreign: break
        case .structure(let fields):
            field.content = .structure(fields.map { $0.withInferredID(used, &given, &next) })
        case .list(let element):
            field.content = .list(element.withInferredID(used, &given, &next))
        case .map(let key, let value):
            let key = key.withInferredID(used, &given, &next)
            field.content = .map(key: key, value: value.withInferredID(used, &given, &next))
        }
        return field
    }

    /// The field as a schema would have it, so that it can be read without one.
    ///
    /// - Throws: ``FormatError`` for a leaf whose physical type is none of the format's.
    func inferred(file: String, as givenName: String? = nil) throws(FormatError) -> SchemaField {
        SchemaField(
            id: inferredID,
            name: givenName ?? name,
            type: try inferredType(file: file),
            isRequired: !isOptional
        )
    }

    private func inferredType(file: String) throws(FormatError) -> IcebergType {
        switch content {
        case .leaf(let type): return type.icebergType
        case .foreign(let number):
            throw FormatError(
                file: file,
                "column \(name) has the physical type \(number), which the format does not know"
            )
        case .structure(let fields):
            if annotation == .variant, Self.variantParts(of: fields) != nil { return .variant }
            var types: [SchemaField] = []
            for field in fields { types.append(try field.inferred(file: file)) }
            return .structure(types)
        case .list(let element):
            return .list(element: try element.inferred(file: file, as: "element"))
        case .map(let key, let value):
            return .map(
                key: try key.inferred(file: file, as: "key"),
                value: try value.inferred(file: file, as: "value")
            )
        }
    }

    /// Metadata and value of a variant that is not shredded.
    static func variantParts(of fields: [FileField]) -> [FileField]? {
        guard fields.count == 2 else { return nil }
        var parts: [FileField] = []
        for name in ["metadata", "value"] {
            guard let part = fields.first(where: { $0.name == name }),
                case .leaf(let type) = part.content,
                type.physicalType == .byteArray
            else { return nil }
            parts.append(part)
        }
        return parts
    }
}
