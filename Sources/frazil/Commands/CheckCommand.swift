import ArgumentParser
import Catalog
import Pipeline
import PipelineConfig
import SourceInterface

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks everything that source and lake need; changes nothing.",
        discussion: """
            Connects, looks at every requirement and prints one line for each, with the remedy \
            where one is not met. Ends with 0 when the pipeline can run and with 1 when it cannot.

              frazil check shop.yaml
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration()
        let checks: [RequirementCheck]
        do {
            checks = try await checkPipeline(try options.parts(configuration))
        } catch let error as SourceError {
            checks = [RequirementCheck(name: "source", isMet: false, message: "\(error)")]
        } catch let error as CatalogError {
            checks = [RequirementCheck(name: "catalog", isMet: false, message: "\(error)")]
        }
        var told: Set<String> = []
        for check in checks {
            // Source and pipeline may both have looked at one table.
            guard told.insert("\(check.isMet) \(check.name)").inserted else { continue }
            let word = check.isMet ? "ok  " : check.isWarning ? "warn" : "FAIL"
            print("\(word)  \(check.name): \(check.message)")
        }
        let failures = Set(checks.filter { !$0.isMet && !$0.isWarning }.map(\.name)).count
        print(
            failures == 0
                ? "The pipeline \(configuration.pipeline) can run."
                : "The pipeline \(configuration.pipeline) cannot run yet: \(failures) to mend."
        )
        if failures > 0 { throw CommandEnd(status: .found) }
    }
}
