internal import Bytes
internal import Diagnostics
internal import TableModel

extension TableMetadata {
    /// The metadata after `updates`, if `requirements` hold.
    ///
    /// - Throws: ``TableUpdateError`` `.conflict` when a requirement fails or the snapshot is
    ///   overtaken, `.invalid` for updates that no table of this shape can take.
    public func applying(
        _ updates: [TableUpdate],
        requirements: [TableRequirement],
        nowMilliseconds: Int64
    ) throws(TableUpdateError) -> TableMetadata {
        for requirement in requirements { try check(requirement) }
        var next = self
        var added = LastAdded()
        for update in updates {
            try next.apply(update, &added, nowMilliseconds: nowMilliseconds)
        }
        guard Self.writtenFormatVersions.contains(next.formatVersion) else {
            throw TableUpdateError(
                .invalid,
                "the table has format version \(next.formatVersion); upgrade it to version "
                    + "\(Self.writtenFormatVersions.lowerBound) before it is written to"
            )
        }
        next.lastUpdatedMilliseconds = max(nowMilliseconds, next.lastUpdatedMilliseconds)
        return next
    }

    /// What ``TableUpdate/lastAdded`` stands for.
    private struct LastAdded {
        var schemaID: Int32?
        var specID: Int32?
        var sortOrderID: Int32?
    }

    private mutating func apply(
        _ update: TableUpdate,
        _ added: inout LastAdded,
        nowMilliseconds: Int64
    ) throws(TableUpdateError) {
        switch update {
        case .assignUUID(let uuid): tableUUID = uuid
        case .upgradeFormatVersion(let version): try upgrade(to: version)
        case .addSchema(let schema): added.schemaID = try add(schema)
        case .setCurrentSchema(let id): try setCurrentSchema(id, added.schemaID)
        case .addPartitionSpec(let spec): added.specID = try add(spec)
        case .setDefaultSpec(let id): try setDefaultSpec(id, added.specID)
        case .addSnapshot(let snapshot): try add(snapshot)
        case .setSnapshotReference(let name, let reference):
            try set(reference, name: name, nowMilliseconds: nowMilliseconds)
        case .removeSnapshotReference(let name): removeReference(name)
        case .removeSnapshots(let ids): try remove(snapshotIDs: Set(ids))
        case .setProperties(let changes): properties.merge(changes) { _, new in new }
        case .removeProperties(let names): for name in names { properties[name] = nil }
        case .setLocation(let location): self.location = location
        case .removeSchemas(let ids): try remove(schemaIDs: Set(ids))
        case .removePartitionSpecs(let ids): try remove(specIDs: Set(ids))
        case .addSortOrder(let order): added.sortOrderID = try add(order)
        case .setDefaultSortOrder(let id): try setDefaultSortOrder(id, added.sortOrderID)
        case .setStatistics(let file):
            statistics.removeAll { $0.snapshotID == file.snapshotID }
            statistics.append(file)
        case .removeStatistics(let id): statistics.removeAll { $0.snapshotID == id }
        case .setPartitionStatistics(let file):
            partitionStatistics.removeAll { $0.snapshotID == file.snapshotID }
            partitionStatistics.append(file)
        case .removePartitionStatistics(let id):
            partitionStatistics.removeAll { $0.snapshotID == id }
        case .addEncryptionKey(let key):
            encryptionKeys.removeAll { $0.keyID == key.keyID }
            encryptionKeys.append(key)
        case .removeEncryptionKey(let id): encryptionKeys.removeAll { $0.keyID == id }
        }
    }

    private mutating func upgrade(to version: Int) throws(TableUpdateError) {
        guard version >= formatVersion, version <= Self.writtenFormatVersions.upperBound else {
            throw TableUpdateError(
                .invalid,
                "cannot go from format version \(formatVersion) to \(version)"
            )
        }
        formatVersion = version
        // Version 1 did without one.
        if tableUUID.isEmpty { tableUUID = randomUUIDText() }
    }
}
