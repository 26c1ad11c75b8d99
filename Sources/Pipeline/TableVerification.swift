import Bytes
import Catalog
import ChangeModel
import Columns
import KeyIndex
import SourceInterface
import TableModel
import TableScan

/// Compares one table of source and lake; see ``verifyPipeline(_:)`` for why it is exact.
final class TableVerification {
    private let runner: PipelineRunner
    private let current: SourceTable
    private let rowHasher = RowHasher()
    private var result: VerificationReport.Table

    struct Outcome {
        var table: VerificationReport.Table
        var position: SourcePosition
        var lakeReachedPosition: Bool
    }

    /// What one side holds under a key: a hash of the row.
    private struct Suspect {
        /// The row's hash in the source when it was first read; nil for no row.
        var source: UInt64?
        var kind: VerificationReport.Difference.Kind
        var key: String?
    }

    init(runner: PipelineRunner, current: SourceTable) {
        self.runner = runner
        self.current = current
        result = VerificationReport.Table(
            name: current.name,
            rowsCompared: 0,
            differences: [],
            differenceCount: 0,
            missingColumns: [],
            problem: nil
        )
    }

    func run() async throws -> Outcome {
        var suspects: [KeyFingerprint: Suspect]?
        var position = SourcePosition("")
        var reached = true
        for round in 0..<Limits.verifyRoundsMax {
            let view = try await openView()
            defer { startThread("verify-close") { view.close() } }
            position = view.watermark(of: current.name)
            // A lake that is behind but equal is equal; only for differences is it worth waiting.
            let patience = round == 0 ? .zero : runner.lakePatience
            reached = try await runner.waitForLake(toCover: position, patience: patience)
            guard let lake = try await loadLake() else { break }
            let fingerprinter =
                lake.hasKey
                ? KeyFingerprinter(
                    keyTypes: lake.keyColumns.map { lake.fields[$0].type },
                    hasher: rowHasher.hasher
                ) : KeyFingerprinter(rowFieldIDs: lake.fields.map(\.id), hasher: rowHasher.hasher)
            let side = ComparedTable(
                lake: lake,
                fingerprinter: fingerprinter,
                rowHasher: rowHasher,
                runner: runner
            )
            let found = try await compare(side, view: view, only: suspects.map { Set($0.keys) })
            if round == 0 { result.rowsCompared = side.lakeRows }
            if round == 0, !reached, !found.isEmpty || !result.missingColumns.isEmpty {
                suspects = found
                continue
            }
            let unsettled = try await settle(found, side: side)
            if unsettled.isEmpty { return outcome(position, reached) }
            suspects = unsettled
        }
        for (_, suspect) in suspects ?? [:] { record(suspect) }
        return outcome(position, reached)
    }

    private func outcome(_ position: SourcePosition, _ reached: Bool) -> Outcome {
        result.differences.sort { $0.key < $1.key }
        return Outcome(table: result, position: position, lakeReachedPosition: reached)
    }

    private func openView() async throws -> any SourceSnapshot {
        let source = runner.parts.source
        let tables = [current]
        return try await onBlockingThread("verify-view") {
            try source.openSnapshot(tables: tables, workers: 1)
        }
    }

    private func loadLake() async throws -> ComparedLake? {
        let identifier = runner.lakeIdentifier(of: current.name)
        guard let loaded = try await runner.parts.catalog.loadTable(identifier) else {
            result.problem = "the lake has no table \(identifier)"
            return nil
        }
        let lake: LakeTable
        do {
            lake = try LakeTable(loaded, current: current, properties: runner.properties)
        } catch {
            result.problem = "\(error)"
            return nil
        }
        if lake.watermark(runner.properties) == nil {
            result.problem = "the first copy of the table is not whole yet"
            return nil
        }
        let compared = ComparedLake(lake, current: current)
        result.missingColumns = compared.missingColumns
        return compared
    }

    /// Keys whose rows differ between a view of the source and the lake.
    private func compare(
        _ side: ComparedTable,
        view: any SourceSnapshot,
        only: Set<KeyFingerprint>?
    ) async throws -> [KeyFingerprint: Suspect] {
        var suspects: [KeyFingerprint: Suspect] = [:]
        let expected = max(current.estimatedRows ?? 0, side.lakeRecordCount)
        let passes = max(1, (expected + Limits.verifyKeysPerPass - 1) / Limits.verifyKeysPerPass)
        for pass in 0..<passes {
            let filter = PassFilter(pass: pass, passes: passes, only: only)
            let rows = try await side.sourceRows(view, table: current, filter: filter)
            side.lakeRows = pass == 0 ? 0 : side.lakeRows
            try await side.forEachLakeRow(filter) { key, hash, describe in
                let known = rows.value.remove(key)
                if known == hash { return }
                suspects[key] = Suspect(
                    source: known,
                    kind: known == nil ? .onlyInLake : .valuesDiffer,
                    key: describe()
                )
                if suspects.count > Limits.verifySuspectsMax { throw TooManySuspects() }
            }
            rows.value.forEach { key, hash in
                suspects[key] = Suspect(source: hash, kind: .missingInLake, key: nil)
            }
        }
        return suspects
    }

    /// Reads suspects from the source again and records those whose rows stood still.
    ///
    /// - Returns: The keys whose rows changed meanwhile, to be compared again.
    private func settle(
        _ suspects: [KeyFingerprint: Suspect],
        side: ComparedTable
    ) async throws -> [KeyFingerprint: Suspect] {
        guard !suspects.isEmpty else { return [:] }
        let view = try await openView()
        defer { startThread("verify-close") { view.close() } }
        let filter = PassFilter(pass: 0, passes: 1, only: Set(suspects.keys))
        let names = UncheckedReference(KeyNames())
        let again = try await side.sourceRows(view, table: current, filter: filter, names: names)
        var unsettled: [KeyFingerprint: Suspect] = [:]
        for (key, suspect) in suspects {
            var suspect = suspect
            suspect.key = suspect.key ?? names.value.names[key]
            if again.value.payload(of: key) == suspect.source {
                record(suspect)
            } else {
                unsettled[key] = suspect
            }
        }
        return unsettled
    }

    private func record(_ suspect: Suspect) {
        result.differenceCount += 1
        guard result.differences.count < Limits.verifyKeysNamed else { return }
        result.differences.append(
            VerificationReport.Difference(key: suspect.key ?? "?", kind: suspect.kind)
        )
    }
}

/// So many rows differ that naming and settling them one by one makes no sense.
struct TooManySuspects: Error, CustomStringConvertible {
    var description: String {
        "more than \(Limits.verifySuspectsMax) rows differ; the lake table is not a copy of the "
            + "source's"
    }
}

/// Which keys one pass over both sides looks at.
struct PassFilter: Sendable {
    var pass: Int
    var passes: Int
    /// Only these, when given.
    var only: Set<KeyFingerprint>?

    func wants(_ key: KeyFingerprint) -> Bool { only?.contains(key) ?? true }

    /// Whether the key is one of this pass; of rows without a key all copies are of one pass.
    func contains(ofPass key: KeyFingerprint) -> Bool {
        passes == 1
            || Int(((key.low ^ key.high) &* 0x9E37_79B9_7F4A_7C15) >> 33) % passes == pass
    }
}

/// The texts of keys, collected while rows are read.
final class KeyNames {
    var names: [KeyFingerprint: String] = [:]
}
