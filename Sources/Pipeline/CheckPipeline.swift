import Catalog
import ObjectStore
import PipelineConfig
public import SourceInterface
import TableModel

/// Looks at every requirement of source and lake, one line each; changes nothing that stays.
public func checkPipeline(_ parts: PipelineParts) async throws -> [RequirementCheck] {
    let source = parts.source
    var checks = try await onBlockingThread("check") { try source.checkRequirements() }
    checks += try await tableChecks(parts)
    checks.append(await catalogCheck(parts))
    checks.append(await warehouseCheck(parts))
    return checks
}

private func tableChecks(_ parts: PipelineParts) async throws -> [RequirementCheck] {
    let inventory: SourceInventory
    do {
        inventory = try await PipelineRunner(parts, stop: StopSignal()).replicableInventory()
    } catch let error as SourceError {
        return [RequirementCheck(name: "tables", isMet: false, message: error.description)]
    }
    var checks = inventory.refused.map {
        RequirementCheck(name: "table \($0.name)", isMet: false, message: $0.error.description)
    }
    checks.append(
        RequirementCheck(
            name: "tables",
            isMet: !inventory.tables.isEmpty,
            message: inventory.tables.isEmpty
                ? "no table that can be replicated matches source.tables"
                : "\(inventory.tables.count) tables can be replicated"
        )
    )
    return checks
}

private func catalogCheck(_ parts: PipelineParts) async -> RequirementCheck {
    do {
        _ = try await parts.catalog.loadTable(
            Ledger.identifier(pipeline: parts.configuration.pipeline)
        )
        return RequirementCheck(name: "catalog", isMet: true, message: "the catalog answers")
    } catch {
        return RequirementCheck(name: "catalog", isMet: false, message: "\(error)")
    }
}

/// Writes and removes a small file where the tables go.
private func warehouseCheck(_ parts: PipelineParts) async -> RequirementCheck {
    guard let warehouse = parts.configuration.lake.warehouse else {
        return RequirementCheck(
            name: "warehouse",
            isMet: true,
            message: "the catalog chooses where tables lie"
        )
    }
    let path = "\(warehouse)/frazil-check-\(randomHex())"
    do {
        try await parts.store.put(path, [0x66])
        try await parts.store.delete(path)
        return RequirementCheck(
            name: "warehouse",
            isMet: true,
            message: "the warehouse can be written"
        )
    } catch {
        return RequirementCheck(name: "warehouse", isMet: false, message: "\(error)")
    }
}
