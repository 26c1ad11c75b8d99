public import Columns
public import TableModel

/// Reads the rows of older data files whole, so that they can be written anew.
public struct OlderRows: Sendable {
    /// All columns of the table, not only those that follow the source; in format version 3 the rows'
    /// ids and ages, too.
    public var fields: [SchemaField]
    /// Calls back with the columns of rows that follow each other, dead ones included, and the
    /// position of the first.
    public var forEachBatch:
        @Sendable (TableFiles.Entry, ([Column], Int) async throws -> Void) async throws -> Void

    public init(
        fields: [SchemaField],
        forEachBatch:
            @escaping @Sendable (TableFiles.Entry, ([Column], Int) async throws -> Void)
            async throws -> Void
    ) {
        self.fields = fields
        self.forEachBatch = forEachBatch
    }
}
