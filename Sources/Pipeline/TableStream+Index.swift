import Bytes
import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import Logging
import PipelineConfig
import SourceInterface
import TableModel
import TableWriter

/// A change that only an index of all rows can apply, and the table has none.
struct NeedsIndex: Error {
    var table: SourceTableName
}

/// Two keys of a table have the same fingerprint; it is followed under another secret from here on.
struct CollidingKeysOfTable: Error {
    var name: SourceTableName
}

extension TableStream {
    /// Whether an index of all rows is to be had, and there is none.
    var mayNeedIndex: Bool {
        !coversWholeTable && parts.configuration.deletes != .equality
    }

    /// Memory of the index of all rows; nil where there is none.
    var indexBytes: Int? { coversWholeTable ? index.memoryBytes : nil }
    /// The secret of the fingerprints of what is being folded.
    var hasher: SipHash128 { fingerprinter.hasher }
    /// Whether nothing depends on where the index says that rows are.
    var canChangeIndex: Bool {
        writer == nil && !isIndexDirty && schemaUpdates.isEmpty && !isOvertaken
    }

    /// Deletes by position from here on.
    func adopt(_ kept: KeptIndex) {
        precondition(canChangeIndex, "an index was changed within an epoch")
        precondition(kept.snapshotID == lake.loaded.metadata.currentSnapshotID, "an old index")
        index = kept.index
        keeper = kept.keeper
        coversWholeTable = true
        conversion = .untried
    }

    /// Deletes by key from here on; what is stored stays as it was at the last commit.
    func dropIndex() {
        precondition(writer == nil, "an index was dropped within an epoch")
        keeper?.abandon()
        keeper = nil
        index = KeyIndex(fingerprinter: fingerprinter)
        coversWholeTable = false
    }

    /// Writes down that what the index was told is in the lake.
    func keepIndex() {
        do {
            try keeper?.commit(snapshotID: knownSnapshotID)
        } catch {
            parts.log.warning(
                "the key index is not kept for the next run",
                metadata: ["table": "\(name)", "error": "\(error)"]
            )
            keeper?.abandon()
            keeper = nil
        }
    }

    /// The index for the next session, if it still tells the truth.
    func keptIndex() -> KeptIndex? {
        guard coversWholeTable, !isIndexDirty, isFollowed else {
            keeper?.abandon()
            return nil
        }
        return KeptIndex(
            index: index,
            fingerprinter: fingerprinter,
            tableUUID: lake.loaded.metadata.tableUUID,
            snapshotID: knownSnapshotID,
            keeper: keeper,
            coversWholeTable: true
        )
    }
}
