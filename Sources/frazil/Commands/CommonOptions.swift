import ArgumentParser
import Logging
import Pipeline
import PipelineConfig

extension LogFormat: ExpressibleByArgument {}

/// The importance of log lines, as `--log-level` takes it.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug
    case info
    case warning
    case error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

/// What every command that works on a pipeline takes.
struct CommonOptions: ParsableArguments {
    @Argument(help: "The pipeline file, such as shop.yaml.")
    var file: String

    @Option(help: "How to write log lines and errors: text for people, json for machines.")
    var log = LogFormat.text

    @Option(help: "The least important log lines to write.")
    var logLevel = LogLevel.info

    /// Reads the file; errors from here on are written as `--log` says.
    func configuration() throws(ConfigurationError) -> PipelineConfiguration {
        StandardError.shared.use(log)
        return try PipelineConfiguration.load(path: file)
    }

    /// A log that writes to stderr.
    func logger() -> Logger {
        let (format, lowest) = (log, logLevel.level)
        return Logger(label: "frazil") { _ in ProgramLogHandler(format: format, level: lowest) }
    }

    /// Everything a pipeline is assembled from.
    ///
    /// Only a run may make a catalog that is not there: `createsCatalog`.
    func parts(
        _ configuration: PipelineConfiguration,
        progress: any ProgressReporter = NoProgress(),
        createsCatalog: Bool = false
    ) throws -> PipelineParts {
        let lake = try openLake(configuration.lake, createsMissing: createsCatalog)
        return PipelineParts(
            configuration: configuration,
            source: try makeSource(configuration),
            catalog: lake.catalog,
            store: lake.store,
            log: logger(),
            progress: progress
        )
    }
}
