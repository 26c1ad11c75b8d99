import Puffin
import TestKit
import Testing

@Suite("RoaringBitmap")
struct RoaringBitmapTests {
    @Test("holds what was put in, in order", arguments: SampleSet.allCases)
    func contents(_ sample: SampleSet) {
        let bitmap = sample.bitmap
        let positions = sample.positions
        #expect(bitmap.positions() == positions)
        #expect(bitmap.count == positions.count)
        #expect(bitmap.isEmpty == positions.isEmpty)
        #expect(bitmap.first == positions.first)
        #expect(bitmap.last == positions.last)
        #expect(positions.allSatisfy(bitmap.contains))
        let expected = Set(positions)
        for position in -1..<70_000 where bitmap.contains(position) != expected.contains(position) {
            Issue.record("\(position)")
        }
    }

    @Test("holds the same in its smallest form", arguments: SampleSet.allCases)
    func optimized(_ sample: SampleSet) {
        var bitmap = sample.bitmap
        bitmap.optimize()
        #expect(bitmap.positions() == sample.positions)
        #expect(bitmap == sample.bitmap)
        #expect(bitmap.count == sample.positions.count)
        #expect(bitmap.first == sample.positions.first)
        #expect(bitmap.last == sample.positions.last)
        let expected = Set(sample.positions)
        for position in 0..<70_000 where bitmap.contains(position) != expected.contains(position) {
            Issue.record("\(position)")
        }
    }

    @Test(
        "the union of any two forms holds both, and leaves the operands as they were",
        arguments: SampleSet.allCases,
        SampleSet.allCases
    )
    func union(_ left: SampleSet, _ right: SampleSet) {
        let expected = RoaringBitmap(ascendingUnion(left.positions, right.positions))
        for (optimizesLeft, optimizesRight) in [
            (false, false), (true, false), (false, true), (true, true),
        ] {
            var first = left.bitmap
            var second = right.bitmap
            if optimizesLeft { first.optimize() }
            if optimizesRight { second.optimize() }
            let union = first.union(second)
            #expect(union == expected)
            #expect(union.count == expected.count)
            #expect(first == left.bitmap)
            #expect(second == right.bitmap)
        }
    }

    /// The elements of both ascending arrays, each once.
    private func ascendingUnion(_ left: [Int], _ right: [Int]) -> [Int] {
        var result: [Int] = []
        var rest = right[...]
        for element in left {
            while let next = rest.first, next < element {
                result.append(next)
                rest.removeFirst()
            }
            if rest.first == element { rest.removeFirst() }
            result.append(element)
        }
        return result + rest
    }

    @Test("one position after another gives the same set", arguments: SampleSet.allCases)
    func single(_ sample: SampleSet) {
        var ascending = RoaringBitmap()
        var descending = RoaringBitmap()
        let positions = sample.positions
        #expect(positions.count { ascending.insert($0) } == positions.count)
        #expect(positions.reversed().count { descending.insert($0) } == positions.count)
        #expect(positions.count { ascending.insert($0) } == 0)
        #expect(ascending == sample.bitmap)
        #expect(descending == sample.bitmap)
        #expect(ascending.serialized() == sample.bitmap.serialized())
    }

    @Test("a position goes into runs at their ends, between them and apart from them")
    func insertIntoRuns() {
        var bitmap = RoaringBitmap(Array(10..<100) + Array(101..<200) + Array(65_000..<65_536))
        bitmap.optimize()
        let added = [9, 100, 200, 5, 64_999, 40_000, 150]
        #expect(added.map { bitmap.insert($0) } == [true, true, true, true, true, true, false])
        let expected = [5] + Array(9...200) + [40_000] + Array(64_999..<65_536)
        #expect(bitmap.positions() == expected)
    }

    @Test("positions in any order, and twice, are one set")
    func anyOrder() {
        var generator = SeededGenerator(seed: 7)
        let positions = (0..<30_000).map { _ in Int.random(in: 0..<300_000, using: &generator) }
        let expected = Set(positions).sorted()
        #expect(RoaringBitmap(positions).positions() == expected)
        var bitmap = RoaringBitmap([1_000_000])
        bitmap.insert(contentsOf: positions)
        #expect(bitmap.positions() == expected + [1_000_000])
        #expect(RoaringBitmap([5, 3, 3, 4, 65_536, 2]).positions() == [2, 3, 4, 5, 65_536])
    }

    @Test(
        "a range is the same as its positions",
        arguments: [
            0..<0, 0..<1, 0..<65_536, 5..<65_536, 65_535..<65_537, 3..<200_000,
            (1 << 32) - 2..<(1 << 32) + 2,
        ]
    )
    func range(_ range: Range<Int>) {
        var bitmap = RoaringBitmap()
        bitmap.insert(range: range)
        #expect(bitmap.positions() == Array(range))
        #expect(bitmap == RoaringBitmap(Array(range)))
        bitmap = RoaringBitmap([7, 100_000])
        bitmap.insert(range: range)
        #expect(bitmap.positions() == Set(range).union([7, 100_000]).sorted())
    }

    @Test("a part is walked as if it were cut out", arguments: SampleSet.allCases)
    func partialWalk(_ sample: SampleSet) {
        var optimized = sample.bitmap
        optimized.optimize()
        let ranges = [
            0..<0, 0..<Int.max, -5..<3, 77_777..<77_778, 63..<64, 64..<129, 65_535..<65_536,
            65_536..<131_072, 130..<20_001, 19_999..<300_001, (1 << 32) + 1..<(9 << 32),
        ]
        for range in ranges {
            let expected = sample.positions.filter(range.contains)
            for bitmap in [sample.bitmap, optimized] {
                var found: [Int] = []
                bitmap.forEach(in: range) { found.append($0) }
                #expect(found == expected, "\(range)")
            }
        }
    }

    @Test("a walk ends with what its body throws")
    func walkThrows() {
        struct Enough: Error, Equatable { var position: Int }
        #expect(throws: Enough(position: 20_000)) {
            try SampleSet.fewRuns.bitmap.forEach { position throws(Enough) in
                if position >= 20_000 { throw Enough(position: position) }
            }
        }
    }

    @Test("sets that differ are not equal, whatever their forms")
    func inequality() {
        for left in SampleSet.allCases {
            for right in SampleSet.allCases where left != right {
                var optimized = right.bitmap
                optimized.optimize()
                #expect(left.bitmap != right.bitmap)
                #expect(left.bitmap != optimized)
            }
        }
        // The same count and the same ends, one value apart, as an array and as runs.
        var runs = RoaringBitmap(Array(0..<100) + [200])
        runs.optimize()
        #expect(RoaringBitmap(Array(0..<99) + [150, 200]) != runs)
    }

    @Test("random changes keep it equal to a plain set", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bitmap = RoaringBitmap()
        var expected: Set<Int> = []
        for step in 0..<60 {
            let added = randomPositions(&generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                for position in added.prefix(50) {
                    let isNew = bitmap.insert(position)
                    #expect(isNew == expected.insert(position).inserted)
                }
            case 1:
                bitmap.insert(contentsOf: added)
                expected.formUnion(added)
            case 2:
                var other = RoaringBitmap(added)
                other.optimize()
                bitmap.formUnion(other)
                expected.formUnion(added)
            default:
                bitmap.optimize()
            }
            #expect(bitmap.count == expected.count, "seed \(seed), step \(step)")
        }
        #expect(bitmap.positions() == expected.sorted(), "seed \(seed)")
        #expect(try RoaringBitmap(parsing: bitmap.serialized()) == bitmap, "seed \(seed)")
    }

    /// Positions in a few containers: scattered, dense or in runs.
    private func randomPositions(_ generator: inout SeededGenerator) -> [Int] {
        let base = Int.random(in: 0..<4, using: &generator) << 16
        let spread = [200, 70_000, 5_000_000_000].randomElement(using: &generator) ?? 200
        let count = Int.random(in: 0..<3000, using: &generator)
        if Bool.random(using: &generator) {
            let start = base + Int.random(in: 0..<60_000, using: &generator)
            return Array(start..<start + count)
        }
        let positions = (0..<count).map { _ in
            base + Int.random(in: 0..<spread, using: &generator)
        }
        return positions.sorted()
    }

    @Test("a copy does not change with its original", arguments: SampleSet.allCases)
    func copies(_ sample: SampleSet) {
        var original = sample.bitmap
        let copy = original
        original.insert(123)
        original.insert(range: 500..<600)
        original.optimize()
        #expect(copy.positions() == sample.positions)
    }

    @Test("a negative position ends the program")
    func negative() async {
        await #expect(processExitsWith: .failure) {
            var bitmap = RoaringBitmap()
            bitmap.insert(-1)
        }
    }
}
