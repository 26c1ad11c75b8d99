import Codecs

/// Figures of the Parquet writer and reader, one subcommand a benchmark.
///
/// `make bench` runs them pinned to one core, in turns with the same work in another library.
@main
struct FormatBench {
    static let subcommands: [String: @Sendable ([String]) throws -> Void] = [
        "encode-none": { try EncodeBench.run(.none, $0) },
        "encode-snappy": { try EncodeBench.run(.snappy, $0) },
        "encode-zstd1": { try EncodeBench.run(.zstd(level: 1), $0) },
        "memory": MemoryProbe.run,
        "read-all": DecodeBench.readAll,
        "read-key": DecodeBench.readKey,
        "write-table": { try BenchTable.write(.none, $0) },
        "write-zstd1": { try BenchTable.write(.zstd(level: 1), $0) },
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
