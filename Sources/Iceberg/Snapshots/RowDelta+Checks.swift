internal import TableModel

extension RowDelta {
    /// Checks that a table can take the delta's files, as far as the table's metadata tells.
    ///
    /// - Throws: ``SnapshotError`` `.unusable`.
    func check(for base: TableMetadata) throws(SnapshotError) {
        guard TableMetadata.writtenFormatVersions.contains(base.formatVersion) else {
            throw SnapshotError(
                .unusable,
                "\(base.location) has format version \(base.formatVersion), versions "
                    + "\(TableMetadata.writtenFormatVersions.lowerBound) and "
                    + "\(TableMetadata.writtenFormatVersions.upperBound) can be written"
            )
        }
        if let reference = base.refs[branch], reference.kind != .branch {
            throw SnapshotError(.unusable, "\(branch) of \(base.location) is a tag, no branch")
        }
        try checkOperation()
        var keys: Set<FileKey> = []
        for file in dataFiles + deleteFiles {
            guard keys.insert(file.key).inserted else {
                throw SnapshotError(.unusable, "\(file.path) is added twice")
            }
        }
        try checkPartitions(base)
        if let file = dataFiles.first(where: { $0.content != .data }) {
            throw SnapshotError(.unusable, "\(file.path) is a delete file among the data files")
        }
        try checkDeletes(base)
        if let number = dataSequenceNumber, number < 0 || number > base.lastSequenceNumber {
            throw SnapshotError(
                .unusable,
                "rows cannot have the sequence number \(number), the last one of "
                    + "\(base.location) is \(base.lastSequenceNumber)"
            )
        }
    }

    /// Readers of changes go by the operation: they skip `replace`, and find new rows only where
    /// it is `append`.
    ///
    /// Source: Iceberg specification, "Snapshots", `operation`.
    private func checkOperation() throws(SnapshotError) {
        let problem: String? =
            switch operation {
            case .append where !deleteFiles.isEmpty || removesFiles: "takes rows away"
            case .delete where !dataFiles.isEmpty: "adds data files"
            case .replace where deleteFiles.contains { $0.content == .equalityDeletes }:
                "deletes rows by their values"
            case .replace where !dataFiles.isEmpty && !removesFiles: "takes no files away"
            default: nil
            }
        guard let operation, let problem else { return }
        throw SnapshotError(.unusable, "a snapshot that \(problem) is no \(operation)")
    }

    /// Checks that files which hold the rows of others do not hold more of them.
    ///
    /// They may hold less: rows that were deleted.
    ///
    /// - Throws: ``SnapshotError`` `.unusable` with both numbers.
    func checkRowsStay(removed: [DataFile], _ base: TableMetadata) throws(SnapshotError) {
        guard operation == .replace else { return }
        let now = dataFiles.reduce(0) { $0 &+ $1.recordCount }
        let before = removed.reduce(0) { $1.content == .data ? $0 &+ $1.recordCount : $0 }
        guard now > before else { return }
        throw SnapshotError(
            .unusable,
            "\(now) rows are to take the place of \(before) in \(base.location), which is no "
                + "replace"
        )
    }

    private func checkPartitions(_ base: TableMetadata) throws(SnapshotError) {
        let bySpec = Dictionary(grouping: dataFiles + deleteFiles, by: \.specID)
        for (specID, files) in bySpec.sorted(by: { $0.key < $1.key }) {
            guard let spec = base.partitionSpec(id: specID) else {
                throw SnapshotError(
                    .unusable,
                    "\(files[0].path) names partition spec \(specID), which \(base.location) does "
                        + "not have"
                )
            }
            guard base.partitionType(of: spec) != nil else {
                throw SnapshotError(
                    .unusable,
                    "\(files[0].path) is in partition spec \(specID) of \(base.location), which "
                        + "has transforms or columns that are not known"
                )
            }
            for file in files { try Self.check(file.partition, of: file, spec) }
        }
    }

    private static func check(
        _ partition: PartitionTuple,
        of file: DataFile,
        _ spec: PartitionSpec
    ) throws(SnapshotError) {
        let ids = Set(partition.fields.map(\.fieldID))
        for field in spec.fields where field.transform != .void && !ids.contains(field.fieldID) {
            throw SnapshotError(
                .unusable,
                "\(file.path) has no partition value for \(field.name) of spec \(spec.specID)"
            )
        }
        guard ids.isSubset(of: spec.fields.map(\.fieldID)) else {
            throw SnapshotError(
                .unusable,
                "\(file.path) has partition values for the fields \(ids.sorted()), spec "
                    + "\(spec.specID) has \(spec.fields.map(\.fieldID))"
            )
        }
    }

    private func checkDeletes(_ base: TableMetadata) throws(SnapshotError) {
        var referenced: Set<String> = []
        for file in deleteFiles {
            switch file.content {
            case .data:
                throw SnapshotError(
                    .unusable,
                    "\(file.path) is a data file among the delete files"
                )
            case .equalityDeletes:
                guard !file.equalityIDs.isEmpty else {
                    throw SnapshotError(.unusable, "\(file.path) deletes by no columns")
                }
            case .positionDeletes:
                guard file.isDeletionVector == base.hasRowLineage else {
                    throw SnapshotError(
                        .unusable,
                        "\(file.path) is a \(file.format) file; deletes by position are "
                            + "\(base.hasRowLineage ? "deletion vectors" : "Parquet files") in "
                            + "format version \(base.formatVersion)"
                    )
                }
                guard file.isDeletionVector else { continue }
                guard let path = file.referencedDataFile, file.contentOffset ?? -1 >= 0,
                    file.contentSizeBytes ?? -1 >= 0
                else {
                    throw SnapshotError(
                        .unusable,
                        "a deletion vector in \(file.path) names no data file, offset or size"
                    )
                }
                guard referenced.insert(path).inserted else {
                    throw SnapshotError(.unusable, "\(path) gets two deletion vectors")
                }
            }
        }
    }
}
