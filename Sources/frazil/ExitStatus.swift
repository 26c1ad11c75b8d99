import ArgumentParser
import Glibc
import Pipeline
import PipelineConfig

/// How the program ends.
enum ExitStatus: Int32 {
    case good = 0
    /// A check or a comparison found something.
    case found = 1
    /// Wrong usage or configuration.
    case usage = 2
    /// A failure at run time.
    case failure = 3
}

/// Ends a command that said all there is to say.
struct CommandEnd: Error {
    var status: ExitStatus
}

/// Tells what went wrong in one sentence and ends the program.
func finish(with error: any Error) -> Never {
    switch error {
    case let end as CommandEnd:
        exit(end.status.rawValue)
    case let error where isConfigurationMistake(error):
        complain("\(error)")
        exit(ExitStatus.usage.rawValue)
    default:
        guard isUsage(error) else {
            complain("\(error)")
            exit(ExitStatus.failure.rawValue)
        }
        // Help and version are answers, not errors.
        if Frazil.exitCode(for: error).isSuccess {
            print(Frazil.fullMessage(for: error))
            exit(ExitStatus.good.rawValue)
        }
        let message = Frazil.message(for: error)
        let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
        complain("\(sentence). See: frazil --help")
        exit(ExitStatus.usage.rawValue)
    }
}

/// Whether only the pipeline file can mend it.
///
/// What a server, catalog or store says is a failure at
/// run time, wrong passwords included: nobody can tell them from a changed server.
private func isConfigurationMistake(_ error: any Error) -> Bool {
    error is ConfigurationError || (error as? PipelineError)?.kind == .configuration
}

/// Whether the argument parser made the error.
private func isUsage(_ error: any Error) -> Bool {
    let code = Frazil.exitCode(for: error)
    return code.isSuccess || code == .validationFailure
}

/// Writes one error to stderr, in the form that `--log` asked for.
func complain(_ sentence: String) {
    let output = StandardError.shared
    switch output.format {
    case .text: output.write(line: "frazil: \(sentence)")
    case .json:
        output.write(line: logLine(.json, level: "error", message: sentence, values: []))
    }
}
