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
    /// Sequence numbers of the deletes by key, by path.
    private var equalityDeletes: [String: Int64] = [:]
    /// Whether there were delete files that speak of several data files.
    public private(set) var hasSharedDeletes = false

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
            if delete.file.content == .equalityDeletes {
                equalityDeletes[delete.file.path] = delete.dataSequenceNumber
                continue
            }
            let path = delete.file.onlyReferencedDataFile { entries[$0] != nil }
            if path == nil { hasSharedDeletes = true }
            guard let path, let entry = entries[path],
                entry.sequenceNumber <= delete.dataSequenceNumber
            else { continue }
            entries[path]?.deletes.append(delete.file.withoutColumnMetrics())
        }
    }

    public var count: Int { entries.count }
    public var allEntries: some Collection<Entry> { entries.values }

    /// The sequence number of the newest delete by key; 0 without any.
    ///
    /// Data files of this number and newer ones have no rows that are deleted by key.
    public var lastEqualityDelete: Int64 { equalityDeletes.values.max() ?? 0 }

    /// The sequence number of a live equality delete file; nil when there is none at this path.
    public func sequenceNumber(ofEqualityDeletes path: String) -> Int64? { equalityDeletes[path] }

    /// What is known of a live data file; nil when there is none at this path.
    public subscript(path: String) -> Entry? { entries[path] }

    /// Carries on over a commit of `files` as the snapshot with this sequence number.
    public mutating func apply(_ files: EpochFiles, sequenceNumber: Int64) {
        if files.replacesAllFiles { self = TableFiles() }
        // What takes the place of removed deletes follows below.
        for file in files.removedFiles {
            switch file.content {
            case .data: entries.removeValue(forKey: file.path)
            case .equalityDeletes: equalityDeletes.removeValue(forKey: file.path)
            case .positionDeletes: break
            }
        }
        for data in files.dataFiles {
            entries[data.path] = Entry(
                file: data.withoutColumnMetrics(),
                sequenceNumber: sequenceNumber,
                deletes: []
            )
        }
        for delete in files.deleteFiles {
            if delete.content == .equalityDeletes {
                equalityDeletes[delete.path] = sequenceNumber
            }
            guard let path = delete.referencedDataFile else { continue }
            entries[path]?.deletes = [delete.withoutColumnMetrics()]
        }
    }
}
