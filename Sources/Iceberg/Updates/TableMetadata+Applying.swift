internal import Bytes
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
        case .addSortOrder(let order): added.sortOrderID = try add(order)
        case .setDefaultSortOrder(let id): try setDefaultSortOrder(id, added.sortOrderID)
        case .addSnapshot(let snapshot): try add(snapshot)
        case .setSnapshotReference(let name, let reference):
            try set(reference, name: name, nowMilliseconds: nowMilliseconds)
        case .removeSnapshotReference(let name): removeReference(name)
        case .removeSnapshots(let ids): try remove(snapshotIDs: Set(ids))
        case .setProperties(let changes): properties.merge(changes) { _, new in new }
        case .removeProperties(let names): for name in names { properties[name] = nil }
        case .setLocation(let location): self.location = location
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
    }

    private mutating func add(_ schema: Schema) throws(TableUpdateError) -> Int32 {
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
        fresh.schemaID = (schemas.map(\.schemaID).max() ?? -1) + 1
        let current = storedSchema(id: currentSchemaID)
        schemas.append(StoredSchema(fresh, keepingUnknownMembersOf: current))
        return fresh.schemaID
    }

    private mutating func setCurrentSchema(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, storedSchema(id: id) != nil
        else { throw TableUpdateError(.invalid, "no schema has the id \(id)") }
        currentSchemaID = id
    }

    private mutating func add(_ spec: PartitionSpec) throws(TableUpdateError) -> Int32 {
        if let same = partitionSpecs.first(where: { $0.fields == spec.fields }) {
            return same.specID
        }
        var fresh = spec
        fresh.specID = (partitionSpecs.map(\.specID).max() ?? -1) + 1
        partitionSpecs.append(fresh)
        lastPartitionID = max(lastPartitionID, fresh.fields.map(\.fieldID).max() ?? 0)
        return fresh.specID
    }

    private mutating func setDefaultSpec(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, partitionSpec(id: id) != nil
        else { throw TableUpdateError(.invalid, "no partition spec has the id \(id)") }
        defaultSpecID = id
    }

    private mutating func add(_ order: SortOrder) throws(TableUpdateError) -> Int32 {
        // Order 0 is the one without fields, and no other.
        guard !order.fields.isEmpty else { return SortOrder.unsorted.orderID }
        let unknown = order.fields.flatMap(\.sourceIDs).first { field(id: $0) == nil }
        if let unknown {
            throw TableUpdateError(
                .invalid,
                "a sort order uses the field \(unknown), which is none"
            )
        }
        if let same = sortOrders.first(where: { $0.fields == order.fields }) {
            return same.orderID
        }
        var fresh = order
        fresh.orderID = max(0, sortOrders.map(\.orderID).max() ?? 0) + 1
        sortOrders.append(fresh)
        return fresh.orderID
    }

    private mutating func setDefaultSortOrder(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, sortOrder(id: id) != nil
        else { throw TableUpdateError(.invalid, "no sort order has the id \(id)") }
        if sortOrders.allSatisfy({ $0.orderID != id }) { sortOrders.append(.unsorted) }
        defaultSortOrderID = id
    }

    private mutating func add(_ snapshot: Snapshot) throws(TableUpdateError) {
        guard self.snapshot(id: snapshot.snapshotID) == nil else {
            throw TableUpdateError(.invalid, "snapshot \(snapshot.snapshotID) exists already")
        }
        // Another branch may have moved while `main` did not: the number must be taken anew.
        guard snapshot.sequenceNumber > lastSequenceNumber else {
            throw TableUpdateError(
                .conflict,
                "snapshot \(snapshot.snapshotID) has sequence number \(snapshot.sequenceNumber), "
                    + "the table's last one is \(lastSequenceNumber)"
            )
        }
        try assignRowIDs(of: snapshot)
        snapshots.append(snapshot)
        lastSequenceNumber = snapshot.sequenceNumber
        lastUpdatedMilliseconds = max(lastUpdatedMilliseconds, snapshot.timestampMilliseconds)
    }

    /// Sets aside the row ids that a snapshot gives out, from format version 3 on.
    ///
    /// Source: Iceberg specification, "Snapshot Row IDs".
    private mutating func assignRowIDs(of snapshot: Snapshot) throws(TableUpdateError) {
        guard hasRowLineage else { return }
        guard let first = snapshot.firstRowID, let added = snapshot.addedRows, first >= 0,
            added >= 0
        else {
            throw TableUpdateError(
                .invalid,
                "snapshot \(snapshot.snapshotID) has no row ids, which format version 3 needs"
            )
        }
        guard first >= nextRowID else {
            throw TableUpdateError(
                .conflict,
                "snapshot \(snapshot.snapshotID) gives out row ids from \(first), the table's next "
                    + "one is \(nextRowID)"
            )
        }
        let (next, overflows) = first.addingReportingOverflow(added)
        guard !overflows else {
            throw TableUpdateError(.invalid, "row ids run beyond 64 bits")
        }
        nextRowID = next
    }

    private mutating func set(
        _ reference: SnapshotReference,
        name: String,
        nowMilliseconds: Int64
    ) throws(TableUpdateError) {
        guard let snapshot = snapshot(id: reference.snapshotID) else {
            throw TableUpdateError(
                .invalid,
                "\(name) cannot point to snapshot \(reference.snapshotID), which does not exist"
            )
        }
        refs[name] = reference
        guard name == SnapshotReference.main, currentSnapshotID != reference.snapshotID else {
            return
        }
        currentSnapshotID = reference.snapshotID
        let isNew = snapshot.snapshotID == snapshots.last?.snapshotID
        let time = isNew ? snapshot.timestampMilliseconds : nowMilliseconds
        snapshotLog.append(
            SnapshotLogEntry(
                snapshotID: reference.snapshotID,
                timestampMilliseconds: max(time, snapshotLog.last?.timestampMilliseconds ?? time)
            )
        )
    }

    private mutating func removeReference(_ name: String) {
        refs[name] = nil
        if name == SnapshotReference.main { currentSnapshotID = nil }
    }

    private mutating func remove(snapshotIDs: Set<Int64>) throws(TableUpdateError) {
        for (name, reference) in refs where snapshotIDs.contains(reference.snapshotID) {
            throw TableUpdateError(
                .invalid,
                "snapshot \(reference.snapshotID) cannot be removed: \(name) points to it"
            )
        }
        snapshots.removeAll { snapshotIDs.contains($0.snapshotID) }
        // History before a gap would be wrong, so it goes as well.
        if let gap = snapshotLog.lastIndex(where: { snapshotIDs.contains($0.snapshotID) }) {
            snapshotLog.removeSubrange(...gap)
        }
        statistics.removeAll { snapshotIDs.contains($0.snapshotID) }
        partitionStatistics.removeAll { snapshotIDs.contains($0.snapshotID) }
    }
}
