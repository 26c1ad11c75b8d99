internal import TableModel

extension Schema {
    /// The schema with field ids from 1, as engines number them when a table is created: the columns
    /// first, in order, then what is inside of each.
    ///
    /// - Returns: The schema with the id 0, and each old id's new one.
    /// - Precondition: No id occurs twice.
    func renumbered() -> (schema: Schema, newIDs: [Int32: Int32]) {
        var numbering = FieldNumbering()
        let fields = numbering.renumbering(self.fields)
        let newIDs = numbering.newIDs
        let fresh = Schema(
            schemaID: 0,
            fields: fields,
            identifierFieldIDs: identifierFieldIDs.compactMap { newIDs[$0] }
        )
        return (fresh, newIDs)
    }
}

/// Gives fields ascending ids, those of one level before the ones inside.
struct FieldNumbering {
    private(set) var nextID: Int32
    private(set) var newIDs: [Int32: Int32] = [:]

    init(from nextID: Int32 = 1) { self.nextID = nextID }

    mutating func renumbering(_ fields: [SchemaField]) -> [SchemaField] {
        var fresh = fields
        for index in fresh.indices {
            fresh[index].id = nextID
            newIDs[fields[index].id] = nextID
            nextID += 1
        }
        for index in fresh.indices { fresh[index].type = renumbering(fresh[index].type) }
        return fresh
    }

    /// New ids for what is inside of a type.
    mutating func renumberingInside(_ type: IcebergType) -> IcebergType { renumbering(type) }

    private mutating func renumbering(_ type: IcebergType) -> IcebergType {
        let children = renumbering(type.children)
        switch type {
        case .structure: return .structure(children)
        case .list: return .list(element: children[0])
        case .map: return .map(key: children[0], value: children[1])
        default: return type
        }
    }
}
