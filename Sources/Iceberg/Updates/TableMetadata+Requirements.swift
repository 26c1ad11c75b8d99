extension TableMetadata {
    /// Compares the table with what a commit expects of it.
    ///
    /// - Throws: ``TableUpdateError`` `.conflict` with both values.
    func check(_ requirement: TableRequirement) throws(TableUpdateError) {
        switch requirement {
        case .assertCreate: throw TableUpdateError(.conflict, "the table exists already")
        case .assertTableUUID(let uuid):
            // Upper and lower case spell the same UUID.
            try require(uuid.lowercased() == tableUUID.lowercased(), "table uuid", uuid, tableUUID)
        case .assertReferenceSnapshotID(let name, let id):
            let found = refs[name]?.snapshotID
            try require(
                found == id,
                name,
                id.map { "snapshot \($0)" } ?? "no snapshot",
                found.map { "snapshot \($0)" } ?? "no snapshot"
            )
        case .assertLastAssignedFieldID(let id):
            try require(id == lastColumnID, "last assigned field id", id, lastColumnID)
        case .assertCurrentSchemaID(let id):
            try require(id == currentSchemaID, "current schema id", id, currentSchemaID)
        case .assertLastAssignedPartitionID(let id):
            try require(id == lastPartitionID, "last assigned partition id", id, lastPartitionID)
        case .assertDefaultSpecID(let id):
            try require(id == defaultSpecID, "default spec id", id, defaultSpecID)
        case .assertDefaultSortOrderID(let id):
            try require(id == defaultSortOrderID, "default sort order id", id, defaultSortOrderID)
        }
    }

    private func require(
        _ holds: Bool,
        _ what: String,
        _ expected: some CustomStringConvertible,
        _ found: some CustomStringConvertible
    ) throws(TableUpdateError) {
        guard holds else {
            throw TableUpdateError(.conflict, "\(what): expected \(expected), found \(found)")
        }
    }
}
