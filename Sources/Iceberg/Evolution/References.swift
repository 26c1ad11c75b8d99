/// Branches and tags as updates.
extension TableMetadata {
    /// Makes or moves a branch.
    ///
    /// A branch that is there keeps its retention settings; the requirement is that it is where it
    /// was.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for a name that is a tag's.
    public func settingBranch(
        _ name: String,
        to snapshotID: Int64
    ) throws(TableUpdateError) -> (updates: [TableUpdate], requirements: [TableRequirement]) {
        try setting(name, .branch, to: snapshotID)
    }

    /// Makes or moves a tag.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for a name that is a branch's.
    public func settingTag(
        _ name: String,
        to snapshotID: Int64
    ) throws(TableUpdateError) -> (updates: [TableUpdate], requirements: [TableRequirement]) {
        try setting(name, .tag, to: snapshotID)
    }

    private func setting(
        _ name: String,
        _ kind: SnapshotReference.Kind,
        to snapshotID: Int64
    ) throws(TableUpdateError) -> (updates: [TableUpdate], requirements: [TableRequirement]) {
        let old = refs[name]
        guard old?.kind ?? kind == kind else {
            throw TableUpdateError(.invalid, "\(name) is no \(kind)")
        }
        guard snapshot(id: snapshotID) != nil else {
            throw TableUpdateError(.invalid, "no snapshot has the id \(snapshotID)")
        }
        let reference =
            old?.moved(to: snapshotID) ?? SnapshotReference(snapshotID: snapshotID, kind: kind)
        return (
            [.setSnapshotReference(name: name, reference)],
            [
                .assertTableUUID(tableUUID),
                .assertReferenceSnapshotID(reference: name, old?.snapshotID),
            ]
        )
    }
}
