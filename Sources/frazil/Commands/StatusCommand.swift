import ArgumentParser
import Diagnostics
import Glibc
import Pipeline
import SourceInterface

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows where each table is; needs no running program.",
        discussion: """
            Reads lake and source and prints for each table its phase, rows, last snapshot and how \
            many deleted rows readers still step over, and how far the lake is behind the source.

              frazil status shop.yaml
              frazil status shop.yaml --json
            """
    )

    @OptionGroup var options: CommonOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let configuration = try options.configuration()
        let status = try await pipelineStatus(try options.parts(configuration))
        print(json ? status.json.indented : status.table)
    }
}

extension PipelineStatus {
    fileprivate var json: JSONText {
        .object([
            ("pipeline", .text(pipeline)),
            ("epoch", .integer(Int64(epoch))),
            ("position", .text(orNull: position?.text)),
            ("lag_seconds", lagSeconds.map { .number($0) } ?? .null),
            ("lag_bytes", .integer(orNull: lagBytes.map { Int64($0) })),
            ("tables", .array(tables.map(\.json))),
        ])
    }

    fileprivate var table: String {
        let head = [
            "pipeline \(pipeline)", "epoch \(epoch)",
            "position \(position?.text ?? "none yet")", lag,
        ].joined(separator: ", ")
        let rows =
            [["table", "phase", "rows", "deleted", "last snapshot"]]
            + tables.map { table in
                [
                    "\(table.name)", table.phase.rawValue, grouped(Int(table.rows)),
                    "\(Int((table.deleteRatio * 100).rounded())) %",
                    table.lastSnapshotAtMilliseconds.map(describeMilliseconds) ?? "none",
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map(padded).joined(separator: "  ").trimmingEnd()
        }
        let reasons = tables.compactMap { table in
            table.reason.map { "\(table.name) \(table.phase.rawValue): \($0)" }
        }
        let byKey = tables.filter { $0.deletesByKey > 0 }.map { table in
            "\(table.name) has \(grouped(Int(table.deletesByKey))) deletes by key"
        }
        return ([head] + lines + reasons + byKey).joined(separator: "\n")
    }

    private var lag: String {
        var parts: [String] = []
        if let lagSeconds { parts.append("\(Int(lagSeconds.rounded())) s") }
        if let lagBytes { parts.append("\(grouped(lagBytes)) bytes") }
        return parts.isEmpty ? "lag unknown" : "behind by \(parts.joined(separator: " and "))"
    }
}

extension PipelineStatus.Table {
    fileprivate var json: JSONText {
        .object([
            ("table", .text("\(name)")),
            ("lake_table", .text("\(lakeTable)")),
            ("phase", .text(phase.rawValue)),
            ("rows", .integer(rows)),
            ("position", .text(orNull: position?.text)),
            ("last_snapshot_id", .integer(orNull: lastSnapshotID)),
            (
                "last_snapshot_at",
                .text(orNull: lastSnapshotAtMilliseconds.map(describeMilliseconds))
            ),
            ("delete_ratio", .number(deleteRatio)),
            ("deletes_by_key", .integer(deletesByKey)),
            ("reason", .text(orNull: reason)),
        ])
    }
}

/// A time in UTC.
private func describeMilliseconds(_ milliseconds: Int64) -> String {
    describe(
        timespec(
            tv_sec: Int(milliseconds / 1000),
            tv_nsec: Int(milliseconds % 1000) * 1_000_000
        )
    )
}

extension String {
    fileprivate func trimmingEnd() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
