internal import Bytes
internal import TableModel

/// How updates change a table's schemas.
extension TableMetadata {
    mutating func add(_ schema: Schema) throws(TableUpdateError) -> Int32 {
        try schema.checkUsable(formatVersion: formatVersion)
        var known: Set<Int32> = []
        for stored in schemas { known.formUnion(stored.fieldIDs) }
        for field in schema.allFields where field.id <= lastColumnID && !known.contains(field.id) {
            throw TableUpdateError(
                .invalid,
                "column \(field.name) has the field id \(field.id), which is not new: the last one "
                    + "given was \(lastColumnID)"
            )
        }
        lastColumnID = max(lastColumnID, schema.highestFieldID)
        for stored in schemas {
            var same = schema
            same.schemaID = stored.schemaID
            if (try? stored.schema(file: "")) == same { return stored.schemaID }
        }
        var fresh = schema
        fresh.schemaID = try (schemas.map(\.schemaID).max() ?? -1).nextID(of: "schema")
        let current = storedSchema(id: currentSchemaID)
        schemas.append(StoredSchema(fresh, keepingUnknownMembersOf: current))
        return fresh.schemaID
    }

    mutating func setCurrentSchema(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, storedSchema(id: id) != nil
        else { throw TableUpdateError(.invalid, "no schema has the id \(id)") }
        currentSchemaID = id
    }

    mutating func remove(schemaIDs ids: Set<Int32>) throws(TableUpdateError) {
        guard !ids.contains(currentSchemaID) else {
            throw TableUpdateError(
                .invalid,
                "schema \(currentSchemaID) is the current one and cannot be removed"
            )
        }
        schemas.removeAll { ids.contains($0.schemaID) }
    }
}
