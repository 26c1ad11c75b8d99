/// Figures of the Parquet writer and reader, one subcommand a benchmark.
///
/// `make bench` runs them pinned to one core, in turns with the same work in another library.
@main
struct FormatBench {
    static let subcommands: [String: @Sendable ([String]) throws -> Void] = [
        "random-file": RandomFile.run
    ]

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first, let run = subcommands[name] else {
            throw UsageError(
                "format-bench SUBCOMMAND ..., with one of \(subcommands.keys.sorted())"
            )
        }
        try run(Array(arguments.dropFirst()))
    }
}

/// Arguments that make no sense, and those that would.
struct UsageError: Error, CustomStringConvertible {
    var description: String

    init(_ usage: String) { description = "usage: \(usage)" }
}
