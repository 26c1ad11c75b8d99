import ChangeModel
import Diagnostics
import Logging
import Pipeline
import SourceInterface
import Synchronization

/// Nobody watches.
struct NoProgress: ProgressReporter {
    func snapshotStarted(tables: [SourceTable]) {}
    func snapshotAdvanced(table: SourceTableName, rows: Int) {}
    func snapshotFinished(table: SourceTableName, rows: Int) {}
    func committed(_ epoch: CommittedEpoch) {}
}

/// Tells how a snapshot goes on: a line that is rewritten on a terminal, log lines elsewhere.
final class SnapshotProgress: ProgressReporter {
    /// How often the line of a terminal is rewritten at most.
    private static let lineInterval = Duration.milliseconds(100)
    /// How often a log line is written.
    private static let logInterval = Duration.seconds(10)

    private struct State {
        var began = ContinuousClock.now
        var lastTold = ContinuousClock.now
        var rows = 0
        var estimatedRows: Int?
        var tables = 0
        var tablesLeft = 0
    }

    private let log: Logger
    private let showsLine: Bool
    private let state = Mutex(State())

    init(log: Logger, showsLine: Bool) {
        self.log = log
        self.showsLine = showsLine
    }

    func snapshotStarted(tables: [SourceTable]) {
        guard !tables.isEmpty else { return }
        let estimates = tables.compactMap(\.estimatedRows)
        state.withLock { state in
            state = State()
            state.tables = tables.count
            state.tablesLeft = tables.count
            if estimates.count == tables.count { state.estimatedRows = estimates.reduce(0, +) }
        }
        log.info("copying tables", metadata: ["tables": "\(tables.count)"])
    }

    func snapshotAdvanced(table: SourceTableName, rows: Int) {
        let interval = showsLine ? Self.lineInterval : Self.logInterval
        let due: State? = state.withLock { state in
            state.rows += rows
            let now = ContinuousClock.now
            guard now - state.lastTold >= interval else { return nil }
            state.lastTold = now
            return state
        }
        guard let due else { return }
        if showsLine {
            StandardError.shared.show(progress: line(due, table: table))
        } else {
            log.info(
                "copying tables",
                metadata: [
                    LogKeys.rows: "\(due.rows)",
                    "rows_per_second": "\(rowsPerSecond(due))",
                    "tables_left": "\(due.tablesLeft)",
                ]
            )
        }
    }

    func snapshotFinished(table: SourceTableName, rows: Int) {
        let now: State = state.withLock { state in
            state.tablesLeft = max(0, state.tablesLeft - 1)
            return state
        }
        if showsLine, now.tablesLeft == 0 { StandardError.shared.show(progress: "") }
        log.info(
            "table copied",
            metadata: [
                LogKeys.table: "\(table)", LogKeys.rows: "\(rows)",
                "tables_left": "\(now.tablesLeft)",
            ]
        )
        guard now.tablesLeft == 0 else { return }
        log.info(
            "all tables copied",
            metadata: [
                LogKeys.rows: "\(now.rows)", "rows_per_second": "\(rowsPerSecond(now))",
                LogKeys.seconds: "\(seconds(now))",
            ]
        )
    }

    func committed(_ epoch: CommittedEpoch) {
        log.info(
            "committed",
            metadata: [
                LogKeys.epoch: "\(epoch.number)", LogKeys.position: "\(epoch.position)",
                "tables": "\(epoch.tables)", "rows_written": "\(epoch.rowsWritten)",
                "rows_deleted": "\(epoch.rowsDeleted)",
            ]
        )
    }

    /// Takes the line away, so that what follows starts on a clean one.
    func finish() {
        if showsLine { StandardError.shared.show(progress: "") }
    }

    private func line(_ state: State, table: SourceTableName) -> String {
        var text = "copying: \(grouped(state.rows)) rows"
        if let estimate = state.estimatedRows, estimate > 0 {
            text += " (\(min(99, state.rows * 100 / estimate)) %)"
        }
        text += ", \(grouped(rowsPerSecond(state))) rows/s"
        text += ", \(state.tablesLeft) of \(state.tables) tables left, now \(table)"
        return String(text.prefix(StandardError.shared.widthColumns - 1))
    }

    private func seconds(_ state: State) -> Double {
        (ContinuousClock.now - state.began).seconds
    }

    private func rowsPerSecond(_ state: State) -> Int {
        Int(Double(state.rows) / max(seconds(state), 0.01))
    }
}

/// A count with a comma between each three digits.
func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
        result.append(digit)
    }
    return number < 0 ? "-" + result : result
}
