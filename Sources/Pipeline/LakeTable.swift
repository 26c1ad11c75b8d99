import Bytes
import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import SourceInterface
import TableModel

/// A lake table seen from the source: which fields follow which columns, and how far it is.
struct LakeTable: Sendable {
    var loaded: LoadedTable
    var name: SourceTableName

    /// The source table as the lake knows it: what the stream has to deliver.
    var source: SourceTable
    /// The fields of `source.columns`, in that order.
    var fields: [SchemaField]
    /// What is left of hashes of keys; less than all only in tests.
    var hashBits = 64

    /// What tells rows apart: their keys, or all their values where there is no key.
    func fingerprinter(hasher: SipHash128) -> KeyFingerprinter {
        source.keyColumns.isEmpty
            ? KeyFingerprinter(rowFieldIDs: fields.map(\.id), hasher: hasher, hashBits: hashBits)
            : KeyFingerprinter(
                keyTypes: source.keyColumns.map { fields[$0].type },
                hasher: hasher,
                hashBits: hashBits
            )
    }

    func watermark(_ properties: LakeProperties) -> SourcePosition? {
        loaded.metadata.properties[properties.position].map { SourcePosition($0) }
    }

    /// What ``LakeProperties/columns`` says of this table.
    var columnsProperty: String {
        FieldIDRanges(fields.map(\.id)).text
    }

    func stopReason(_ properties: LakeProperties) -> String? {
        loaded.metadata.properties[properties.stopped]
    }
}

extension SourceTable {
    /// A column of the key by which Iceberg cannot identify rows; nil where all are exact.
    var inexactKeyColumn: SourceColumn? {
        keyColumns.map { columns[$0] }.first { !$0.type.isIdentifierType }
    }
}

/// A table that is to be copied, with what its schema needs first.
struct TableToCopy: Sendable {
    /// With the source's columns as they are now, and their fields.
    var lake: LakeTable
    /// Committed with the rows.
    var schemaUpdates: [TableUpdate]

    /// - Throws: ``SourceError`` `.unsupportedChange` when the lake's schema cannot hold the rows.
    init(_ table: LakeTable, current: SourceTable) throws {
        let growth = try SchemaGrowth(
            of: table.loaded.metadata,
            managed: table.fields,
            to: current
        )
        lake = table
        lake.source = current
        lake.fields = growth.fields
        schemaUpdates = growth.updates
    }
}

extension LakeTable {
    /// Reads a lake table in the light of what the source says about it now.
    ///
    /// - Throws: ``SourceError`` `.unsupportedChange` when the table belongs to somebody else, was
    ///   moved back to an older snapshot, or has another key.
    init(_ loaded: LoadedTable, current: SourceTable, properties: LakeProperties) throws {
        let metadata = loaded.metadata
        guard metadata.properties[properties.source] == current.name.description else {
            throw SourceError(
                .unsupportedChange,
                "the lake already has a table \(loaded.identifier) that does not belong to "
                    + "\(current.name) of pipeline \(properties.pipeline)",
                remedy: "Choose another namespace for this pipeline, or drop that table"
            )
        }
        try Self.checkNotMovedBack(loaded, properties)
        let incarnation = metadata.properties[properties.incarnation]
        if let incarnation, let now = current.incarnation, now != incarnation {
            throw SourceError(
                .unsupportedChange,
                "\(current.name) was dropped and created anew since it was copied",
                remedy:
                    "Drop the lake table \(loaded.identifier) and start again: it is then copied "
                    + "anew"
            )
        }
        let schema = try metadata.currentSchema()
        let ids = FieldIDRanges(parsing: metadata.properties[properties.columns] ?? "")
        fields = schema.fields.filter { ids.contains($0.id) }
        try Self.checkNoneDropped(ids, fields: fields, loaded)
        if let nested = fields.first(where: { $0.type.isNested || $0.type == .variant }) {
            throw PipelineError(
                .lake,
                "column \(nested.name) of \(loaded.identifier) is \(nested.type), which cannot be "
                    + "written",
                remedy: "Drop the lake table to have it copied anew"
            )
        }
        let columns = fields.map { field in
            let now = current.columns.first { $0.name == field.name }
            return SourceColumn(
                name: field.name,
                declaredType: now?.declaredType ?? field.type.description,
                type: field.type,
                isNullable: !field.isRequired,
                comment: field.doc,
                hasDefault: now?.hasDefault ?? false
            )
        }
        let key = try Self.keyColumns(
            of: schema,
            fields: fields,
            current: current,
            knownKey: metadata.properties[properties.key]
        )
        source = SourceTable(
            name: current.name,
            columns: columns,
            keyColumns: key,
            comment: current.comment,
            estimatedRows: current.estimatedRows,
            incarnation: incarnation ?? current.incarnation
        )
        self.loaded = loaded
        name = current.name
    }

    /// Refuses a table that lost columns of ours: taken for columns that the source added, they would
    /// come back without the values of rows that do not change.
    private static func checkNoneDropped(
        _ ids: FieldIDRanges,
        fields: [SchemaField],
        _ table: LoadedTable
    ) throws {
        guard fields.count != ids.count else { return }
        throw SourceError(
            .unsupportedChange,
            "somebody dropped \(ids.count - fields.count) of the \(ids.count) columns that "
                + "\(table.identifier) has from the source",
            remedy:
                "Set the table's schema back, or drop the lake table and start again: it is then "
                + "copied anew"
        )
    }

    /// Refuses a table whose branch lost our newest snapshot: its position speaks of rows that are
    /// not there.
    private static func checkNotMovedBack(
        _ loaded: LoadedTable,
        _ properties: LakeProperties
    ) throws {
        let metadata = loaded.metadata
        let parts = (metadata.properties[properties.snapshot] ?? "").split(separator: ":")
        guard parts.count == 2, let id = Int64(parts[0]), let number = Int64(parts[1]) else {
            return
        }
        let isKnown = metadata.snapshot(id: id) != nil
        // Where the snapshot itself has expired, the branch's sequence number still tells.
        let isThere =
            isKnown
            ? metadata.ancestorSnapshotIDs().contains(id)
            : (metadata.currentSnapshot?.sequenceNumber ?? 0) >= number
        guard isThere else {
            throw SourceError(
                .unsupportedChange,
                "\(loaded.identifier) was moved back: snapshot \(id) of pipeline "
                    + "\(properties.pipeline) is not in the history of main, whose newest is "
                    + (metadata.currentSnapshotID.map { "snapshot \($0)" } ?? "none"),
                remedy: isKnown
                    ? "Set main to snapshot \(id) again, or drop the lake table; it is then copied "
                        + "anew"
                    : "Drop the lake table; it is then copied anew"
            )
        }
    }

    /// The key in the source's order; the set must be the lake's.
    private static func keyColumns(
        of schema: Schema,
        fields: [SchemaField],
        current: SourceTable,
        knownKey: String?
    ) throws -> [Int] {
        let names = current.keyColumns.map { current.columns[$0].name }
        let positions = names.compactMap { name in fields.firstIndex { $0.name == name } }
        let ids = Set(positions.map { fields[$0].id })
        let known = knownKey?.split(separator: ",").compactMap { Int32($0) }
        guard positions.count == names.count, ids == Set(known ?? schema.identifierFieldIDs) else {
            throw SourceError(
                .unsupportedChange,
                "the key of \(current.name) is now (\(names.joined(separator: ", "))), the lake's "
                    + "table was made with another key",
                remedy: "Drop the lake table and start again: it is then copied anew"
            )
        }
        return positions
    }

    /// The Iceberg fields of a source table; ids count from 1 and are the catalog's to change.
    static func schema(of table: SourceTable) -> Schema {
        let fields = table.columns.enumerated().map { index, column in
            SchemaField(
                id: Int32(index + 1),
                name: column.name,
                type: column.type,
                isRequired: table.keyColumns.contains(index),
                doc: column.comment
            )
        }
        return Schema(
            schemaID: 0,
            fields: fields,
            // Iceberg has no floating-point columns among those that identify a row.
            identifierFieldIDs: table.inexactKeyColumn == nil
                ? table.keyColumns.map { fields[$0].id }.sorted() : []
        )
    }

    /// The properties of a table that was just created from `table`; its columns are all managed.
    static func initialProperties(
        of table: SourceTable,
        properties: LakeProperties,
        formatVersion: Int
    ) -> [String: String] {
        var values = [
            "format-version": String(formatVersion),
            properties.source: table.name.description,
            properties.columns: FieldIDRanges(table.columns.indices.map { Int32($0 + 1) }).text,
            "write.metadata.delete-after-commit.enabled": "true",
            "write.metadata.previous-versions-max": "20",
            "write.delete.mode": "merge-on-read",
            "write.update.mode": "merge-on-read",
        ]
        values[properties.incarnation] = table.incarnation
        if table.inexactKeyColumn != nil {
            values[properties.key] = table.keyColumns.map { String($0 + 1) }
                .joined(separator: ",")
        }
        return values
    }
}
