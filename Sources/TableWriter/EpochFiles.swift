public import Iceberg

/// What an epoch did to one table, as files that a commit makes visible together.
public struct EpochFiles: Sendable {
    public var dataFiles: [DataFile] = []
    public var deleteFiles: [DataFile] = []
    /// Older data files and deletes that go, because what they hold is dead or listed elsewhere.
    public var removedFiles: [DataFile] = []
    /// Whether all files that the table had before are to go.
    public var replacesAllFiles = false
    /// Rows written, whether new or new versions.
    public var rowsWritten = 0
    /// Rows of earlier files or of this epoch that were deleted.
    public var rowsDeleted = 0
    /// Updates and deletes of keys that the table did not hold: a sign that it differs from the
    /// source.
    public var missingKeys = 0

    /// Bytes of older files whose live rows were written anew.
    public var foldedBytes: Int64 = 0

    public init() {}

    /// Whether readers find other rows afterwards.
    public var changesRows: Bool { rowsWritten > 0 || rowsDeleted > 0 || replacesAllFiles }

    public var isEmpty: Bool {
        dataFiles.isEmpty && deleteFiles.isEmpty && removedFiles.isEmpty && !replacesAllFiles
    }
}
