import ArgumentParser
import Pipeline
import SourceInterface

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what a run would create or change; changes nothing.",
        discussion: """
            Prints each table with its name in the lake, what would happen to it, its key, and \
            how each column's type is mapped. Ends with 1 when a table cannot be replicated.

              frazil plan shop.yaml
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration()
        let plan = try await planPipeline(try options.parts(configuration))
        for table in plan.tables { print(describe(table)) }
        let refused = plan.tables.filter { $0.isRefused }.count
        print("\(plan.tables.count - refused) tables to replicate, \(refused) refused.")
        if refused > 0 { throw CommandEnd(status: .found) }
    }

    private func describe(_ table: PipelinePlan.Table) -> String {
        var lines = ["\(table.name) -> \(table.lakeTable): \(describe(table.action, table))"]
        let nameWidth = table.columns.map(\.name.count).max() ?? 0
        let typeWidth = table.columns.map(\.declaredType.count).max() ?? 0
        for column in table.columns {
            let name = padded(column.name, nameWidth)
            let declared = padded(column.declaredType, typeWidth)
            let nullability = column.isNullable ? "" : " required"
            lines.append("    \(name)  \(declared) -> \(column.type)\(nullability)")
        }
        if !table.key.isEmpty { lines.append("    key: \(table.key.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }

    private func describe(_ action: PipelinePlan.Action, _ table: PipelinePlan.Table) -> String {
        let rows = table.estimatedRows.map { "about \(grouped($0)) rows" } ?? "all rows"
        switch action {
        case .create: return "create, copy \(rows)"
        case .copy: return "copy \(rows)"
        case .follow(let position): return "follow from \(position)"
        case .addColumns(let names, let position):
            return "follow from \(position), add \(names.joined(separator: ", "))"
        case .refuse(let reason): return "refused: \(reason)"
        }
    }
}

extension PipelinePlan.Table {
    fileprivate var isRefused: Bool {
        if case .refuse = action { return true }
        return false
    }
}

/// Text with spaces behind it up to a width in characters.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
