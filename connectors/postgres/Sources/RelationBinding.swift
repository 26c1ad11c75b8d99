import ChangeModel
import SourceInterface
import TableModel

/// How the cells of a relation's rows go into a table's columns.
struct RelationBinding: Equatable {
    /// For each cell on the wire the table's column, or -1.
    var targets: [Int]
    /// The table's columns that the wire does not have.
    var absent: [Int]
    /// Places on the wire of the table's key columns, in the key's order.
    var keyCells: [Int]

    /// - Precondition: All key columns are on the wire.
    init(_ relation: RelationMessage, to table: SourceTable) {
        let places = Dictionary(
            table.columns.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let targets = relation.columns.map { places[$0.name] ?? -1 }
        let known = Set(targets)
        self.targets = targets
        absent = table.columns.indices.filter { !known.contains($0) }
        keyCells = table.keyColumns.compactMap { targets.firstIndex(of: $0) }
    }
}

/// What a relation's layout means for the table that the lake knows.
enum LayoutChange: Equatable {
    case none
    /// Columns on the wire, by place, that the table does not have yet.
    case added([Int])
    /// The reason, as the second half of a sentence.
    case incompatible(String)

    /// Compares by name and by the type that the lake gives a column; changes within one such type
    /// (a longer `varchar`) are none.
    static func compare(
        _ relation: RelationMessage,
        with table: SourceTable,
        types: TypeCatalog
    ) -> LayoutChange {
        var wirePlaces: [String: Int] = [:]
        for (place, column) in relation.columns.enumerated() { wirePlaces[column.name] = place }
        var gone: [String] = []
        for column in table.columns {
            guard let place = wirePlaces.removeValue(forKey: column.name) else {
                gone.append(column.name)
                continue
            }
            let wire = relation.columns[place]
            switch types.mapping(of: wire.type, modifier: wire.modifier) {
            case .mapped(column.type): continue
            case .mapped(let type):
                return .incompatible(
                    "column \(column.name) changed its type from \(column.type) to \(type)"
                )
            case .refused(let reason):
                return .incompatible("column \(column.name) changed its type, and \(reason)")
            }
        }
        let added = wirePlaces.values.sorted()
        if !gone.isEmpty {
            let names = gone.joined(separator: ", ")
            let newNames = added.map { relation.columns[$0].name }.joined(separator: ", ")
            return .incompatible(
                added.isEmpty
                    ? "column \(names) was dropped"
                    : "column \(names) was dropped or renamed while \(newNames) appeared"
            )
        }
        if let reason = keyChange(relation, table) { return .incompatible(reason) }
        for place in added {
            let column = relation.columns[place]
            if case .refused(let reason) = types.mapping(of: column.type, modifier: column.modifier)
            {
                return .incompatible("column \(column.name) was added, and \(reason)")
            }
        }
        return added.isEmpty ? .none : .added(added)
    }

    private static func keyChange(_ relation: RelationMessage, _ table: SourceTable) -> String? {
        let key = Set(table.keyColumns.map { table.columns[$0].name })
        let flagged = Set(relation.columns.filter(\.isKey).map(\.name))
        switch relation.replicaIdentity {
        case .nothing: return "its REPLICA IDENTITY is NOTHING now"
        case .allColumns: return nil
        case .primaryKey, .index:
            if key.isEmpty { return "it has no key, and its REPLICA IDENTITY is not FULL any more" }
            if flagged == key { return nil }
            if flagged.isEmpty { return "its primary key or replica identity is gone" }
            return "its key changed from (\(key.sorted().joined(separator: ", "))) to "
                + "(\(flagged.sorted().joined(separator: ", ")))"
        }
    }
}
