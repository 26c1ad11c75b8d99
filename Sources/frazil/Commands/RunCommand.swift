import ArgumentParser
import Logging
import Pipeline
import PipelineConfig

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Copies what is new, then follows the changes until stopped.",
        discussion: """
            Each table is copied under one consistent view of the source and then follows its \
            log. Everything that has to be remembered is in the lake: stop the program in any \
            way, start it again, and it goes on where it was.

              frazil run shop.yaml                     until SIGTERM or Ctrl-C
              frazil run shop.yaml --until-caught-up   until the log as it is now is committed

            SIGTERM and Ctrl-C commit what has arrived and end with 0. Tables that cannot be \
            replicated are named; the others go on, and the program ends with 3.
            """
    )

    @OptionGroup var options: CommonOptions

    @Flag(help: "End when everything that was in the log at the start is committed.")
    var untilCaughtUp = false

    func run() async throws {
        let configuration = try options.configuration()
        let log = options.logger()
        let stop = StopSignal()
        stopOnSignals(stop, log: log)
        let progress = SnapshotProgress(
            log: log,
            showsLine: StandardError.shared.isTerminal && options.log == .text
        )
        defer { progress.finish() }
        let parts = try options.parts(configuration, progress: progress, createsCatalog: true)
        log.info(
            "pipeline started",
            metadata: ["pipeline": "\(configuration.pipeline)", "version": "\(programVersion)"]
        )
        let report = try await runPipeline(parts, untilCaughtUp: untilCaughtUp, stop: stop)
        log.info(
            stop.isRequested ? "stopped" : "caught up",
            metadata: ["epochs": "\(report.epochsCommitted)"]
        )
        guard report.stoppedTables.isEmpty else {
            for stopped in report.stoppedTables {
                complain("\(stopped.table) is not replicated: \(stopped.error)")
            }
            throw CommandEnd(status: .failure)
        }
    }
}
