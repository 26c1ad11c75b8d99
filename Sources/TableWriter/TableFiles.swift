public import Iceberg

/// The live data files of a table and the deletes that speak of one of them alone.
///
/// A cache of one snapshot: read from its manifests, or carried on by what each commit changed.
/// Memory: about 300 bytes a data file and as much a delete file.
public struct TableFiles: Sendable {
    /// A data file with the position delete files and deletion vectors of it alone.
    public struct Entry: Sendable {
        /// Without metrics of its columns.
        public var file: DataFile
        public var sequenceNumber: Int64
        public var deletes: [DataFile]
    }

    private var entries: [String: Entry] = [:]

    public init() {}

    /// Takes the files of a snapshot.
    ///
    /// Deletes that are older than their data file do not apply and are left out, as are those that
    /// speak of several data files.
    public init(_ live: LiveFiles) {
        for data in live.dataFiles {
            entries[data.file.path] = Entry(
                file: data.file.withoutColumnMetrics(),
                sequenceNumber: data.dataSequenceNumber,
                deletes: []
            )
        }
        for delete in live.deleteFiles {
            let path = delete.file.onlyReferencedDataFile { entries[$0] != nil }
            guard let path, let entry = entries[path],
                entry.sequenceNumber <= delete.dataSequenceNumber
            else { continue }
            entries[path]?.deletes.append(delete.file.withoutColumnMetrics())
        }
    }

    public var count: Int { entries.count }

    /// What is known of a live data file; nil when there is none at this path.
    public subscript(path: String) -> Entry? { entries[path] }

    /// Carries on over a commit of `files` as the snapshot with this sequence number.
    public mutating func apply(_ files: EpochFiles, sequenceNumber: Int64) {
        if files.replacesAllFiles { entries = [:] }
        // Removed paths of delete files have no entry; what took their place follows below.
        for path in files.removedPaths { entries.removeValue(forKey: path) }
        for data in files.dataFiles {
            entries[data.path] = Entry(
                file: data.withoutColumnMetrics(),
                sequenceNumber: sequenceNumber,
                deletes: []
            )
        }
        for delete in files.deleteFiles {
            guard let path = delete.referencedDataFile else { continue }
            entries[path]?.deletes = [delete.withoutColumnMetrics()]
        }
    }
}
