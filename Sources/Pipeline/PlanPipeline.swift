import Catalog
public import ChangeModel
public import SourceInterface
public import TableModel

/// What a run would do, table by table; nothing is changed by looking.
public struct PipelinePlan: Sendable {
    public enum Action: Sendable, Equatable {
        /// The lake has no such table: it is made and copied.
        case create
        /// The table is there without rows of ours: it is copied.
        case copy
        /// The table is followed from its position.
        case follow(position: SourcePosition)
        /// Columns that the source has and the lake does not; they are added when the log tells.
        case addColumns([String], position: SourcePosition)
        /// The table cannot or can no longer be replicated.
        case refuse(reason: String)
    }

    public struct Table: Sendable {
        public var name: SourceTableName
        public var lakeTable: TableIdentifier
        public var action: Action
        /// Empty for refused tables.
        public var columns: [SourceColumn]
        /// Names of the key's columns, in the key's order.
        public var key: [String]
        public var estimatedRows: Int?
    }

    public var tables: [Table]
}

/// Looks at source and lake and tells what a run would do.
public func planPipeline(_ parts: PipelineParts) async throws -> PipelinePlan {
    let runner = PipelineRunner(parts, stop: StopSignal())
    let inventory = try await runner.replicableInventory()
    var tables: [PipelinePlan.Table] = []
    for table in inventory.tables {
        let identifier = runner.lakeIdentifier(of: table.name)
        tables.append(
            PipelinePlan.Table(
                name: table.name,
                lakeTable: identifier,
                action: try await runner.plannedAction(for: table, identifier),
                columns: table.columns,
                key: table.keyColumns.map { table.columns[$0].name },
                estimatedRows: table.estimatedRows
            )
        )
    }
    for refused in inventory.refused {
        tables.append(
            PipelinePlan.Table(
                name: refused.name,
                lakeTable: runner.lakeIdentifier(of: refused.name),
                action: .refuse(reason: refused.error.description),
                columns: [],
                key: [],
                estimatedRows: nil
            )
        )
    }
    return PipelinePlan(tables: tables.sorted { $0.name < $1.name })
}

extension PipelineRunner {
    fileprivate func plannedAction(
        for table: SourceTable,
        _ identifier: TableIdentifier
    ) async throws -> PipelinePlan.Action {
        guard let loaded = try await parts.catalog.loadTable(identifier) else { return .create }
        do {
            let lake = try LakeTable(loaded, current: table, properties: properties)
            if let reason = lake.stopReason(properties) { return .refuse(reason: reason) }
            guard let position = lake.watermark(properties) else { return .copy }
            let known = Set(lake.source.columns.map(\.name))
            let new = table.columns.map(\.name).filter { !known.contains($0) }
            return new.isEmpty ? .follow(position: position) : .addColumns(new, position: position)
        } catch let error as PipelineError {
            return .refuse(reason: error.description)
        } catch let error as SourceError {
            return .refuse(reason: error.description)
        }
    }
}
