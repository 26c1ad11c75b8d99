public import ChangeModel
public import TableModel

/// One column of a source table and what it becomes in the lake.
public struct SourceColumn: Hashable, Sendable {
    public var name: String
    /// The type as the source spells it, such as `bigint(20) unsigned`; shown to people.
    public var declaredType: String
    public var type: IcebergType
    public var isNullable: Bool
    public var comment: String?
    /// Whether rows that existed before this column was added read something other than NULL.
    public var hasDefault: Bool

    public init(
        name: String,
        declaredType: String,
        type: IcebergType,
        isNullable: Bool,
        comment: String? = nil,
        hasDefault: Bool = false
    ) {
        self.name = name
        self.declaredType = declaredType
        self.type = type
        self.isNullable = isNullable
        self.comment = comment
        self.hasDefault = hasDefault
    }
}

/// A source table that can be replicated.
public struct SourceTable: Hashable, Sendable {
    public var name: SourceTableName
    /// In the source's order; ``ChangeBatch`` and snapshot columns follow it.
    public var columns: [SourceColumn]
    /// Positions in `columns` of the primary key (or replica identity), in the key's order.
    public var keyColumns: [Int]
    public var comment: String?
    /// The source's estimate of the rows, for progress only.
    public var estimatedRows: Int?
    /// Tells the table from a later one of the same name, where the source can (PostgreSQL's
    /// object id); nil where it cannot or nobody remembered.
    public var incarnation: String?

    public init(
        name: SourceTableName,
        columns: [SourceColumn],
        keyColumns: [Int],
        comment: String? = nil,
        estimatedRows: Int? = nil,
        incarnation: String? = nil
    ) {
        self.name = name
        self.columns = columns
        self.keyColumns = keyColumns
        self.comment = comment
        self.estimatedRows = estimatedRows
        self.incarnation = incarnation
    }
}

/// A chosen table that cannot be replicated, and why.
public struct RefusedTable: Sendable {
    public var name: SourceTableName
    /// One sentence with table, column and type, and the remedy.
    public var error: SourceError

    public init(name: SourceTableName, error: SourceError) {
        self.name = name
        self.error = error
    }
}

/// What a source has for us: tables to replicate, and chosen ones that cannot be.
public struct SourceInventory: Sendable {
    public var tables: [SourceTable]
    public var refused: [RefusedTable]

    public init(tables: [SourceTable], refused: [RefusedTable]) {
        self.tables = tables
        self.refused = refused
    }
}
