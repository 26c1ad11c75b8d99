import ChangeModel
import SourceInterface
import TableModel

/// One relation of the server's catalog with what decides whether it can be replicated.
struct CatalogRelation {
    var relationID: UInt32
    var name: SourceTableName
    var kind: Character
    var persistence: Character
    var isPartition: Bool
    var replicaIdentity: Character
    var estimatedRows: Int?
    var comment: String?
    var isReadable: Bool
    var hasRowSecurity: Bool
}

/// Reads tables, columns and keys from the server's catalog.
struct CatalogReader {
    let connection: PostgresConnection
    let types: TypeCatalog

    /// One column, still with the server's type.
    struct CatalogColumn {
        var name: String
        var number: Int
        var type: UInt32
        var modifier: Int32
        var declaredType: String
        var isNotNull: Bool
        var comment: String?
        var hasDefault: Bool
        var isGenerated: Bool
    }

    /// One unique index: the columns' numbers in the key's order.
    struct CatalogIndex {
        var isPrimary: Bool
        var isReplicaIdentity: Bool
        var isUsable: Bool
        var columnNumbers: [Int]
    }

    /// The chosen relations in name order.
    func relations(
        _ isChosen: (SourceTableName) -> Bool
    ) throws -> [CatalogRelation] {
        let rows = try connection.query(
            """
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition,
              c.relreplident, c.reltuples::bigint, pg_catalog.obj_description(c.oid, 'pg_class'),
              pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
              pg_catalog.row_security_active(c.oid)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
              AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
            """,
            doing: "read the list of tables"
        )
        var relations: [CatalogRelation] = []
        for row in rows where row.count == 11 {
            guard let relationID = row[0].flatMap({ UInt32($0) }), let schema = row[1],
                let table = row[2], let kind = row[3]?.first, let persistence = row[4]?.first,
                let identity = row[6]?.first
            else { continue }
            let name = SourceTableName(schema: schema, table: table)
            guard isChosen(name) else { continue }
            relations.append(
                CatalogRelation(
                    relationID: relationID,
                    name: name,
                    kind: kind,
                    persistence: persistence,
                    isPartition: row[5] == "t",
                    replicaIdentity: identity,
                    estimatedRows: row[7].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil },
                    comment: row[8],
                    isReadable: row[9] == "t",
                    hasRowSecurity: row[10] == "t"
                )
            )
        }
        return relations.sorted { $0.name < $1.name }
    }

    /// The columns of relations in the tables' order.
    func columns(of relations: [UInt32]) throws -> [UInt32: [CatalogColumn]] {
        let rows = try connection.query(
            """
            SELECT a.attrelid, a.attname, a.attnum, a.atttypid, a.atttypmod,
              pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
              pg_catalog.col_description(a.attrelid, a.attnum),
              a.atthasdef OR a.atthasmissing OR a.attidentity <> '', a.attgenerated
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """,
            [SQLText.array(relations)],
            doing: "read the columns of tables"
        )
        var columns: [UInt32: [CatalogColumn]] = [:]
        for row in rows where row.count == 10 {
            guard let relation = row[0].flatMap({ UInt32($0) }), let name = row[1],
                let number = row[2].flatMap({ Int($0) }), let type = row[3].flatMap({ UInt32($0) }),
                let modifier = row[4].flatMap({ Int32($0) })
            else { continue }
            columns[relation, default: []].append(
                CatalogColumn(
                    name: name,
                    number: number,
                    type: type,
                    modifier: modifier,
                    declaredType: row[5] ?? "unknown",
                    isNotNull: row[6] == "t",
                    comment: row[7],
                    hasDefault: row[8] == "t",
                    isGenerated: !(row[9] ?? "").isEmpty
                )
            )
        }
        return columns
    }

    /// The primary keys and replica identities of relations.
    func indexes(of relations: [UInt32]) throws -> [UInt32: [CatalogIndex]] {
        let rows = try connection.query(
            """
            SELECT i.indrelid, i.indisprimary, i.indisreplident,
              i.indimmediate AND i.indisvalid AND i.indpred IS NULL,
              (SELECT string_agg(k.number::text, ',' ORDER BY k.place)
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
               WHERE k.place <= i.indnkeyatts)
            FROM pg_catalog.pg_index i
            WHERE i.indrelid = ANY ($1::oid[]) AND (i.indisprimary OR i.indisreplident)
            """,
            [SQLText.array(relations)],
            doing: "read the keys of tables"
        )
        var indexes: [UInt32: [CatalogIndex]] = [:]
        for row in rows where row.count == 5 {
            guard let relation = row[0].flatMap({ UInt32($0) }), let numbers = row[4]
            else { continue }
            indexes[relation, default: []].append(
                CatalogIndex(
                    isPrimary: row[1] == "t",
                    isReplicaIdentity: row[2] == "t",
                    isUsable: row[3] == "t",
                    columnNumbers: numbers.split(separator: ",").compactMap { Int($0) }
                )
            )
        }
        return indexes
    }
}
