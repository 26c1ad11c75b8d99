import KeyIndex
import Testing

@Suite("KeyIndexBudget")
struct KeyIndexBudgetTests {
    /// Tables a, b and c with 40, 30 and 20 of 100 bytes, used in this order.
    private func filled() -> KeyIndexBudget {
        var budget = KeyIndexBudget(bytesMax: 100)
        for (table, bytes) in [("a", 40), ("b", 30), ("c", 20)] {
            budget.use(table)
            #expect(budget.set(bytes, of: table) == [.admitted(table: table, bytes: bytes)])
        }
        return budget
    }

    @Test("says who has how much, the greatest first")
    func shares() {
        let budget = filled()
        #expect(budget.bytesUsed == 90)
        #expect(budget.bytesFree == 10)
        #expect(budget.allShares.map(\.table) == ["a", "b", "c"])
        #expect(budget.allShares.map(\.bytes) == [40, 30, 20])
    }

    @Test("what fits is granted, and growth within the bound is no event")
    func growth() {
        var budget = filled()
        #expect(budget.set(50, of: "a") == [])
        #expect(budget.bytesFree == 0)
        #expect(budget.set(10, of: "a") == [])
        #expect(budget.bytesFree == 40)
    }

    @Test("the tables used least recently make room, as many as it takes")
    func eviction() {
        var budget = filled()
        budget.use("a")
        budget.use("d")
        #expect(
            budget.set(50, of: "d") == [
                .evicted(table: "b", bytes: 30, for: "d"),
                .evicted(table: "c", bytes: 20, for: "d"),
                .admitted(table: "d", bytes: 50),
            ]
        )
        #expect(budget.allShares.map(\.table) == ["d", "a"])
        #expect(!budget.holds("b"))
    }

    @Test("room that would not suffice is made by nobody")
    func refusal() {
        var budget = filled()
        budget.use("d")
        #expect(
            budget.set(101, of: "d")
                == [.refused(table: "d", bytesWanted: 101, bytesFree: 100)]
        )
        #expect(budget.allShares.map(\.table) == ["a", "b", "c"])
    }

    @Test("a table pushes out none that was used more recently than itself")
    func recency() {
        var budget = filled()
        #expect(budget.set(61, of: "b") == [.evicted(table: "a", bytes: 40, for: "b")])
        #expect(
            budget.set(81, of: "b") == [.refused(table: "b", bytesWanted: 81, bytesFree: 80)]
        )
        // It grew beyond what it can have, so it has nothing, and c kept its own.
        #expect(budget.allShares.map(\.table) == ["c"])
    }

    @Test("two tables that do not fit side by side take turns only with their use")
    func noThrashing() {
        var budget = KeyIndexBudget(bytesMax: 100)
        budget.use("a")
        _ = budget.set(80, of: "a")
        budget.use("b")
        budget.use("a")
        #expect(!budget.couldAdmit(80, for: "b"))
        #expect(
            budget.set(80, of: "b") == [.refused(table: "b", bytesWanted: 80, bytesFree: 20)]
        )
        budget.use("b")
        #expect(budget.couldAdmit(80, for: "b"))
        #expect(budget.holds("a"))
        #expect(
            budget.set(80, of: "b") == [
                .evicted(table: "a", bytes: 80, for: "b"), .admitted(table: "b", bytes: 80),
            ]
        )
    }

    @Test("what is released or forgotten is free")
    func release() {
        var budget = filled()
        budget.release("a")
        budget.forget("b")
        budget.release("nobody")
        #expect(budget.bytesFree == 80)
        // A released table keeps its place in the order of uses: c was used after a.
        #expect(budget.set(90, of: "a") == [.refused(table: "a", bytesWanted: 90, bytesFree: 80)])
        budget.use("a")
        #expect(
            budget.set(90, of: "a") == [
                .evicted(table: "c", bytes: 20, for: "a"), .admitted(table: "a", bytes: 90),
            ]
        )
    }

    @Test("who cannot do without pushes out everybody else, exceeds the bound, and says so once")
    func needed() {
        var budget = filled()
        #expect(
            budget.set(120, of: "n", isNeeded: true) == [
                .evicted(table: "a", bytes: 40, for: "n"),
                .evicted(table: "b", bytes: 30, for: "n"),
                .evicted(table: "c", bytes: 20, for: "n"),
                .exceeded(table: "n", bytes: 120, bytesMax: 100),
            ]
        )
        #expect(budget.bytesFree == -20)
        #expect(budget.set(130, of: "n", isNeeded: true) == [])
        budget.use("a")
        #expect(budget.set(1, of: "a") == [.refused(table: "a", bytesWanted: 1, bytesFree: -30)])
        #expect(budget.holds("n"))
        // Room that it gives back is there for others, who never push it out.
        #expect(budget.set(60, of: "n", isNeeded: true) == [])
        #expect(budget.set(40, of: "a") == [.admitted(table: "a", bytes: 40)])
        budget.use("a")
        #expect(budget.set(41, of: "a") == [.refused(table: "a", bytesWanted: 41, bytesFree: 40)])
        #expect(budget.holds("n"))
    }

    @Test("a budget of nothing admits only what takes nothing")
    func empty() {
        var budget = KeyIndexBudget(bytesMax: 0)
        budget.use("a")
        #expect(budget.set(0, of: "a") == [.admitted(table: "a", bytes: 0)])
        #expect(budget.set(1, of: "a") == [.refused(table: "a", bytesWanted: 1, bytesFree: 0)])
    }

    @Test("events read as sentences")
    func sentences() {
        #expect(
            "\(KeyIndexBudget.Event.evicted(table: "shop.a", bytes: 7, for: "shop.b"))"
                == "the key index of shop.a gave up 7 bytes for that of shop.b; its rows are "
                + "deleted by key"
        )
        #expect(
            "\(KeyIndexBudget.Event.refused(table: "shop.a", bytesWanted: 9, bytesFree: 8))"
                == "the key index of shop.a wants 9 bytes and 8 can be had; its rows are deleted "
                + "by key"
        )
    }
}
