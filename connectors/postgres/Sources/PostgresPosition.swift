import SourceInterface

/// A position of this source, taken apart.
///
/// Text: `0/16B3748`, and where a snapshot reaches beyond that number
/// `0/16B3748 snapshot 740:745:741,743 to 0/16B3800`. A transaction is covered when it ended at or
/// before the first number, or when the snapshot saw it. The snapshot stays in a table's position
/// until the log has passed where it was taken: to drop it earlier would apply what it saw a second
/// time.
struct PostgresPosition: Hashable, Sendable {
    /// A snapshot from which a table was filled.
    struct View: Hashable, Sendable {
        var snapshot: VisibilitySnapshot
        /// Everything that the snapshot sees was committed before this position.
        var horizon: LogSequenceNumber?
    }

    var sequence: LogSequenceNumber
    var view: View?

    init(_ sequence: LogSequenceNumber, view: View? = nil) {
        self.sequence = sequence
        self.view = view
    }

    /// Takes a stored position apart.
    ///
    /// - Throws: ``SourceError`` when the text is not one that we wrote.
    init(parsing position: SourcePosition) throws {
        guard let parsed = Self.parse(position.text) else {
            throw SourceError(
                .configuration,
                "could not read the stored position '\(position.text)' as a PostgreSQL position",
                remedy: "The lake belongs to another kind of source; use another pipeline name"
            )
        }
        self = parsed
    }

    var position: SourcePosition {
        var text = "\(sequence)"
        if let view {
            text += " snapshot \(view.snapshot)"
            if let horizon = view.horizon { text += " to \(horizon)" }
        }
        return SourcePosition(text)
    }

    /// The farthest place in the log that something in this position comes from.
    var farthest: LogSequenceNumber { max(sequence, view?.horizon ?? sequence) }

    /// What a table holds that held this, once everything up to `boundary` is in it too.
    func advanced(to boundary: LogSequenceNumber) -> PostgresPosition {
        var advanced = PostgresPosition(max(sequence, boundary), view: view)
        if let horizon = view?.horizon, horizon <= advanced.sequence { advanced.view = nil }
        return advanced
    }

    /// Whether the table holds what a transaction did.
    ///
    /// - Parameters:
    ///   - commitStart: Where the transaction's commit record begins. Positions that are stored are
    ///     ends of records, so a record that begins before one also ends by it.
    ///   - transactionID: The lower half of the transaction's id.
    /// - Returns: Whether to leave the transaction out.
    func covers(commitStart: LogSequenceNumber, transactionID: UInt32) -> Bool {
        if commitStart < sequence { return true }
        guard let view else { return false }
        if let horizon = view.horizon, commitStart >= horizon { return false }
        return view.snapshot.sees(transactionID: transactionID)
    }

    private static func parse(_ text: String) -> PostgresPosition? {
        let tokens = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = tokens.first, let sequence = LogSequenceNumber(text: first)
        else { return nil }
        if tokens.count == 1 { return PostgresPosition(sequence) }
        guard tokens.count == 3 || tokens.count == 5, tokens[1] == "snapshot",
            let snapshot = VisibilitySnapshot(text: tokens[2])
        else { return nil }
        var view = View(snapshot: snapshot)
        if tokens.count == 5 {
            guard tokens[3] == "to", let horizon = LogSequenceNumber(text: tokens[4])
            else { return nil }
            view.horizon = horizon
        }
        return PostgresPosition(sequence, view: view)
    }
}
