import Testing

@testable import Pipeline

@Suite("Field ids in a property")
struct FieldIDRangesTests {
    @Test(
        "neighbours are a range, whatever their order",
        arguments: [
            ([], ""), ([7], "7"), ([1, 2, 3], "1-3"), ([9, 1, 3, 2, 9, 12, 11], "1-3,9,11-12"),
            ([.max - 1, .max], "2147483646-2147483647"),
        ] as [([Int32], String)]
    )
    func text(ids: [Int32], text: String) {
        let ranges = FieldIDRanges(ids)
        #expect(ranges.text == text)
        #expect(FieldIDRanges(parsing: text) == ranges)
        for id in ids { #expect(ranges.contains(id)) }
    }

    @Test("a list of ids is read, as earlier versions wrote it")
    func list() {
        let ranges = FieldIDRanges(parsing: "1,2,5")
        #expect(
            [1, 2, 3, 4, 5, 6].map(ranges.contains) == [true, true, false, false, true, false]
        )
    }

    @Test("what is no range is passed over, and a large one takes no memory")
    func damaged() {
        let ranges = FieldIDRanges(parsing: "x,5-3,-4,,7-,1-2147483647x,9-2147483647")
        #expect(ranges == FieldIDRanges(parsing: "9-2147483647"))
        #expect(!ranges.contains(8))
        #expect(ranges.contains(2_000_000_000))
    }

    @Test("the ids of thousands of columns are a few bytes")
    func wide() {
        #expect(FieldIDRanges(1...4096).text == "1-4096")
    }
}
