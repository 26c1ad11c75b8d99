internal import Catalog
internal import Iceberg
internal import ObjectStore

/// What an epoch does to one table, and the files it wrote for that.
struct CommitPart: Sendable {
    var change: TableChange
    var writtenFiles: [String] = []

    init(of table: LoadedTable, schemaUpdates: [TableUpdate]) {
        var requirements: [TableRequirement] = [.assertTableUUID(table.metadata.tableUUID)]
        if !schemaUpdates.isEmpty {
            requirements.append(.assertCurrentSchemaID(table.metadata.currentSchemaID))
            requirements.append(.assertLastAssignedFieldID(table.metadata.lastColumnID))
        }
        change = TableChange(
            identifier: table.identifier,
            base: table,
            requirements: requirements,
            updates: schemaUpdates
        )
    }

    mutating func add(_ produced: ProducedSnapshot) {
        change.updates += produced.updates
        change.requirements += produced.requirements
        writtenFiles += produced.writtenFiles
    }

    /// Properties alone move no reference, so a commit of another writer in between would go
    /// unnoticed.
    mutating func requireUnmovedBranch() {
        change.requirements.append(
            .assertReferenceSnapshotID(
                reference: SnapshotReference.main,
                change.base.metadata.currentSnapshotID
            )
        )
    }

    func removeFiles(_ store: any ObjectStore) async {
        for path in writtenFiles { try? await store.delete(path) }
    }

    /// What a table, as it is now, says about whether this part is in it.
    enum Evidence {
        /// Its new snapshot is there, or a property that names it: only this commit knows its id.
        case committed
        /// It has no snapshot of its own, and properties and tags are as it wants them.
        case looksCommitted
        case absent
    }

    func evidence(in table: LoadedTable) -> Evidence {
        var looksCommitted = true
        /// What a property that names the snapshot holds.
        var name: String?
        for update in change.updates {
            switch update {
            case .addSnapshot(let snapshot):
                if table.metadata.snapshot(id: snapshot.snapshotID) != nil { return .committed }
                name = Self.name(of: snapshot)
            case .setProperties(let wanted):
                // Others may have let the snapshot expire already; its files are those of newer ones.
                if let name,
                    wanted.contains(where: { key, value in
                        value == name && table.metadata.properties[key] == name
                    })
                {
                    return .committed
                }
                for (key, value) in wanted where table.metadata.properties[key] != value {
                    looksCommitted = false
                }
            case .setSnapshotReference(let name, let reference):
                if table.metadata.refs[name]?.snapshotID != reference.snapshotID {
                    looksCommitted = false
                }
            default: continue
            }
        }
        return looksCommitted && name == nil ? .looksCommitted : .absent
    }

    /// How a property names a snapshot: its id and its sequence number.
    static func name(of snapshot: Snapshot) -> String {
        "\(snapshot.snapshotID):\(snapshot.sequenceNumber)"
    }
}
