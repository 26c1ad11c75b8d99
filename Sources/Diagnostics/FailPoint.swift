internal import Glibc
internal import Synchronization

/// A place between two steps at which a test may have the program killed.
///
/// `FRAZIL_FAIL_POINT=commit.swapped:3` in the environment kills the process, as SIGKILL does, when
/// it reaches that place for the third time. Without the variable a fail point costs one comparison.
public enum FailPoint: String, CaseIterable, Sendable {
    /// A lake table or the ledger exists; nothing is in it.
    case tableCreated = "start.table-created"
    /// The ledger names this program as its writer.
    case ledgerClaimed = "start.ledger-claimed"
    /// A worker finished its data files of a table that is copied.
    case copyFilesWritten = "copy.files-written"
    /// The copy of a table is visible.
    case copyCommitted = "copy.committed"
    /// Changes above an epoch's size went to files in the middle of it.
    case spilled = "epoch.spilled"
    /// Data and delete files of one table of the epoch are in the store.
    case filesWritten = "epoch.files-written"
    /// Manifests of one table are in the store.
    case manifestsWritten = "epoch.manifests-written"
    /// All files of the epoch are in the store; the catalog knows nothing of them.
    case beforeCommit = "commit.ready"
    /// New metadata files are in the store; the catalog points to the old ones.
    case metadataWritten = "commit.metadata-written"
    /// The catalog's transaction changed some row and is still open.
    case halfSwapped = "commit.half-swapped"
    /// The catalog points to the new metadata; nothing was told to anybody.
    case swapped = "commit.swapped"
    /// One table of an epoch is committed, others not yet, where a catalog cannot do it together.
    case tableCommitted = "commit.table-committed"
    /// The epoch is visible; the source was not told.
    case beforeAcknowledgement = "epoch.committed"
    /// The source was told that its log may go.
    case acknowledged = "epoch.acknowledged"

    /// Says that the program is at this place now.
    @inlinable @inline(__always)
    public func reach() {
        if FailPlan.isArmed { FailPlan.reached(self) }
    }
}

/// Which fail point kills this process, as the environment says.
@usableFromInline
enum FailPlan {
    private static let plan: (point: FailPoint, count: Int)? = {
        guard let text = getenv("FRAZIL_FAIL_POINT").map({ String(cString: $0) }) else {
            return nil
        }
        let parts = text.split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let point = FailPoint(rawValue: String(name)) else {
            // A test that names no place must not pass because nothing happened.
            preconditionFailure("FRAZIL_FAIL_POINT names no fail point: \(text)")
        }
        return (point, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()

    private static let hits = Atomic<Int>(0)

    @usableFromInline static let isArmed = plan != nil

    @usableFromInline
    static func reached(_ point: FailPoint) {
        guard let plan, plan.point == point else { return }
        if hits.add(1, ordering: .relaxed).newValue == plan.count { kill(getpid(), SIGKILL) }
    }
}
