import ChangeModel
import PipelineTestKit
import Synchronization
import TestKit

/// A transaction of changes that are possible one after the other.
func randomTransaction(
    of source: ScriptedSource,
    names: [SourceTableName],
    using random: inout SeededGenerator
) -> [(SourceTableName, ScriptedChange)] {
    var changes: [(SourceTableName, ScriptedChange)] = []
    // Tried on a copy, so that each change finds what the one before it left.
    var state = ScriptedSource.State()
    state.tables = source.state.withLock { $0.tables }
    for _ in 0..<Int.random(in: 1...12, using: &random) {
        guard let name = names.randomElement(using: &random) else { continue }
        let change = randomChange(of: state.tables[name] ?? [:], using: &random)
        state.apply(change, to: name)
        changes.append((name, change))
    }
    return changes
}

private func randomChange(
    of rows: [Int64: ScriptedRow],
    using random: inout SeededGenerator
) -> ScriptedChange {
    let id = Int64.random(in: 0...40, using: &random)
    let text = Bool.random(using: &random) ? "v\(random.next() % 1000)" : nil
    guard rows[id] != nil else {
        if let from = rows.keys.sorted().randomElement(using: &random),
            Int.random(in: 0...3, using: &random) == 0
        {
            return .move(from: from, to: id, name: text)
        }
        return .insert(id: id, name: text)
    }
    switch Int.random(in: 0...20, using: &random) {
    case 0...7: return .update(id: id, name: text)
    case 8...12: return .touch(id: id, amount: 5)
    case 13: return .truncate
    default: return .delete(id: id)
    }
}
