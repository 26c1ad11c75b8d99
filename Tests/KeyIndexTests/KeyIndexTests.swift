import Bytes
import TableModel
import Testing

@testable import KeyIndex

@Suite("KeyIndex")
struct KeyIndexTests {
    static let fingerprinter = KeyFingerprinter(
        keyTypes: [.long],
        hasher: SipHash128(key0: 1, key1: 2)
    )

    private func keys(_ numbers: some Sequence<UInt64>) -> [KeyFingerprint] {
        numbers.map { KeyFingerprint(high: 0, low: $0) }
    }

    @Test("gives back file and position, near and far")
    func locations() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        #expect(index.addFile("a.parquet") == 0)
        #expect(index.addFile("b.parquet") == 1)
        #expect(index.addFile("a.parquet") == 0)
        let key = KeyFingerprint(high: 0, low: 1)
        let far = RowLocation(file: 0, position: 1 << 31 + 5)
        #expect(try index.set(far, for: key) == nil)
        #expect(index.location(of: key) == far)
        #expect(try index.set(RowLocation(file: 1, position: 0), for: key) == far)
        #expect(
            index.locations(of: keys([2, 1])) == [nil, RowLocation(file: 1, position: 0)]
        )
        #expect(index.remove(key) == RowLocation(file: 1, position: 0))
        #expect(index.remove(key) == nil)
        #expect(index.count == 0)
        #expect(index.filePaths == ["a.parquet", "b.parquet"])
    }

    @Test("a batch is stored in order; what each key had before is told")
    func batch() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        let file = index.addFile("a")
        let batch = keys([3, 4, 3])
        #expect(try index.setAll(batch, file: file, positions: RowPositions(first: 10)) == 1)
        var told: [Int: RowLocation] = [:]
        let rows = RowPositions(first: 4_090, rows: [2, 9, 5])
        #expect(try index.setAll(batch, file: file, positions: rows) { told[$0] = $1 } == 3)
        #expect(
            told == [
                0: RowLocation(file: 0, position: 12), 1: RowLocation(file: 0, position: 11),
                2: RowLocation(file: 0, position: 4_092),
            ]
        )
        #expect(
            index.locations(of: batch) == [
                RowLocation(file: 0, position: 4_095), RowLocation(file: 0, position: 4_099),
                RowLocation(file: 0, position: 4_095),
            ]
        )
        #expect(index.keyCount(ofFile: file) == 2)
    }

    /// Three files of 100 000 rows; each key of the first moves to the second or goes with it.
    @Test("a removed file takes the keys along that have no row elsewhere")
    func removedFile() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        let all = keys(0..<100_000)
        try index.setAll(all, file: index.addFile("old"), positions: RowPositions(first: 0))
        let moved = [KeyFingerprint](all[..<90_000])
        try index.setAll(moved, file: index.addFile("new"), positions: RowPositions(first: 7))
        #expect(index.keyCount(ofFile: 0) == 10_000)
        index.removeFile("old")
        #expect(index.count == 90_000)
        #expect(index.filePaths == ["new"])
        #expect(index.location(of: all[0]) == RowLocation(file: 1, position: 7))
        #expect(index.location(of: all[95_000]) == nil)
        #expect(index.locations(of: [all[95_000]]) == [nil])
        #expect(index.remove(all[95_000]) == nil)
        #expect(index.addFile("third") == 0)
        // A key that went comes back; it had no row.
        let back = [all[96_000]]
        #expect(try index.setAll(back, file: 0, positions: RowPositions(first: 1)) == 0)
        #expect(index.count == 90_001)
        index.sweep()
        #expect(index.count == 90_001)
        #expect(index.location(of: all[96_000]) == RowLocation(file: 0, position: 1))
        var seen = 0
        index.forEach { _, location in seen += location.file == 1 ? 1 : 1_000_000 }
        #expect(seen == 1_090_000)
    }

    @Test("files that come and go leave nothing behind")
    func churn() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        let all = keys(0..<70_000)
        var memory: [Int] = []
        for round in 0..<12 {
            try index.setAll(
                all,
                file: index.addFile("file \(100 + round)"),
                positions: RowPositions(first: 0)
            )
            for path in index.filePaths.dropLast() where path != index.filePath(index.fileCount - 1)
            {
                if index.keyCount(ofFile: index.ordinal(ofFile: path) ?? 0) == 0 {
                    index.removeFile(path)
                }
            }
            memory.append(index.memoryBytes)
        }
        #expect(index.count == 70_000)
        #expect(index.fileCount <= 2)
        #expect(memory[11] == memory[4])
    }

    @Test("what points into removed files is swept when it has become much")
    func sweeps() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        try index.setAll(
            keys(0..<200_000),
            file: index.addFile("a"),
            positions: RowPositions(first: 0)
        )
        try index.setAll(
            keys(200_000..<300_000),
            file: index.addFile("b"),
            positions: RowPositions(first: 0)
        )
        let before = index.memoryBytes
        index.removeFile("a")
        #expect(index.count == 100_000)
        #expect(index.memoryBytes < before / 2)
        #expect(
            index.location(of: KeyFingerprint(high: 0, low: 250_000))
                == RowLocation(file: 1, position: 50_000)
        )
    }

    @Test("more blocks than addresses allow are refused, and given back when files go")
    func full() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter, blocks: RowBlocks(countMax: 2))
        try index.setAll(
            keys(0..<3),
            file: index.addFile("a"),
            positions: RowPositions(first: 4_094)
        )
        #expect(throws: KeyIndexFull(blocksMax: 2)) {
            try index.set(RowLocation(file: index.addFile("b"), position: 0), for: keys([9])[0])
        }
        #expect(index.count == 3)
        index.removeAll(keys([0, 1]))
        index.removeFile("a")
        try index.set(RowLocation(file: index.addFile("b"), position: 0), for: keys([9])[0])
        #expect(index.count == 1)
    }

    @Test("an emptied index knows no key and no file, and begins anew")
    func removeAll() throws {
        let index = KeyIndex(fingerprinter: Self.fingerprinter)
        try index.setAll(keys(0..<10), file: index.addFile("a"), positions: RowPositions(first: 0))
        index.removeAll()
        #expect(index.count == 0 && index.fileCount == 0)
        #expect(index.location(of: KeyFingerprint(high: 0, low: 1)) == nil)
        try index.setAll(keys(5..<6), file: index.addFile("b"), positions: RowPositions(first: 3))
        #expect(
            index.location(of: KeyFingerprint(high: 0, low: 5)) == RowLocation(file: 0, position: 3)
        )
    }
}
