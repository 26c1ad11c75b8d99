import ChangeModel
import TestKit
import Testing

@testable import ChangeMerge

/// Random logs against a plain dictionary.
@Suite("ChangeMerge against a model")
struct ChangeMergeModelTests {
    /// Writes changes that a database could have made, and makes them in `table` too.
    private struct RandomLog {
        var generator: SeededGenerator
        var table: TableContents
        var script = ChangeScript()
        var version = 0
        static let idCount: Int64 = 12

        init(seed: UInt64) {
            generator = SeededGenerator(seed: seed)
            table = [:]
            for id in 0..<Self.idCount where Bool.random(using: &generator) {
                table[id] = ["payload \(id)", "note \(id)"]
            }
        }

        mutating func freshCells() -> [String] {
            version += 1
            return ["p\(version)", "n\(version)"]
        }

        /// The new values of a row, of which each may stay as it was and not be sent.
        mutating func changedCells(of old: [String]) -> (sent: [ChangeScript.Cell], new: [String]) {
            var new = freshCells()
            var sent = new.map { ChangeScript.Cell.value($0) }
            for column in 0..<2 where Int.random(in: 0..<3, using: &generator) == 0 {
                new[column] = old[column]
                sent[column] = .unchanged
            }
            return (sent, new)
        }

        mutating func changeOnce() {
            let id = Int64.random(in: 0..<Self.idCount, using: &generator)
            guard let old = table[id] else {
                let cells = freshCells()
                script.add(.insert, id, .value(cells[0]), .value(cells[1]))
                table[id] = cells
                return
            }
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4: update(id, old)
            case 4..<6:
                script.delete(id)
                table[id] = nil
            case 6..<9: move(id, old)
            default: swap(id)
            }
        }

        mutating func update(_ id: Int64, _ old: [String]) {
            let (sent, new) = changedCells(of: old)
            script.add(.update, id, sent[0], sent[1])
            table[id] = new
        }

        mutating func move(_ id: Int64, _ old: [String]) {
            let target = Int64.random(in: 0..<Self.idCount, using: &generator)
            guard table[target] == nil else { return update(id, old) }
            move(id, to: target)
        }

        mutating func move(_ id: Int64, to target: Int64) {
            guard let old = table.removeValue(forKey: id) else { return }
            let (sent, new) = changedCells(of: old)
            script.delete(id)
            script.add(.insertMoved, target, sent[0], sent[1])
            table[target] = new
        }

        mutating func swap(_ id: Int64) {
            let other = Int64.random(in: 0..<Self.idCount, using: &generator)
            guard other != id, table[other] != nil else { return }
            let temporary = Self.idCount + 1
            move(id, to: temporary)
            move(other, to: id)
            move(temporary, to: other)
        }

        mutating func cutBatch() -> ChangeBatch {
            let batch = script.batch()
            script = ChangeScript()
            return batch
        }
    }

    @Test("every epoch of a random log makes the table equal", arguments: 0..<8)
    func randomLogs(shard: Int) {
        for round in 0..<300 {
            let seed = UInt64(shard * 1_000_000 + round)
            var log = RandomLog(seed: seed)
            var lake: TableContents? = log.table
            let merge = ChangeScript.merge()
            for _ in 0..<3 {
                for _ in 0..<Int.random(in: 1...60, using: &log.generator) {
                    log.changeOnce()
                    switch Int.random(in: 0..<60, using: &log.generator) {
                    case 0:
                        merge.append(log.cutBatch())
                        merge.truncate()
                        log.table = [:]
                    case 1..<10: merge.append(log.cutBatch())
                    default: break
                    }
                }
                merge.append(log.cutBatch())
                lake = lake.flatMap { merge.take().applied(to: $0) }
            }
            #expect(lake == log.table, "seed \(seed)")
            if lake != log.table { return }
        }
    }
}
