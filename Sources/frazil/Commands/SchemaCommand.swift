import ArgumentParser
import PipelineConfig

/// Prints the JSON schema of the pipeline file, from which the committed one is made.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON schema of the pipeline file.",
        shouldDisplay: false
    )

    func run() { print(pipelineJSONSchema(), terminator: "") }
}
