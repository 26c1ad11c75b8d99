/// A place in a source's log, in the source's own words.
///
/// Only the connector that wrote the text can compare positions: `0-1-42` (MariaDB GTIDs), a GTID
/// set (MySQL), `0/16B3748` (a log sequence number), or `0/16B3748 snapshot 740:745:741,743`
/// (a PostgreSQL snapshot: what it saw is covered, and everything up to that number).
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    public var text: String

    public init(_ text: String) { self.text = text }

    public var description: String { text }
}
