import Bytes
import Columns
import Iceberg
import KeyIndex
import TableModel
import TestKit
import Testing

@testable import TableScan

@Suite("TableScan.advance")
struct AdvanceIndexTests {
    static let fingerprinters = [TestLake.id, TestLake.name].map { field in
        KeyedBy(
            field: field,
            fingerprinter: KeyFingerprinter(
                keyTypes: [field.type],
                hasher: SipHash128(key0: 1, key1: 2)
            )
        )
    }

    struct KeyedBy: CustomTestStringConvertible {
        var field: SchemaField
        var fingerprinter: KeyFingerprinter
        var testDescription: String { field.name }

        func empty() -> KeyIndex { KeyIndex(fingerprinter: fingerprinter) }

        func rebuilt(_ lake: TestLake) async throws -> KeyIndex {
            try await lake.scan.rebuildIndex(keyFields: [field], fingerprinter: fingerprinter).index
        }

        func advance(
            _ index: KeyIndex,
            from snapshotID: Int64?,
            _ lake: TestLake
        ) async throws -> IndexAdvance? {
            try await lake.scan.advance(
                index,
                from: snapshotID,
                keyFields: [field],
                fingerprinter: fingerprinter
            )
        }
    }

    private func contents(_ index: KeyIndex) -> [KeyFingerprint: String] {
        var contents: [KeyFingerprint: String] = [:]
        index.forEach { contents[$0] = "\(index.filePath($1.file)):\($1.position)" }
        return contents
    }

    private func expectRebuilt(
        _ keyed: KeyedBy,
        _ index: KeyIndex,
        _ lake: TestLake,
        _ comment: Comment? = nil
    ) async throws {
        let expected = contents(try await keyed.rebuilt(lake))
        #expect(contents(index) == expected, comment)
        #expect(index.count == expected.count, comment)
    }

    @Test(
        "an index of any older snapshot becomes what a rebuild gives, whoever changed the table",
        arguments: fingerprinters
    )
    func randomHistories(keyed: KeyedBy) async throws {
        for seed in UInt64(1)...25 {
            var history = try RandomHistory(seed: seed, key: keyed.field)
            let carried = keyed.empty()
            var waiting: [(id: Int64?, index: KeyIndex)] = []
            for step in 0..<14 {
                let before = history.lake.metadata.currentSnapshotID
                waiting.append((before, try await keyed.rebuilt(history.lake)))
                try await history.step()
                var due = [(id: before, index: carried)]
                while waiting.count > 1, Bool.random(using: &history.generator) {
                    due.append(
                        waiting.remove(
                            at: Int.random(in: waiting.indices, using: &history.generator)
                        )
                    )
                }
                for (id, index) in due {
                    let comment = Comment("seed \(seed), step \(step), from \(id ?? 0)")
                    let advance = try await keyed.advance(index, from: id, history.lake)
                    #expect(advance?.duplicateKeys == 0, comment)
                    try await expectRebuilt(keyed, index, history.lake, comment)
                }
            }
        }
    }

    @Test("reads only the files that came, and nothing where nothing changed")
    func readsLittle() async throws {
        let keyed = Self.fingerprinters[0]
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3])])
        let index = try await keyed.rebuilt(lake)
        #expect(try await keyed.advance(index, from: 1, lake) == IndexAdvance())
        try await lake.commit(data: [lake.rows("b", [4])])
        try await lake.commit(
            data: [lake.rows("c", [5]), lake.rows("d", [6])],
            removing: [TestLake.path("b")]
        )
        #expect(
            try await keyed.advance(index, from: 1, lake)
                == IndexAdvance(snapshots: 2, filesRead: 2, duplicateKeys: 0)
        )
        try await expectRebuilt(keyed, index, lake)
    }

    @Test("rows that come back with their delete file gone are known again")
    func undeleted() async throws {
        for keyed in Self.fingerprinters {
            let lake = try TestLake()
            try await lake.commit(data: [lake.rows("a", [1, 2, 3]), lake.rows("b", [4])])
            let deletes = try await lake.positionDeletes(
                "pos",
                [("a", 0), ("a", 1), ("a", 2)],
                referencedDataFile: "a"
            )
            try await lake.commit(deletes: [deletes])
            let index = try await keyed.rebuilt(lake)
            #expect(index.count == 1)
            try await lake.commit(removing: [deletes.path], operation: .overwrite)
            #expect(try await keyed.advance(index, from: 2, lake)?.filesRead == 1)
            #expect(index.count == 4)
            try await expectRebuilt(keyed, index, lake)
        }
    }

    @Test("a second live row of a key is counted, as a rebuild counts it")
    func duplicates() async throws {
        let keyed = Self.fingerprinters[0]
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3])])
        let index = try await keyed.rebuilt(lake)
        try await lake.commit(data: [lake.rows("b", [2, 4])])
        #expect(try await keyed.advance(index, from: 1, lake)?.duplicateKeys == 1)
        try await expectRebuilt(keyed, index, lake)
    }

    @Test("what cannot be followed is to be built anew")
    func notFollowed() async throws {
        let keyed = Self.fingerprinters[0]
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3])])
        let index = try await keyed.rebuilt(lake)
        // No such ancestor.
        #expect(try await keyed.advance(index, from: 99, lake) == nil)
        // By another column than the key.
        try await lake.commit(
            deletes: [lake.equalityDeletes("eq", [TestLake.name], [strings(["2"])])]
        )
        #expect(try await keyed.advance(index, from: 1, lake) == nil)
        // Deletes of nobody knows which rows went away.
        let shared = try await lake.positionDeletes("pos", [("a", 0), ("b", 0)])
        try await lake.commit(data: [lake.rows("b", [4])], deletes: [shared])
        try await lake.commit(removing: [shared.path], operation: .overwrite)
        #expect(try await keyed.advance(keyed.empty(), from: 3, lake) == nil)
        // Rows without a key.
        let rows = KeyFingerprinter(rowFieldIDs: [1, 2], hasher: SipHash128(key0: 1, key1: 2))
        #expect(
            try await lake.scan.advance(
                KeyIndex(fingerprinter: rows),
                from: 1,
                keyFields: [TestLake.id, TestLake.name],
                fingerprinter: rows
            ) == nil
        )
    }
}

/// A table that changes in every way that leaves one live row a key at most.
private struct RandomHistory {
    let lake: TestLake
    private let key: SchemaField
    var generator: SeededGenerator
    private var files: [String: [Int64]] = [:]
    /// Where the live row of each id lies.
    private var live: [Int64: (file: String, position: Int)] = [:]
    /// Position delete files of one data file alone, with the rows that they name.
    private var deletesOfFile: [String: (path: String, positions: Set<Int64>)] = [:]
    private var count = 0

    init(seed: UInt64, key: SchemaField) throws {
        self.key = key
        generator = SeededGenerator(seed: seed)
        lake = try TestLake()
    }

    private mutating func name() -> String {
        count += 1
        return "f\(count)"
    }

    private mutating func someLive() -> [Int64] {
        live.keys.sorted().filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
    }

    /// Absent ids, and a file that holds them.
    private mutating func newRows(_ ids: [Int64]) async throws -> [DataFile] {
        guard !ids.isEmpty else { return [] }
        let name = name()
        files[name] = ids
        for (position, id) in ids.enumerated() { live[id] = (name, position) }
        return [try await lake.rows(name, ids, rowGroupRows: 7)]
    }

    private mutating func absentIDs() -> [Int64] {
        (0..<Int64.random(in: 0..<15, using: &generator))
            .map { _ in Int64.random(in: 0..<60, using: &generator) }
            .reduce(into: [Int64]()) {
                if live[$1] == nil, !$0.contains($1) { $0.append($1) }
            }
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: try await lake.commit(data: newRows(absentIDs()))
        case 1, 2: try await changeByPosition()
        case 3: try await changeByKey()
        case 4: try await compact()
        default: try await shareDeletes()
        }
    }

    /// As we do it: one delete file a data file, merged with the one before.
    private mutating func changeByPosition() async throws {
        let changed = someLive()
        var deletes: [DataFile] = []
        var removed: Set<String> = []
        for (file, ids) in Dictionary(grouping: changed, by: { live[$0]?.file ?? "" })
            .sorted(by: { $0.key < $1.key })
        {
            var positions = Set(ids.compactMap { live[$0].map { Int64($0.position) } })
            if let old = deletesOfFile[file] {
                positions.formUnion(old.positions)
                removed.insert(old.path)
            }
            let written = try await lake.positionDeletes(
                name(),
                positions.sorted().map { (file, $0) },
                referencedDataFile: file
            )
            deletesOfFile[file] = (written.path, positions)
            deletes.append(written)
        }
        for id in changed { live[id] = nil }
        let again = changed.filter { _ in Bool.random(using: &generator) }
        let data = try await newRows(again + absentIDs().filter { !again.contains($0) })
        try await lake.commit(data: data, deletes: deletes, removing: removed)
    }

    private mutating func changeByKey() async throws {
        let changed = someLive()
        guard !changed.isEmpty else { return }
        let deletes = try await lake.equalityDeletes(
            name(),
            [key],
            [key == TestLake.id ? longs(changed) : strings(changed.map { "\($0)" })]
        )
        for id in changed { live[id] = nil }
        try await lake.commit(data: newRows(changed.filter { $0 % 2 == 0 }), deletes: [deletes])
    }

    /// As Spark does it: one delete file for several data files.
    private mutating func shareDeletes() async throws {
        let changed = someLive()
        guard !changed.isEmpty else { return }
        let rows = changed.compactMap { live[$0] }.sorted {
            ($0.file, $0.position) < ($1.file, $1.position)
        }
        let deletes = try await lake.positionDeletes(
            name(),
            rows.map { ($0.file, Int64($0.position)) }
        )
        for id in changed { live[id] = nil }
        try await lake.commit(deletes: [deletes])
    }

    private mutating func compact() async throws {
        let chosen = files.keys.sorted().filter { _ in Bool.random(using: &generator) }
        let ids = live.filter { chosen.contains($0.value.file) }.keys.sorted()
        var removed = Set(chosen.map(TestLake.path))
        for file in chosen {
            files[file] = nil
            if let deletes = deletesOfFile.removeValue(forKey: file) {
                removed.insert(deletes.path)
            }
        }
        guard !removed.isEmpty else { return }
        for id in ids { live[id] = nil }
        let data = try await newRows(ids)
        try await lake.commit(data: data, removing: removed, operation: .replace)
    }
}
