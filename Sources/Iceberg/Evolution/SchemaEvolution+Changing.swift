public import Bytes
public import TableModel

/// Steps that change, move and take away what is there.
extension SchemaEvolution {
    public mutating func rename(_ id: Int32, to name: String) throws(TableUpdateError) {
        try checkIsNamed(id)
        guard try field(id).name != name else { return }
        try editSiblings(of: try parentID(of: id)) { fields throws(TableUpdateError) in
            try Self.checkName(name, among: fields)
            for index in fields.indices where fields[index].id == id { fields[index].name = name }
        }
    }

    /// Takes a field away; its id is never given to another.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for identifier fields, which have to be reset
    ///   first, and for what partition specs and sort orders of the table still read: several
    ///   engines cannot load a table whose specs name columns that are not there.
    public mutating func drop(_ id: Int32) throws(TableUpdateError) {
        try checkIsNamed(id)
        let gone = try field(id)
        let ids = Set(gone.selfAndDescendants.map(\.id))
        if let key = schema.identifierFieldIDs.first(where: ids.contains) {
            throw TableUpdateError(
                .invalid,
                "column \(gone.name) cannot be dropped: field \(key) identifies rows"
            )
        }
        for spec in metadata.partitionSpecs {
            for part in spec.fields where part.sourceIDs.contains(where: ids.contains) {
                throw TableUpdateError(
                    .invalid,
                    "column \(gone.name) cannot be dropped: partition field \(part.name) of spec "
                        + "\(spec.specID) reads it"
                )
            }
        }
        for order in metadata.sortOrders
        where order.fields.contains(where: { $0.sourceIDs.contains(where: ids.contains) }) {
            throw TableUpdateError(
                .invalid,
                "column \(gone.name) cannot be dropped: sort order \(order.orderID) reads it"
            )
        }
        try editSiblings(of: try parentID(of: id)) { fields throws(TableUpdateError) in
            guard fields.count > 1 else {
                throw TableUpdateError(
                    .invalid,
                    "column \(gone.name) cannot be dropped: it is the last one there"
                )
            }
            fields.removeAll { $0.id == id }
        }
    }

    /// Lets a field be NULL.
    public mutating func makeOptional(_ id: Int32) throws(TableUpdateError) {
        let name = try field(id).name
        guard !identifierPathIDs.contains(id) else {
            throw TableUpdateError(
                .invalid,
                "column \(name) cannot be made optional: it identifies rows"
            )
        }
        try edit(id) { $0.isRequired = false }
    }

    /// Widens a column's type by the promotions that need no file to be rewritten.
    public mutating func widen(_ id: Int32, to type: IcebergType) throws(TableUpdateError) {
        let old = try field(id)
        guard old.type != type else { return }
        guard old.type.canBePromoted(to: type, formatVersion: metadata.formatVersion) else {
            throw TableUpdateError(
                .invalid,
                "column \(old.name) cannot be changed from \(old.type) to \(type) in format version "
                    + "\(metadata.formatVersion)"
            )
        }
        for field in metadata.partitionSpecs.flatMap(\.fields)
        where field.sourceIDs.contains(id)
            && !field.transform.isUnchanged(byPromoting: old.type, to: type)
        {
            throw TableUpdateError(
                .invalid,
                "column \(old.name) cannot be changed to \(type): partition field \(field.name) "
                    + "(\(field.transform)) would make other values of it"
            )
        }
        let numbered = try numberedInside(type, of: old.name)
        let initial = try old.initialDefault.map { json throws(TableUpdateError) in
            try Self.promoted(json, of: old, to: type)
        }
        let write = try old.writeDefault.map { json throws(TableUpdateError) in
            try Self.promoted(json, of: old, to: type)
        }
        try edit(id) { field in
            field.type = numbered
            field.initialDefault = initial
            field.writeDefault = write
        }
    }

    /// A default as the same value of a wider type.
    private static func promoted(
        _ json: JSONValue,
        of field: SchemaField,
        to type: IcebergType
    ) throws(TableUpdateError) -> JSONValue {
        guard let value = try? SingleValue.read(json, as: field.type) else { return json }
        guard let promoted = value.promoted(from: field.type, to: type)?.json(as: type) else {
            throw TableUpdateError(
                .invalid,
                "the default of column \(field.name) cannot be written as \(type)"
            )
        }
        return promoted
    }

    public mutating func setDoc(_ doc: String?, of id: Int32) throws(TableUpdateError) {
        try checkIsNamed(id)
        try edit(id) { $0.doc = doc }
    }

    /// Sets what writers that do not know the field write from now on.
    public mutating func setWriteDefault(
        _ value: JSONValue?,
        of id: Int32
    ) throws(TableUpdateError) {
        try checkIsNamed(id)
        try edit(id) { $0.writeDefault = value == .null ? nil : value }
        try schema.checkUsable(formatVersion: metadata.formatVersion)
    }

    /// Moves a field among those of its struct.
    public mutating func move(_ id: Int32, to position: Position) throws(TableUpdateError) {
        try checkIsNamed(id)
        try editSiblings(of: try parentID(of: id)) { fields throws(TableUpdateError) in
            guard let index = fields.firstIndex(where: { $0.id == id }) else { return }
            if position == .before(id) || position == .after(id) { return }
            let field = fields.remove(at: index)
            try Self.insert(field, into: &fields, at: position)
        }
    }

    /// Sets the fields that identify rows; their order does not count.
    public mutating func setIdentifierFields(_ ids: [Int32]) throws(TableUpdateError) {
        schema.identifierFieldIDs = Set(ids).sorted()
        try schema.checkUsable(formatVersion: metadata.formatVersion)
    }
}
