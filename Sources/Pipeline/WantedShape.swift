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
                updates += try Self.partitioning(terms, table)
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

    private mutating func want(_ order: SortOrder, of metadata: TableMetadata) {
        if let now = metadata.sortOrder(id: metadata.defaultSortOrderID),
            now.fields == order.fields
        {
            return
        }
        updates.append(.addSortOrder(order))
        updates.append(.setDefaultSortOrder(TableUpdate.lastAdded))
    }

    /// What makes the table's spec that of the terms; a spec of former times that is the same becomes
    /// the default one again.
    private static func partitioning(
        _ terms: [TransformTerm],
        _ table: LakeTable
    ) throws -> [TableUpdate] {
        let metadata = table.loaded.metadata
        let wanted = try terms.map { term in
            let column = try column(of: term, table, purpose: "partition")
            return (transform: term.transform, columnID: column.id)
        }
        func isWanted(_ spec: PartitionSpec) -> Bool {
            spec.fields.count == wanted.count
                && zip(spec.fields, wanted).allSatisfy { field, wanted in
                    field.sourceIDs == [wanted.columnID] && field.transform == wanted.transform
                }
        }
        if let now = metadata.defaultPartitionSpec, isWanted(now) { return [] }
        if let known = metadata.partitionSpecs.first(where: isWanted) {
            return [.setDefaultSpec(known.specID)]
        }
        var evolution = try PartitionEvolution(of: metadata)
        try evolution.replaceAll(with: wanted)
        return try evolution.updates()
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
