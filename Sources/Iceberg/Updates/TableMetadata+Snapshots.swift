/// How updates change a table's snapshots, branches and tags.
extension TableMetadata {
    mutating func add(_ snapshot: Snapshot) throws(TableUpdateError) {
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

    mutating func set(
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
        guard reference.kind == .branch || name != SnapshotReference.main else {
            throw TableUpdateError(.invalid, "\(name) is a branch and cannot be a tag")
        }
        try reference.checkRetention(name: name)
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

    mutating func removeReference(_ name: String) {
        refs[name] = nil
        if name == SnapshotReference.main { currentSnapshotID = nil }
    }

    mutating func remove(snapshotIDs: Set<Int64>) throws(TableUpdateError) {
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

extension SnapshotReference {
    /// Source: Iceberg specification, "Snapshot References".
    fileprivate func checkRetention(name: String) throws(TableUpdateError) {
        let isBranchOnly = minSnapshotsToKeep != nil || maxSnapshotAgeMilliseconds != nil
        guard kind == .branch || !isBranchOnly else {
            throw TableUpdateError(
                .invalid,
                "\(name) is a tag and keeps no other snapshots than its own"
            )
        }
        let numbers = [
            minSnapshotsToKeep.map { Int64($0) }, maxSnapshotAgeMilliseconds,
            maxReferenceAgeMilliseconds,
        ]
        for number in numbers.compactMap({ $0 }) where number <= 0 {
            throw TableUpdateError(
                .invalid,
                "what is kept of \(name) is set to \(number), a positive number is needed"
            )
        }
    }
}
