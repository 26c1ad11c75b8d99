internal import ChangeModel
internal import SourceInterface

/// Reads table descriptions from `information_schema`.
struct SchemaReader {
    static let systemSchemas: Set<String> = [
        "mysql", "information_schema", "performance_schema", "sys",
    ]

    let connection: Connection
    let dialect: Dialect

    /// Tables of which the filter says yes, in name order.
    func inventory(
        _ isChosen: (SourceTableName) -> Bool
    ) throws(SourceError) -> SourceInventory {
        let names = Self.systemSchemas.sorted().map { quotedText($0) }.joined(separator: ", ")
        return try read("LOWER(TABLE_SCHEMA) NOT IN (\(names))", isChosen)
    }

    /// One table as it is now; an empty inventory when it is gone.
    func table(_ name: SourceTableName) throws(SourceError) -> SourceInventory {
        let condition =
            "TABLE_SCHEMA = \(quotedText(name.schema)) AND TABLE_NAME = \(quotedText(name.table))"
        return try read(condition) { $0 == name }
    }

    private struct Found {
        var kind: String
        var estimatedRows: Int?
        var comment: String
        var columns: [DeclaredColumn] = []
        var keyNames: [String] = []
    }

    private func read(
        _ condition: String,
        _ isChosen: (SourceTableName) -> Bool
    ) throws(SourceError) -> SourceInventory {
        var found = try readTables(condition, isChosen)
        let columns = try connection.query(
            """
            SELECT \(DeclaredColumn.selectList) FROM information_schema.COLUMNS
             WHERE \(condition) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
            """,
            to: "read the tables' columns"
        )
        for row in columns {
            guard let column = DeclaredColumn(row) else { continue }
            let name = SourceTableName(schema: column.schema, table: column.table)
            found[name]?.columns.append(column)
        }
        let keys = try connection.query(
            """
            SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
             WHERE INDEX_NAME = 'PRIMARY' AND \(condition)
             ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX
            """,
            to: "read the tables' primary keys"
        )
        for row in keys {
            guard row.count == 3, let schema = row[0], let table = row[1], let column = row[2]
            else { continue }
            found[SourceTableName(schema: schema, table: table)]?.keyNames.append(column)
        }
        return Self.inventory(of: found)
    }

    private func readTables(
        _ condition: String,
        _ isChosen: (SourceTableName) -> Bool
    ) throws(SourceError) -> [SourceTableName: Found] {
        let rows = try connection.query(
            """
            SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, TABLE_COMMENT
              FROM information_schema.TABLES
             WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND \(condition)
            """,
            to: "read the list of tables"
        )
        var found: [SourceTableName: Found] = [:]
        for row in rows {
            guard row.count == 5, let schema = row[0], let table = row[1], let kind = row[2]
            else { continue }
            let name = SourceTableName(schema: schema, table: table)
            guard isChosen(name) else { continue }
            let estimate = row[3].flatMap { Int($0) }
            found[name] = Found(kind: kind, estimatedRows: estimate, comment: row[4] ?? "")
        }
        return found
    }

    private static func inventory(of found: [SourceTableName: Found]) -> SourceInventory {
        var inventory = SourceInventory(tables: [], refused: [])
        for (name, table) in found.sorted(by: { $0.key < $1.key }) {
            switch sourceTable(name, table) {
            case .success(let table): inventory.tables.append(table)
            case .failure(let error):
                inventory.refused.append(RefusedTable(name: name, error: error))
            }
        }
        return inventory
    }

    private static func sourceTable(
        _ name: SourceTableName,
        _ found: Found
    ) -> Result<SourceTable, SourceError> {
        if found.kind == "SYSTEM VERSIONED" {
            let message = "the table \(name) is system-versioned, which cannot be replicated yet"
            let remedy = "Exclude it with '!\(name)'"
            return .failure(SourceError(.configuration, message, remedy: remedy))
        }
        var columns: [SourceColumn] = []
        for declared in found.columns {
            switch declared.sourceColumn() {
            case .success(let column): columns.append(column)
            case .failure(let refusal):
                let message = "the column '\(declared.name)' of \(name) \(refusal.reason)"
                let error = SourceError(.configuration, message, remedy: refusal.remedy)
                return .failure(error)
            }
        }
        if let clash = clashingName(columns) {
            let message = "the columns '\(clash)' of \(name) differ only in case"
            return .failure(SourceError(.configuration, message, remedy: "Rename one of them"))
        }
        let key = found.keyNames.compactMap { key in columns.firstIndex { $0.name == key } }
        return .success(
            SourceTable(
                name: name,
                columns: columns,
                keyColumns: key,
                comment: found.comment.isEmpty ? nil : found.comment,
                estimatedRows: found.estimatedRows
            )
        )
    }

    private static func clashingName(_ columns: [SourceColumn]) -> String? {
        var seen: Set<String> = []
        return columns.first { !seen.insert($0.name.lowercased()).inserted }?.name
    }
}
