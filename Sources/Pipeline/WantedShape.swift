import Catalog
import ChangeModel
import Iceberg
import PipelineConfig
import SourceInterface
import TableModel

/// What has to change in a table's metadata so that its files become as the pipeline file wants.
///
/// Format version, partition spec and sort order. Specs and orders that others gave the table stay
/// until the pipeline file asks for something else than it did before.
struct WantedShape {
    /// Empty when the table is as it is wanted.
    private(set) var updates: [TableUpdate] = []
    private var newProperties: [String: String] = [:]

    /// - Throws: ``SourceError`` `.configuration` when the file names a column that is not there, or
    ///   one that cannot be partitioned or sorted by.
    init(
        of table: LakeTable,
        options: TableOptions,
        formatVersion: Int,
        properties: LakeProperties
    ) throws {
        let metadata = table.loaded.metadata
        if formatVersion > metadata.formatVersion {
            updates.append(.upgradeFormatVersion(formatVersion))
        }
        // Deletes by key need one, also where no rows are written under it.
        if !metadata.partitionSpecs.contains(where: \.isUnpartitioned) {
            updates.append(.addPartitionSpec(.unpartitioned))
        }
        if let terms = options.partition {
            let text = terms.map(\.description).joined(separator: "; ")
            if metadata.properties[properties.partition, default: ""] != text {
                newProperties[properties.partition] = text
                want(try Self.spec(terms, table), of: metadata)
            }
        }
        if let terms = options.sort {
            let text = terms.map(\.description).joined(separator: "; ")
            if metadata.properties[properties.sort, default: ""] != text {
                newProperties[properties.sort] = text
                want(try Self.order(terms, table), of: metadata)
            }
        }
        if !newProperties.isEmpty { updates.append(.setProperties(newProperties)) }
    }

    private mutating func want(_ spec: PartitionSpec, of metadata: TableMetadata) {
        func isSame(_ other: PartitionSpec) -> Bool {
            other.fields.count == spec.fields.count
                && zip(other.fields, spec.fields).allSatisfy { $0.isEquivalent(to: $1) }
        }
        if let now = metadata.defaultPartitionSpec, isSame(now) { return }
        if let known = metadata.partitionSpecs.first(where: isSame) {
            updates.append(.setDefaultSpec(known.specID))
            return
        }
        updates.append(.addPartitionSpec(Self.numbered(spec, for: metadata)))
        updates.append(.setDefaultSpec(TableUpdate.lastAdded))
    }

    private mutating func want(_ order: SortOrder, of metadata: TableMetadata) {
        if let now = metadata.sortOrder(id: metadata.defaultSortOrderID),
            now.fields == order.fields
        {
            return
        }
        updates.append(.addSortOrder(order))
        updates.append(.setDefaultSortOrder(TableUpdate.lastAdded))
    }

    /// Gives each field the id and name that an equal field of an older spec has, or new ones.
    ///
    /// Source: Iceberg specification, "Partition Evolution".
    private static func numbered(
        _ spec: PartitionSpec,
        for metadata: TableMetadata
    ) -> PartitionSpec {
        let older = metadata.partitionSpecs.flatMap(\.fields)
        var lastID = metadata.lastPartitionID
        var names = Set(older.map(\.name))
        names.formUnion((try? metadata.currentSchema())?.fields.map(\.name) ?? [])
        var numbered = spec
        for (number, field) in spec.fields.enumerated() {
            if let same = older.first(where: { $0.isEquivalent(to: field) }) {
                numbered.fields[number] = same
                continue
            }
            // One beyond the last there is becomes negative, and is refused with the spec.
            lastID &+= 1
            numbered.fields[number].fieldID = lastID
            // A partition by the column itself has its name; others are told from all columns.
            if field.transform != .identity {
                var name = field.name
                var attempt = 1
                while names.contains(name) {
                    attempt += 1
                    name = "\(field.name)_\(attempt)"
                }
                numbered.fields[number].name = name
            }
            names.insert(numbered.fields[number].name)
        }
        return numbered
    }

    private static func spec(_ terms: [TransformTerm], _ table: LakeTable) throws -> PartitionSpec {
        var fields: [PartitionField] = []
        for term in terms {
            let column = try column(of: term, table, purpose: "partition")
            fields.append(
                PartitionField(
                    sourceIDs: [column.id],
                    name: term.transform.defaultFieldName(column: column.name),
                    transform: term.transform
                )
            )
        }
        return PartitionSpec(specID: 0, fields: fields)
    }

    private static func order(_ terms: [SortTerm], _ table: LakeTable) throws -> SortOrder {
        var fields: [SortField] = []
        for term in terms {
            switch term {
            case .primaryKey:
                fields += table.source.keyColumns.map {
                    SortField(sourceIDs: [table.fields[$0].id])
                }
            case .column(let term, let isDescending, let nullsFirst):
                let column = try column(of: term, table, purpose: "sort")
                fields.append(
                    SortField(
                        sourceIDs: [column.id],
                        transform: term.transform,
                        direction: isDescending ? .descending : .ascending,
                        nullOrder: nullsFirst ? .first : .last
                    )
                )
            }
        }
        return SortOrder(orderID: fields.isEmpty ? 0 : 1, fields: fields)
    }

    private static func column(
        of term: TransformTerm,
        _ table: LakeTable,
        purpose: String
    ) throws -> SchemaField {
        guard let field = table.fields.first(where: { $0.name == term.column }) else {
            throw SourceError(
                .configuration,
                "table-options want to \(purpose) \(table.name) by \(term), but the lake's table has "
                    + "no column \(term.column)",
                remedy: "Correct the term; the columns are "
                    + table.fields.map(\.name).joined(separator: ", ")
            )
        }
        guard term.transform.resultType(of: field.type) != nil else {
            throw SourceError(
                .configuration,
                "table-options want to \(purpose) \(table.name) by \(term), which cannot be used on a "
                    + "column of type \(field.type)",
                remedy: "Choose another transform"
            )
        }
        return field
    }
}

extension PipelineRunner {
    /// Commits what the pipeline file wants of a table's metadata, if that is not so already.
    func shaped(_ table: LakeTable) async throws -> LakeTable {
        let wanted = try WantedShape(
            of: table,
            options: parts.configuration.options(of: table.name),
            formatVersion: parts.configuration.lake.formatVersion,
            properties: properties
        )
        guard !wanted.updates.isEmpty else { return table }
        let metadata = table.loaded.metadata
        let outcome = try await parts.catalog.commit([
            TableChange(
                identifier: table.loaded.identifier,
                base: table.loaded,
                requirements: [
                    .assertTableUUID(metadata.tableUUID),
                    .assertDefaultSpecID(metadata.defaultSpecID),
                    .assertDefaultSortOrderID(metadata.defaultSortOrderID),
                    .assertLastAssignedPartitionID(metadata.lastPartitionID),
                ],
                updates: wanted.updates
            )
        ])
        guard case .committed(let tables) = outcome, let loaded = tables.first else {
            throw PipelineError(.conflict, "the table \(table.name) changed while it was set up")
        }
        var shaped = table
        shaped.loaded = loaded
        return shaped
    }
}
