public import ChangeModel

/// Folds the changes of one table until they are written.
///
/// Owned by one task.
public protocol ChangeFolding: AnyObject {
    var isEmpty: Bool { get }
    /// Bytes of memory that the changes take.
    var memoryBytes: Int { get }
    /// All rows of the table went away here.
    func truncate()
    /// Folds one batch in.
    func append(_ batch: ChangeBatch)
    /// Hands over what was folded so far and starts anew.
    func take() -> MergedChanges
}

extension ChangeMerge: ChangeFolding {}
