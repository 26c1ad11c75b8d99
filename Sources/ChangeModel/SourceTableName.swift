/// A table's name in its source: the MySQL database or PostgreSQL schema, and the table.
public struct SourceTableName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var schema: String
    public var table: String

    public init(schema: String, table: String) {
        self.schema = schema
        self.table = table
    }

    public var description: String { "\(schema).\(table)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.schema, left.table) < (right.schema, right.table)
    }
}
