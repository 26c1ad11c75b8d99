internal import TableModel

/// How the steps find fields and change them in their places.
extension SchemaEvolution {
    func field(_ id: Int32) throws(TableUpdateError) -> SchemaField {
        guard let field = schema.path(toFieldID: id)?.last else {
            throw TableUpdateError(.invalid, "no column has the field id \(id)")
        }
        return field
    }

    func parentID(of id: Int32) throws(TableUpdateError) -> Int32? {
        guard let path = schema.path(toFieldID: id) else {
            throw TableUpdateError(.invalid, "no column has the field id \(id)")
        }
        return path.dropLast().last?.id
    }

    /// Elements, keys and values have no names, docs, defaults and places of their own.
    func checkIsNamed(_ id: Int32) throws(TableUpdateError) {
        guard let path = schema.path(toFieldID: id) else {
            throw TableUpdateError(.invalid, "no column has the field id \(id)")
        }
        switch path.dropLast().last?.type {
        case nil, .structure: return
        default:
            throw TableUpdateError(
                .invalid,
                "field \(id) is the \(path[path.count - 1].name) of a list or map, and no column"
            )
        }
    }

    /// A key that changes may be equal to another, which no engine could tell of older files.
    ///
    /// Source: Iceberg's `UpdateSchema`, which refuses every change inside of keys.
    private func checkIsOutsideOfKeys(_ id: Int32) throws(TableUpdateError) {
        for case .map(let key, _) in schema.allFields.map(\.type)
        where key.selfAndDescendants.contains(where: { $0.id == id }) {
            throw TableUpdateError(
                .invalid,
                "field \(id) is a key of a map or inside of one, and cannot be changed"
            )
        }
    }

    /// Identifier fields and the structs that they are inside of.
    var identifierPathIDs: Set<Int32> {
        Set(schema.identifierFieldIDs.flatMap { schema.path(toFieldID: $0)?.map(\.id) ?? [] })
    }

    mutating func edit(
        _ id: Int32,
        _ change: (inout SchemaField) -> Void
    ) throws(TableUpdateError) {
        _ = try field(id)
        try checkIsOutsideOfKeys(id)
        schema.fields = schema.fields.map { $0.edited(id, change) }
    }

    mutating func editSiblings(
        of structureID: Int32?,
        _ change: (inout [SchemaField]) throws(TableUpdateError) -> Void
    ) throws(TableUpdateError) {
        guard let structureID else { return try change(&schema.fields) }
        var fields = try field(structureID).type.children
        try change(&fields)
        let changed = fields
        try edit(structureID) { $0.type = .structure(changed) }
    }

    static func checkName(
        _ name: String,
        among fields: [SchemaField]
    ) throws(TableUpdateError) {
        guard !name.isEmpty, !fields.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
        else {
            throw TableUpdateError(.invalid, "there is a column \(name) already")
        }
    }

    static func insert(
        _ field: SchemaField,
        into fields: inout [SchemaField],
        at position: Position
    ) throws(TableUpdateError) {
        switch position {
        case .first: fields.insert(field, at: 0)
        case .last: fields.append(field)
        case .before(let id), .after(let id):
            guard let index = fields.firstIndex(where: { $0.id == id }) else {
                throw TableUpdateError(
                    .invalid,
                    "column \(field.name) cannot be put beside field \(id), which is not in the "
                        + "same struct"
                )
            }
            fields.insert(field, at: position == .before(id) ? index : index + 1)
        }
    }
}

extension SchemaField {
    /// The field with one of those inside of it, or itself, changed.
    fileprivate func edited(_ id: Int32, _ change: (inout SchemaField) -> Void) -> SchemaField {
        var edited = self
        if self.id == id {
            change(&edited)
            return edited
        }
        switch type {
        case .structure(let fields):
            edited.type = .structure(fields.map { $0.edited(id, change) })
        case .list(let element): edited.type = .list(element: element.edited(id, change))
        case .map(let key, let value):
            edited.type = .map(key: key.edited(id, change), value: value.edited(id, change))
        default: break
        }
        return edited
    }
}
