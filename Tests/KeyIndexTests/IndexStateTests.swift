import Bytes
import Columns
import Glibc
import TableModel
import TestKit
import Testing

@testable import KeyIndex

struct IndexRig {
    static let id = SchemaField(id: 1, name: "id", type: .long, isRequired: true)
    static let name = SchemaField(id: 2, name: "name", type: .string, isRequired: true)
    static let uuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1"

    let field: SchemaField
    let fingerprinter: KeyFingerprinter

    init(_ field: SchemaField) {
        self.field = field
        fingerprinter = KeyFingerprinter(
            keyTypes: [field.type],
            hasher: SipHash128(key0: 0xAB, key1: 0xCD)
        )
    }

    var isExact64: Bool { fingerprinter.isExact64 }

    func keys(_ numbers: some Sequence<Int>) -> [KeyFingerprint] {
        numbers.map { number in
            if isExact64 {
                return number < 0
                    ? KeyFingerprinter.nullOf64Bits : KeyFingerprint(high: 0, low: UInt64(number))
            }
            let mixed = UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15
            return KeyFingerprint(high: ~mixed, low: mixed)
        }
    }

    func begin(
        _ index: KeyIndex,
        _ folder: IndexStateFolder,
        snapshotID: Int64? = 1
    ) throws
        -> IndexKeeper
    {
        try IndexKeeper.begin(
            index,
            snapshotID: snapshotID,
            tableUUID: Self.uuid,
            keyFields: [field],
            in: folder,
            background: { $0() }
        )
    }

    func find(
        _ folder: IndexStateFolder,
        uuid: String = IndexRig.uuid,
        fields: [SchemaField]? = nil
    ) throws(IndexStateReason) -> FoundIndex {
        let fields = fields ?? [field]
        return try IndexKeeper.find(
            tableUUID: uuid,
            keyFields: fields,
            in: folder,
            background: { $0() },
            fingerprinter: { KeyFingerprinter(keyTypes: fields.map(\.type), hasher: $0) }
        )
    }

    /// Why nothing is found, or nil.
    func reason(
        _ folder: IndexStateFolder,
        uuid: String = IndexRig.uuid,
        fields: [SchemaField]? = nil
    ) -> IndexStateReason? {
        do throws(IndexStateReason) {
            _ = try find(folder, uuid: uuid, fields: fields)
            return nil
        } catch {
            return error
        }
    }
}

extension KeyIndex {
    /// Every key with its file's path and position.
    var contents: [KeyFingerprint: String] {
        var contents: [KeyFingerprint: String] = [:]
        forEach { contents[$0] = "\(filePath($1.file)):\($1.position)" }
        return contents
    }
}

@Suite("IndexKeeper")
struct IndexStateTests {
    static let fields = [IndexRig.id, IndexRig.name]

    /// Rows of three files, one of them removed, and a NULL.
    private func index(_ rig: IndexRig, count: Int = 30_000) throws -> KeyIndex {
        let index = KeyIndex(fingerprinter: rig.fingerprinter)
        let all = rig.keys(-1..<count)
        try index.setAll(all, file: index.addFile("a"), positions: RowPositions(first: 0))
        try index.setAll(
            [KeyFingerprint](all[..<(count / 2)]),
            file: index.addFile("b/ü.parquet"),
            positions: RowPositions(first: 5_000_000)
        )
        let last = [KeyFingerprint](all[(count - 100)...])
        try index.setAll(last, file: index.addFile("c"), positions: RowPositions(first: 0))
        index.removeFile("c")
        return index
    }

    @Test("what was kept is found as it was", arguments: fields)
    func roundTrip(field: SchemaField) throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        do {
            let state = try IndexStateFolder(path: folder.path)
            let keeper = try rig.begin(try index(rig), state, snapshotID: 77)
            try keeper.stop()
        }
        let state = try IndexStateFolder(path: folder.path)
        let found = try rig.find(state)
        let expected = try index(rig)
        #expect(found.snapshotID == 77)
        #expect(found.index.count == 29_900)
        #expect(found.index.contents == expected.contents)
        #expect(found.index.filePaths == ["a", "b/ü.parquet"])
        #expect(found.index.fingerprinter.hasher == rig.fingerprinter.hasher)
        #expect(found.index.fingerprinter.form == rig.fingerprinter.form)
        #expect(found.index.table.brokenRule() == nil)
        // Keys that point into the removed file are counted out and swept like before.
        found.index.sweep()
        #expect(found.index.count == 29_900)
        #expect(found.index.contents == expected.contents)
    }

    @Test(
        "after a kill, the last commit is found and nothing that came after it",
        arguments: fields
    )
    func killed(field: SchemaField) throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        var expected: [KeyFingerprint: String] = [:]
        do {
            let state = try IndexStateFolder(path: folder.path)
            let index = try index(rig)
            let keeper = try rig.begin(index, state)
            let rows = RowPositions(first: 100, rows: [7, 3, 900_000, 4])
            try index.setAll(
                rig.keys([1, -1, 40_000, 2]),
                file: index.addFile("d"),
                positions: rows
            )
            index.removeAll(rig.keys([5, 6, 50_000]))
            index.remove(rig.keys([7])[0])
            try keeper.commit(snapshotID: 2)
            index.removeFile("b/ü.parquet")
            index.remove(rig.keys([-1])[0])
            try index.set(RowLocation(file: 0, position: 9), for: rig.keys([8])[0])
            try keeper.commit(snapshotID: 3)
            expected = index.contents
            // Not committed: a megabyte of it is in the file already.
            try index.setAll(rig.keys(0..<300_000), file: 0, positions: RowPositions(first: 0))
            index.removeFile("a")
        }
        let state = try IndexStateFolder(path: folder.path)
        let found = try rig.find(state)
        #expect(found.snapshotID == 3)
        #expect(found.index.contents == expected)
        // It goes on from there.
        try found.index.setAll(
            rig.keys([1]),
            file: found.index.addFile("e"),
            positions: RowPositions(first: 1)
        )
        try found.keeper.commit(snapshotID: nil)
        let again = try rig.find(state)
        #expect(again.snapshotID == nil)
        #expect(again.index.contents == found.index.contents)
        #expect(again.index.contents[rig.keys([1])[0]] == "e:1")
    }

    @Test("an epoch that is given up leaves no trace in the journal", arguments: fields)
    func abandoned(field: SchemaField) throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        let state = try IndexStateFolder(path: folder.path)
        let first = try index(rig)
        let keeper = try rig.begin(first, state)
        try first.setAll(rig.keys([3]), file: first.addFile("d"), positions: RowPositions(first: 0))
        try keeper.commit(snapshotID: 2)
        let expected = first.contents
        first.removeAll()
        try first.setAll(
            rig.keys(0..<200_000),
            file: first.addFile("x"),
            positions: RowPositions(first: 0)
        )
        keeper.abandon()
        // Whatever is done to it now is nobody's business.
        first.removeAll()
        let found = try rig.find(state)
        #expect(found.snapshotID == 2)
        #expect(found.index.contents == expected)
    }

    /// Small pieces, so that whole indexes are written while the keys change under them.
    @Test(
        "a random life with commits, kills and stops is always found as committed",
        arguments: fields
    )
    func randomLife(field: SchemaField) throws {
        for seed in UInt64(1)...2 {
            var generator = SeededGenerator(seed: seed)
            let folder = TemporaryFolder()
            let rig = IndexRig(field)
            let state = try IndexStateFolder(path: folder.path)
            var index = KeyIndex(fingerprinter: rig.fingerprinter)
            var keeper = try rig.begin(index, state, snapshotID: 0)
            var committed: (id: Int64?, contents: [KeyFingerprint: String]) = (0, [:])
            var fileCount = 0
            var wholeIndexes: Set<String> = []
            for step in 0..<70 {
                keeper.pace = IndexKeeper.Pace(
                    journalPart: 2,
                    journalByteCountMin: 30_000,
                    journalPartAtStop: 4,
                    journalByteCountMinAtStop: 20_000,
                    pieceByteCount: 60_000,
                    pieceBytesPerJournalByte: 0
                )
                for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                    let first = Int.random(in: -1..<30_000, using: &generator)
                    let numbers = first..<first + Int.random(in: 1..<4_000, using: &generator)
                    switch Int.random(in: 0..<20, using: &generator) {
                    case 0: index.removeAll()
                    case 1..<4: index.removeAll(rig.keys(numbers))
                    case 4..<7:
                        if let path = index.filePaths.randomElement(using: &generator) {
                            index.removeFile(path)
                        }
                    case 7: index.sweep()
                    default:
                        fileCount += 1
                        try index.setAll(
                            rig.keys(numbers),
                            file: index.addFile("file-\(fileCount % 50)-\(fileCount)"),
                            positions: RowPositions(
                                first: Int.random(in: 0..<9_000, using: &generator)
                            )
                        )
                    }
                }
                switch Int.random(in: 0..<10, using: &generator) {
                case 0:
                    keeper.abandon()
                    (index, keeper) = try refound(rig, state, committed, seed, step)
                case 1:
                    // A kill: nobody says goodbye.
                    (index, keeper) = try refound(rig, state, committed, seed, step)
                case 2:
                    try keeper.stop()
                    (index, keeper) = try refound(rig, state, committed, seed, step)
                default:
                    try keeper.commit(snapshotID: Int64(step))
                    committed = (Int64(step), index.contents)
                }
                wholeIndexes.formUnion(folder.names().filter { $0.hasSuffix(".index") })
            }
            #expect(wholeIndexes.count > 3, "seed \(seed)")
            #expect(folder.names().count <= 6, "seed \(seed): \(folder.names())")
        }
    }

    private func refound(
        _ rig: IndexRig,
        _ state: IndexStateFolder,
        _ committed: (id: Int64?, contents: [KeyFingerprint: String]),
        _ seed: UInt64,
        _ step: Int
    ) throws -> (KeyIndex, IndexKeeper) {
        let found = try rig.find(state)
        #expect(found.snapshotID == committed.id, "seed \(seed), step \(step)")
        #expect(found.index.contents == committed.contents, "seed \(seed), step \(step)")
        return (found.index, found.keeper)
    }

    @Test("an index of another table, key or version is not used; a widened key's is")
    func identity() throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(IndexRig.id)
        let state = try IndexStateFolder(path: folder.path)
        #expect(rig.reason(state) == .absent)
        try rig.begin(try index(rig, count: 200), state).stop()
        let names = folder.names()
        #expect(names == ["\(IndexRig.uuid).1.index", "\(IndexRig.uuid).1.journal", "lock"])

        func found(
            _ types: [(Int32, IcebergType)],
            uuid: String = IndexRig.uuid
        )
            -> IndexStateReason?
        {
            let fields = types.map {
                SchemaField(id: $0.0, name: "key", type: $0.1, isRequired: true)
            }
            return rig.reason(state, uuid: uuid, fields: fields)
        }
        #expect(found([(1, .int)]) == nil)
        #expect(found([(2, .long)]) == .otherKey)
        #expect(found([(1, .date)]) == .otherKey)
        #expect(found([(1, .string)]) == .otherKey)
        #expect(found([(1, .long), (2, .long)]) == .otherKey)
        #expect(found([(1, .long)], uuid: "other") == .absent)
        folder.write(folder.read(names[0]), "other.1.index")
        #expect(found([(1, .long)], uuid: "other") == .otherTable)

        var bytes = folder.read(names[0])
        bytes[bytes.count - 8] = 9
        folder.write(bytes, names[0])
        #expect(rig.reason(state) == .otherVersion(9))
    }

    @Test("no bit can flip and no byte be missing in a stored index", arguments: fields)
    func damagedIndex(field: SchemaField) throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        let state = try IndexStateFolder(path: folder.path)
        try rig.begin(try index(rig, count: 110), state).stop()
        let name = "\(IndexRig.uuid).1.index"
        let bytes = folder.read(name)
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 1 << UInt8(offset % 8)
            folder.write(damaged, name)
            if rig.reason(state) == nil { Issue.record("byte \(offset) of \(bytes.count)") }
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            folder.write([UInt8](bytes[..<count]), name)
            if rig.reason(state) == nil { Issue.record("\(count) bytes") }
        }
        folder.write(bytes, name)
        #expect(rig.reason(state) == nil)
    }

    @Test("a damaged journal is cut where the damage is", arguments: fields)
    func damagedJournal(field: SchemaField) throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        let state = try IndexStateFolder(path: folder.path)
        let index = try index(rig, count: 300)
        let keeper = try rig.begin(index, state, snapshotID: 0)
        var atCommit: [Int64: [KeyFingerprint: String]] = [0: index.contents]
        for number in 1...3 {
            try index.setAll(
                rig.keys(number..<number + 9),
                file: index.addFile("new \(number)"),
                positions: RowPositions(first: 0)
            )
            index.remove(rig.keys([20 + number])[0])
            try keeper.commit(snapshotID: Int64(number))
            atCommit[Int64(number)] = index.contents
        }
        let name = "\(IndexRig.uuid).1.journal"
        let bytes = folder.read(name)
        var seen: [Int64: Int] = [:]
        for offset in bytes.indices {
            for cut in [false, true] {
                var damaged = bytes
                if cut { damaged.removeSubrange(offset...) } else { damaged[offset] ^= 0x10 }
                folder.write(damaged, name)
                guard let found = try? rig.find(state), let id = found.snapshotID else {
                    #expect(offset < IndexJournal.headerByteCount, "byte \(offset)")
                    continue
                }
                seen[id, default: 0] += 1
                #expect(found.index.contents == atCommit[id], "byte \(offset)")
            }
        }
        #expect(Set(seen.keys) == [0, 1, 2])
        folder.write(bytes, name)
        #expect(try rig.find(state).snapshotID == 3)
    }

    /// Bytes that are wrong and have the right checksums: nothing of ours writes them.
    @Test(
        "wrong contents under right checksums end in a reason, never in a trap",
        arguments: fields
    )
    func forged(field: SchemaField) throws {
        var generator = SeededGenerator(seed: 21)
        let folder = TemporaryFolder()
        let rig = IndexRig(field)
        let state = try IndexStateFolder(path: folder.path)
        let index = try index(rig, count: 300)
        let keeper = try rig.begin(index, state)
        try index.setAll(
            rig.keys(5..<9),
            file: index.addFile("n"),
            positions: RowPositions(first: 3, rows: [9, 8, 7, 0])
        )
        index.removeFile("a")
        try keeper.commit(snapshotID: 2)
        let names = ["\(IndexRig.uuid).1.index", "\(IndexRig.uuid).1.journal"]
        let originals = names.map { folder.read($0) }
        for round in 0..<600 {
            var files = originals
            let which = round % 2
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let offset = Int.random(in: 0..<files[which].count, using: &generator)
                let values: [UInt8] = [
                    0, 1, 0x7F, 0xFF, UInt8.random(in: 0...255, using: &generator),
                ]
                files[which][offset] = values.randomElement(using: &generator) ?? 0
            }
            if which == 0 { sealIndex(&files[0]) } else { sealJournal(&files[1]) }
            folder.write(files[which], names[which])
            if let found = try? rig.find(state) {
                _ = found.index.contents
                found.index.sweep()
                found.keeper.abandon()
            }
            for (name, bytes) in zip(names, originals) { folder.write(bytes, name) }
        }
        #expect(try rig.find(state).snapshotID == 2)
    }

    private func seal(_ bytes: inout [UInt8], _ range: Range<Int>, at offset: Int, seed: UInt64 = 0)
    {
        guard range.lowerBound >= 0, range.lowerBound <= range.upperBound,
            range.upperBound <= bytes.count, offset + 8 <= bytes.count
        else { return }
        let sum = bytes.withUnsafeBytes {
            xxHash64(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed)
        }
        for byte in 0..<8 { bytes[offset + byte] = UInt8(truncatingIfNeeded: sum >> (byte * 8)) }
    }

    private func word(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
    }

    /// The index has one page.
    private func sealIndex(_ bytes: inout [UInt8]) {
        let tail = bytes.count - 32
        let manifest = word(bytes, tail, 4)
        guard manifest > 24, manifest <= tail else { return }
        seal(&bytes, 0..<manifest - 8, at: manifest - 8)
        seal(&bytes, manifest..<tail, at: tail + 16)
    }

    private func sealJournal(_ bytes: inout [UInt8]) {
        seal(&bytes, 0..<40, at: 40)
        var offset = 48
        var sumOffset = 40
        while offset + 16 <= bytes.count {
            let end = offset + 8 + word(bytes, offset, 4)
            guard end + 8 <= bytes.count else { return }
            let seed = bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: sumOffset, as: UInt64.self)
            }
            seal(&bytes, offset..<end, at: end, seed: seed)
            sumOffset = end
            offset = end + 8
        }
    }

    @Test("a journal whose few rows would take much memory is not believed")
    func farRows() throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(IndexRig.id)
        let state = try IndexStateFolder(path: folder.path)
        let index = try index(rig, count: 100)
        let keeper = try rig.begin(index, state)
        for file in 0..<3 {
            try index.set(
                RowLocation(file: index.addFile("far \(file)"), position: 1 << 35),
                for: rig.keys([file])[0]
            )
            try keeper.commit(snapshotID: Int64(file))
            guard case .damaged(let message)? = rig.reason(state) else {
                // Two files of eight million blocks each are one more than all may have.
                #expect(file == 0)
                continue
            }
            #expect(file > 0)
            #expect(message.contains("a record cannot be read"))
        }
    }

    @Test("a second user of the folder is told so, until the first is gone")
    func locked() throws {
        let folder = TemporaryFolder()
        var first: IndexStateFolder? = try IndexStateFolder(path: folder.path)
        #expect(throws: IndexStateFolder.InUse(path: folder.path)) {
            try IndexStateFolder(path: folder.path)
        }
        first = nil
        #expect(first == nil)
        _ = try IndexStateFolder(path: folder.path)
    }

    @Test("folders are made as needed; a table's UUID cannot lead out of them")
    func paths() throws {
        let folder = TemporaryFolder()
        _ = try IndexStateFolder(path: folder.path + "/deep/er/")
        #expect(rmdir(folder.path + "/deep/er") == -1)
        unlink(folder.path + "/deep/er/lock")
        #expect(rmdir(folder.path + "/deep/er") == 0)
        rmdir(folder.path + "/deep")
        #expect(IndexStateFolder.name(of: "../a.b/c") == "_2e_2e_2fa_2eb_2fc")
        #expect(IndexStateFolder.name(of: "") == "_")
        #expect(throws: IndexStateError.self) { try IndexStateFolder(path: "/dev/null/x") }
    }

    @Test("a folder that goes away is an error of the keeper and none of the index")
    func folderGone() throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(IndexRig.id)
        let state = try IndexStateFolder(path: folder.path)
        let index = try index(rig, count: 100)
        let keeper = try rig.begin(index, state)
        for name in folder.names() { unlink(folder.path + "/" + name) }
        rmdir(folder.path)
        try index.setAll(rig.keys([1]), file: 0, positions: RowPositions(first: 0))
        #expect(
            throws: IndexStateError("open", "\(folder.path)/\(IndexRig.uuid).1.journal", code: 2)
        ) {
            try keeper.commit(snapshotID: 2)
        }
        keeper.abandon()
        try index.setAll(rig.keys([1]), file: 0, positions: RowPositions(first: 0))
        #expect(index.count == 1)
    }

    @Test("a discarded index is not found again")
    func discarded() throws {
        let folder = TemporaryFolder()
        let rig = IndexRig(IndexRig.id)
        let state = try IndexStateFolder(path: folder.path)
        try rig.begin(try index(rig, count: 100), state).discard()
        #expect(folder.names() == ["lock"])
        #expect(rig.reason(state) == .absent)
    }
}
