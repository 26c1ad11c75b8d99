import ChangeModel
import Iceberg
import SourceInterface
import TableModel

/// A lake schema that has grown to hold every column of a source table.
struct SchemaGrowth {
    /// The fields of the source's columns, in the source's order.
    var fields: [SchemaField]
    /// Empty when the schema holds them all already, in that order.
    var updates: [TableUpdate]

    /// Keeps the fields that follow the source (`managed`), gives new columns new ids, and orders
    /// the schema as the source does; columns that others added to the lake stand behind.
    ///
    /// - Throws: ``SourceError`` `.unsupportedChange` when the source lacks a column, has one of
    ///   another type, or has a new one under a name that is taken.
    ///
    /// Source: Iceberg specification, "Schema Evolution": ids are never given twice.
    init(of metadata: TableMetadata, managed: [SchemaField], to table: SourceTable) throws {
        let schema = try metadata.currentSchema()
        try Self.refuseOtherChanges(table, managed: managed, schema: schema)
        // Ids beyond the last there is become negative, and are refused with the schema.
        var nextID = metadata.lastColumnID &+ 1
        fields = []
        for column in table.columns {
            if let known = managed.first(where: { $0.name == column.name }) {
                fields.append(known)
            } else {
                fields.append(
                    SchemaField(
                        id: nextID,
                        name: column.name,
                        type: column.type,
                        isRequired: false,
                        doc: column.comment
                    )
                )
                nextID &+= 1
            }
        }
        let managedIDs = Set(fields.map(\.id))
        var grown = schema
        grown.fields = fields + schema.fields.filter { !managedIDs.contains($0.id) }
        updates =
            grown.fields == schema.fields
            ? [] : [.addSchema(grown), .setCurrentSchema(TableUpdate.lastAdded)]
    }

    private static func refuseOtherChanges(
        _ table: SourceTable,
        managed: [SchemaField],
        schema: Schema
    ) throws {
        for field in managed {
            guard let column = table.columns.first(where: { $0.name == field.name }) else {
                throw SourceError(
                    .unsupportedChange,
                    "column \(field.name) of \(table.name) was dropped or renamed",
                    remedy: "Drop the lake table and start again: it is then copied anew"
                )
            }
            guard column.type == field.type else {
                throw SourceError(
                    .unsupportedChange,
                    "column \(field.name) of \(table.name) is now \(column.declaredType), which "
                        + "becomes \(column.type); the lake's column is \(field.type)",
                    remedy: "Drop the lake table and start again: it is then copied anew"
                )
            }
        }
        let managedNames = Set(managed.map(\.name))
        for column in table.columns where !managedNames.contains(column.name) {
            guard schema.field(named: column.name) == nil else {
                throw SourceError(
                    .unsupportedChange,
                    "\(table.name) got a column \(column.name), but the lake table has one of that "
                        + "name that somebody else added",
                    remedy:
                        "Rename the lake's column, or drop the lake table to have it copied anew"
                )
            }
        }
    }
}
