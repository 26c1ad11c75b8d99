import ArgumentParser
import Pipeline

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares source and lake row by row at one position.",
        discussion: """
            Hashes every row of the source and of the lake and names the keys that differ. \
            Works beside a running pipeline. Ends with 0 when all rows are equal and with 1 when not.

              frazil verify shop.yaml
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration()
        let report = try await verifyPipeline(try options.parts(configuration))
        for table in report.tables { print(describe(table)) }
        // Equal rows say that nothing of the tables' was still to come.
        if !report.lakeReachedPosition, !report.isEqual {
            print(
                "The lake has not reached the source's position \(report.position) yet; "
                    + "frazil run \(options.file) --until-caught-up brings it there."
            )
        }
        guard report.isEqual else { throw CommandEnd(status: .found) }
        print("Source and lake are equal at \(report.position).")
    }

    private func describe(_ table: VerificationReport.Table) -> String {
        if let problem = table.problem { return "PROBLEM  \(table.name): \(problem)" }
        let rows = "\(grouped(table.rowsCompared)) rows"
        if table.isEqual { return "equal    \(table.name): \(rows)" }
        var lines = [
            "DIFFERS  \(table.name): \(grouped(table.differenceCount)) keys of \(rows)"
        ]
        if !table.missingColumns.isEmpty {
            lines.append(
                "    columns missing in the lake: \(table.missingColumns.joined(separator: ", "))"
            )
        }
        lines += table.differences.map { "    \($0.key): \($0.kind.rawValue)" }
        let unnamed = table.differenceCount - table.differences.count
        if unnamed > 0 { lines.append("    and \(grouped(unnamed)) more") }
        return lines.joined(separator: "\n")
    }
}
