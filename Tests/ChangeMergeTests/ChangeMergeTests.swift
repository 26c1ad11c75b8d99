import ChangeModel
import TableModel
import Testing

@testable import ChangeMerge

@Suite("ChangeMerge")
struct ChangeMergeTests {
    private func folded(_ write: (inout ChangeScript) -> Void) -> MergedChanges {
        var script = ChangeScript()
        write(&script)
        let merge = ChangeScript.merge()
        merge.append(script.batch())
        return merge.take()
    }

    @Test("insert, update and delete of one key leave nothing and touch nothing")
    func insertUpdateDelete() {
        let merged = folded {
            $0.insert(1, "a")
            $0.update(1, "b")
            $0.delete(1)
        }
        #expect(merged.outcomes.count == 1)
        #expect(merged.outcomes.first?.existedBefore == false)
        #expect(merged.outcomes.first?.finalRow == nil)
        #expect(merged.applied(to: [:]) == [:])
    }

    @Test("a row deleted and inserted again is the new row once")
    func deleteInsert() {
        let merged = folded {
            $0.delete(1)
            $0.insert(1, "new")
        }
        #expect(merged.outcomes.map(\.existedBefore) == [true])
        #expect(merged.applied(to: [1: ["old", "note"]]) == [1: ["new", "note"]])
    }

    @Test("delete, insert and update of one key leave the last version once")
    func deleteInsertUpdate() {
        let merged = folded {
            $0.delete(1)
            $0.insert(1, "b")
            $0.update(1, "c")
        }
        #expect(merged.outcomes.count == 1)
        #expect(merged.outcomes.first?.finalRow == BatchRow(batch: 0, row: 2))
        #expect(merged.applied(to: [1: ["a", "note"]]) == [1: ["c", "note"]])
    }

    @Test("an update of a row inserted before it deletes nothing in the table")
    func insertUpdate() {
        let merged = folded {
            $0.insert(1, "a")
            $0.update(1, "b")
        }
        #expect(merged.outcomes.map(\.existedBefore) == [false])
        #expect(merged.applied(to: [:]) == [1: ["b", "note"]])
    }

    @Test("two epochs of updates give one row")
    func twoEpochs() {
        let first = folded { $0.update(1, "b") }
        let second = folded { $0.update(1, "c") }
        let table = first.applied(to: [1: ["a", "note"]])
        #expect(table.flatMap { second.applied(to: $0) } == [1: ["c", "note"]])
    }

    @Test("keys swapped through a third exchange their payloads")
    func swap() {
        let merged = folded {
            $0.move(1, to: 100, "one")
            $0.move(2, to: 1, "two")
            $0.move(100, to: 2, "one")
        }
        #expect(
            merged.applied(to: [1: ["one", "note"], 2: ["two", "note"]])
                == [1: ["two", "note"], 2: ["one", "note"]]
        )
        #expect(merged.outcomes.map(\.existedBefore) == [true, false, true])
    }

    @Test("a thousand keys moved up by one keep their payloads")
    func shiftKeys() {
        let merged = folded { script in
            for id in (1...1000).reversed() {
                script.move(Int64(id), to: Int64(id + 1), "row \(id)")
            }
        }
        var table: TableContents = [:]
        var expected: TableContents = [:]
        for id in 1...1000 {
            table[Int64(id)] = ["row \(id)", "note"]
            expected[Int64(id + 1)] = ["row \(id)", "note"]
        }
        #expect(merged.applied(to: table) == expected)
    }

    @Test("a key that comes back to where it was is one row with the newest payload")
    func keyCircle() {
        let merged = folded {
            $0.move(1, to: 2, "a")
            $0.move(2, to: 3, "b")
            $0.move(3, to: 1, "c")
        }
        #expect(merged.applied(to: [1: ["old", "note"]]) == [1: ["c", "note"]])
    }

    @Test("a key moved onto one deleted before is one row")
    func moveOntoDeleted() {
        let merged = folded {
            $0.delete(2)
            $0.move(1, to: 2, "one")
        }
        #expect(
            merged.applied(to: [1: ["one", "note"], 2: ["two", "note"]]) == [2: ["one", "note"]]
        )
        #expect(merged.outcomes.map(\.existedBefore) == [true, true])
    }

    @Test("an insert and delete of a key seen for the first time still name the key")
    func replayedInsertDelete() {
        let merged = folded {
            $0.insert(7, "a")
            $0.delete(7)
        }
        // A writer that replays looks the key up whatever the log says of its past.
        #expect(merged.outcomes.map(\.key) == [ChangeScript.key(7)])
        #expect(merged.outcomes.map(\.finalRow) == [nil])
    }

    @Test("a truncate forgets what came before it and nothing after it")
    func truncate() {
        let merge = ChangeScript.merge()
        var before = ChangeScript()
        before.update(1, "gone")
        before.insert(2, "gone")
        merge.append(before.batch())
        merge.truncate()
        var after = ChangeScript()
        after.insert(2, "here")
        merge.append(after.batch())
        let merged = merge.take()
        #expect(merged.truncated)
        #expect(merged.applied(to: [1: ["a", "note"]]) == [2: ["here", "note"]])
        #expect(merge.isEmpty)
        #expect(merge.memoryBytes == 0)
    }

    @Test("a million updates of one key are one row and one batch of memory")
    func hotKey() {
        let merge = ChangeScript.merge()
        var batchMemoryBytes = 0
        for batchNumber in 0..<100 {
            var script = ChangeScript()
            for row in 0..<10_000 { script.update(1, "\(batchNumber * 10_000 + row)") }
            let batch = script.batch()
            batchMemoryBytes = max(batchMemoryBytes, batch.memoryBytes)
            merge.append(batch)
            #expect(merge.memoryBytes <= batchMemoryBytes + ChangeMerge.bytesPerKeyEstimate)
        }
        let merged = merge.take()
        #expect(merged.batches.map(\.rowCount).filter { $0 > 0 } == [10_000])
        #expect(merged.applied(to: [1: ["a", "note"]]) == [1: ["999999", "note"]])
    }
}

@Suite("Cells that were not sent")
struct UnchangedCellTests {
    @Test("a cell not sent for a row of the table comes from the table")
    func fromTable() {
        let merge = ChangeScript.merge()
        var script = ChangeScript()
        script.add(.update, 1, .unchanged, .value("new"))
        merge.append(script.batch())
        let merged = merge.take()
        #expect(merged.patches.map(\.origin) == [.table(ChangeScript.key(1))])
        #expect(merged.patches.map(\.column) == [1])
        #expect(merged.applied(to: [1: ["big", "old"]]) == [1: ["big", "new"]])
    }

    @Test("a cell not sent twice in a row comes from the row that sent it")
    func throughChain() {
        let merge = ChangeScript.merge()
        var script = ChangeScript()
        script.insert(1, "big")
        script.add(.update, 1, .unchanged, .value("b"))
        script.add(.update, 1, .unchanged, .value("c"))
        merge.append(script.batch())
        let merged = merge.take()
        #expect(merged.patches.map(\.origin) == [.row(BatchRow(batch: 0, row: 0))])
        #expect(merged.applied(to: [:]) == [1: ["big", "c"]])
    }

    @Test("a moved row takes cells not sent from its old key, in the table or in the batches")
    func throughMove() {
        let merge = ChangeScript.merge()
        var script = ChangeScript()
        script.delete(1)
        script.add(.insertMoved, 2, .unchanged, .value("moved"))
        script.delete(2)
        script.add(.insertMoved, 3, .unchanged, .unchanged)
        merge.append(script.batch())
        let merged = merge.take()
        #expect(
            merged.patches.map(\.origin)
                == [.table(ChangeScript.key(1)), .row(BatchRow(batch: 0, row: 1))]
        )
        #expect(merged.applied(to: [1: ["big", "old"]]) == [3: ["big", "moved"]])
    }

    @Test("the two rows of a move may lie in two batches", arguments: [false, true])
    func moveAcrossBatches(isInsertedBefore: Bool) {
        let merge = ChangeScript.merge()
        if isInsertedBefore {
            var start = ChangeScript()
            start.insert(1, "big")
            merge.append(start.batch())
        }
        var first = ChangeScript()
        first.delete(1)
        merge.append(first.batch())
        var second = ChangeScript()
        second.add(.insertMoved, 2, .unchanged, .value("moved"))
        merge.append(second.batch())
        let merged = merge.take()
        let table: TableContents = isInsertedBefore ? [:] : [1: ["big", "note"]]
        #expect(merged.applied(to: table) == [2: ["big", "moved"]])
    }

    @Test("patches of rows that are overwritten later are dropped")
    func overwritten() {
        let merge = ChangeScript.merge()
        var script = ChangeScript()
        script.add(.update, 1, .unchanged, .value("b"))
        script.update(1, "whole")
        merge.append(script.batch())
        let merged = merge.take()
        #expect(merged.patches.isEmpty)
        #expect(merged.applied(to: [1: ["big", "a"]]) == [1: ["whole", "note"]])
    }
}
