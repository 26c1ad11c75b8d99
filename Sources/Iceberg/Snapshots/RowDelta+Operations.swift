/// Deltas of the operations that take files away.
extension RowDelta {
    /// Takes a live file away.
    public mutating func remove(_ live: LiveFile) {
        remove(live.file)
        if let path = live.manifestPath { likelyManifests.insert(path) }
    }

    /// Takes a live file away.
    public mutating func remove(_ file: DataFile) {
        if file.isDeletionVector {
            removedVectors.insert(file.key)
        } else if file.content == .data {
            removedPaths.insert(file.path)
        } else {
            removedDeletePaths.insert(file.path)
        }
    }

    /// Files that hold the rows of others, which go; rows, and their age, stay.
    ///
    /// - `dataSequenceNumber`: That of the snapshot whose rows were read. Deletes committed since
    ///   then apply to the new files as they did to the old ones.
    ///
    /// Source: Iceberg specification, "Sequence Number Inheritance".
    public static func rewrite(
        of files: [LiveFile],
        as dataFiles: [DataFile],
        dataSequenceNumber: Int64
    ) -> RowDelta {
        var delta = RowDelta(
            dataFiles: dataFiles,
            dataSequenceNumber: dataSequenceNumber,
            operation: .replace
        )
        for file in files { delta.remove(file) }
        return delta
    }

    /// Files that take the place of others and hold other rows: those that were read, changed.
    ///
    /// Deletes that others committed since the basis for the files that go are a conflict.
    ///
    /// - `basis`: The branch's snapshot that the rows were read from.
    public static func overwrite(
        of files: [LiveFile],
        as dataFiles: [DataFile],
        basis: Basis
    ) -> RowDelta {
        var delta = RowDelta(dataFiles: dataFiles, basis: basis)
        for file in files { delta.remove(file) }
        return delta
    }

    /// Files that take the place of whatever is in some partitions.
    ///
    /// The summary says so, in Iceberg's entry `replace-partitions`.
    ///
    /// - `partitions`: Those of the files when `nil`: the others stay as they are.
    /// - `basis`: The branch's snapshot whose partitions are known; what others added to them since
    ///   is a conflict. When unknown, it goes as well.
    public static func overwrite(
        partitions: Set<Partition>? = nil,
        with dataFiles: [DataFile],
        basis: Basis = .unknown
    ) -> RowDelta {
        RowDelta(
            dataFiles: dataFiles,
            replacedPartitions: partitions ?? Set(dataFiles.map(\.inPartition)),
            summaryProperties: ["replace-partitions": "true"],
            operation: .overwrite,
            basis: basis
        )
    }
}
