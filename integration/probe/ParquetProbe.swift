import ArgumentParser

/// Writes files and tables for tests with the project's own writer; no part of the program.
///
/// Rows come as JSON lines in the form of `frazil inspect --rows` (docs/inspect.md), so that what one
/// prints the other can write.
@main
struct ParquetProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parquet-probe",
        abstract: "Writes Parquet files and Iceberg tables for tests with frazil's own writer.",
        subcommands: [
            WriteCommand.self, GenerateCommand.self, RandomCommand.self, TableCommand.self,
        ]
    )
}

/// A mistake of whoever calls the probe.
struct ProbeError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
