import Bytes
import ChangeModel
import Columns
import KeyIndex
import TestKit
import Testing

@testable import ChangeMerge

/// Tables without a key: rows are told apart by all their values.
@Suite("RowMerge")
struct RowMergeTests {
    private func merge() -> RowMerge {
        RowMerge(
            fingerprinter: KeyFingerprinter(
                rowFieldIDs: [1, 2, 3],
                hasher: SipHash128(key0: 1, key1: 2)
            )
        )
    }

    private func folded(_ write: (inout ChangeScript) -> Void) -> MergedChanges {
        var script = ChangeScript()
        write(&script)
        let merge = merge()
        merge.append(script.batch())
        return merge.take()
    }

    /// What is left: rows more and rows fewer, as `"+ id payload"` and `"- id payload"`.
    private func left(_ merged: MergedChanges) -> [String] {
        merged.outcomes.map { outcome in
            let columns = merged.batches[Int(outcome.keyRow.batch)].columns
            let row = Int(outcome.keyRow.row)
            let id = columns[0].value(at: row, as: Int64.self)
            let sign = outcome.finalRow == nil ? "-" : "+"
            return "\(sign) \(id) \(columns[1].string(at: row) ?? "NULL")"
        }.sorted()
    }

    /// A delete of a row that `insert` made; its whole old values are sent.
    private func delete(_ script: inout ChangeScript, _ id: Int64, _ payload: String) {
        script.add(.delete, id, .value(payload), .value("note"))
    }

    /// T022.
    @Test("of two equal rows one may go")
    func oneOfTwo() {
        let merged = folded {
            $0.insert(1, "a")
            $0.insert(1, "a")
            delete(&$0, 1, "a")
        }
        #expect(left(merged) == ["+ 1 a"])
    }

    /// T023.
    @Test("an update of one of three equal rows leaves two old ones and a new one")
    func oneOfThree() {
        let merged = folded {
            for _ in 0..<3 { $0.insert(1, "a") }
            delete(&$0, 1, "a")
            $0.add(.insertMoved, 1, .value("b"), .value("note"))
        }
        #expect(left(merged) == ["+ 1 a", "+ 1 a", "+ 1 b"])
    }

    @Test("a row that goes and comes again changes nothing")
    func backAgain() {
        let merged = folded {
            delete(&$0, 1, "a")
            delete(&$0, 1, "a")
            $0.insert(1, "a")
        }
        #expect(left(merged) == ["- 1 a"])
        #expect(merged.outcomes.map(\.existedBefore) == [true])
    }

    @Test("a million updates of one row are two rows and two batches of memory")
    func hotRow() {
        let merge = merge()
        var batchMemoryBytes = 0
        for batchNumber in 0..<100 {
            var script = ChangeScript()
            for row in 0..<10_000 {
                let number = batchNumber * 10_000 + row
                script.add(.delete, 1, .value("\(number)"), .value("note"))
                script.add(.insertMoved, 1, .value("\(number + 1)"), .value("note"))
            }
            let batch = script.batch()
            batchMemoryBytes = max(batchMemoryBytes, batch.memoryBytes)
            merge.append(batch)
            #expect(merge.memoryBytes <= 2 * batchMemoryBytes + 4 * RowMerge.bytesPerEntryEstimate)
        }
        #expect(left(merge.take()) == ["+ 1 1000000", "- 1 0"])
    }

    @Test("a truncate forgets what came before it and nothing after it")
    func truncate() {
        let merge = merge()
        var before = ChangeScript()
        before.insert(1, "gone")
        merge.append(before.batch())
        merge.truncate()
        var after = ChangeScript()
        after.insert(2, "here")
        merge.append(after.batch())
        let merged = merge.take()
        #expect(merged.truncated)
        #expect(left(merged) == ["+ 2 here"])
        #expect(merge.isEmpty)
        #expect(merge.memoryBytes == 0)
    }

    @Test("random changes over random batches leave what a count of rows says", arguments: 0..<4)
    func randomChanges(shard: Int) {
        for round in 0..<100 {
            let seed = UInt64(shard * 1_000 + round)
            var random = SeededGenerator(seed: seed)
            let merge = merge()
            var table: [String: Int] = ["1 a": 3, "2 b": 1]
            let start = table
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                var script = ChangeScript()
                for _ in 0..<Int.random(in: 0...30, using: &random) {
                    let id = Int64.random(in: 1...3, using: &random)
                    let payload = ["a", "b"][Int.random(in: 0...1, using: &random)]
                    if table["\(id) \(payload)", default: 0] > 0, Bool.random(using: &random) {
                        delete(&script, id, payload)
                        table["\(id) \(payload)", default: 0] -= 1
                    } else {
                        script.insert(id, payload)
                        table["\(id) \(payload)", default: 0] += 1
                    }
                }
                merge.append(script.batch())
            }
            var result = start
            for change in left(merge.take()) {
                result[String(change.dropFirst(2)), default: 0] += change.hasPrefix("+") ? 1 : -1
            }
            let wanted = table.filter { $0.value != 0 }
            #expect(result.filter { $0.value != 0 } == wanted, "seed \(seed)")
        }
    }
}
