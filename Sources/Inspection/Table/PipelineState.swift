internal import Iceberg

/// What pipelines remember in a table: properties `frazil.<pipeline>.<name>`, and entries of
/// snapshots' summaries `frazil.<name>`.
///
/// Source: docs/operating.md, "Where a pipeline is".
enum PipelineState {
    private static let prefix = "frazil."

    /// One object for each pipeline that has properties, by name.
    static func reports(ofProperties properties: [String: String]) -> [Report] {
        var byPipeline: [String: [(name: String, value: String)]] = [:]
        for (key, value) in properties where key.hasPrefix(prefix) {
            let rest = key.dropFirst(prefix.count)
            // A pipeline's name may hold dots, the names behind it do not.
            guard let dot = rest.lastIndex(of: ".") else { continue }
            byPipeline[String(rest[..<dot]), default: []]
                .append((String(rest[rest.index(after: dot)...]), value))
        }
        return byPipeline.sorted { $0.key < $1.key }.map { pipeline, entries in
            var report = Report([.init("pipeline", .text(pipeline))])
            for entry in entries.sorted(by: { $0.name < $1.name }) {
                report.add(memberName(entry.name), .text(entry.value))
            }
            return report
        }
    }

    /// Adds what a snapshot's summary says about the epoch that made it.
    static func add(_ summary: SnapshotSummary, to report: inout Report) {
        for (key, value) in summary.properties.sorted(by: { $0.key < $1.key })
        where key.hasPrefix(prefix) {
            report.add(memberName(String(key.dropFirst(prefix.count))), .text(value))
        }
    }

    private static func memberName(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 })
    }
}
