import Bytes
import Glibc
import TableModel

@testable import KeyIndex

/// The files of a kept key index, as they come and with right checksums, beside one that is right.
///
/// The first byte says which of the two the rest is, and whether its checksums are put right.
let target = FuzzTarget(
    seeds: {
        let folder = try Folder.shared.begin()
        return [
            "index": [0] + folder.index, "index-sealed": [1] + folder.index,
            "journal": [2] + folder.journal, "journal-sealed": [3] + folder.journal,
        ]
    },
    run: { bytes in
        guard let choice = bytes.first, choice < 4 else { return }
        var contents = [UInt8](bytes.dropFirst())
        if choice == 1 { sealIndex(&contents) }
        if choice == 3 { sealJournal(&contents) }
        let folder = try Folder.shared.begin()
        folder.write(choice < 2 ? contents : folder.index, ".1.index")
        folder.write(choice < 2 ? folder.journal : contents, ".1.journal")
        let found = try folder.find()
        var count = 0
        found.index.forEach { _, location in
            if found.index.filePath(location.file).utf8.count > contents.count + 100 {
                fail("a path is longer than its file")
            }
            count += 1
        }
        if count != found.index.count { fail("\(count) keys, and it says \(found.index.count)") }
        found.keeper.abandon()
    },
    allows: { $0 is IndexStateReason }
)

/// A state folder with the index of one table, made once.
private final class Folder: @unchecked Sendable {
    static let shared = Folder()
    private let path = "/tmp/frazil-fuzz-\(getpid())"
    private let field = SchemaField(id: 1, name: "id", type: .long, isRequired: true)
    private var state: IndexStateFolder?
    private(set) var index: [UInt8] = []
    private(set) var journal: [UInt8] = []

    func begin() throws -> Folder {
        if state != nil { return self }
        let state = try IndexStateFolder(path: path)
        self.state = state
        let keys = (0..<40 as Range<UInt64>).map { KeyFingerprint(high: 0, low: $0) }
        let index = KeyIndex(
            fingerprinter: KeyFingerprinter(
                keyTypes: [.long],
                hasher: SipHash128(key0: 1, key1: 2)
            )
        )
        try index.setAll(keys, file: index.addFile("a"), positions: RowPositions(first: 9_000))
        let keeper = try IndexKeeper.begin(
            index,
            snapshotID: 1,
            tableUUID: "t",
            keyFields: [field],
            in: state,
            background: { $0() }
        )
        try index.setAll(
            [KeyFingerprint](keys[3..<7]),
            file: index.addFile("b"),
            positions: RowPositions(first: 5, rows: [0, 9, 3, 4])
        )
        index.removeAll([keys[30]])
        try keeper.commit(snapshotID: 2)
        index.removeFile("a")
        try keeper.commit(snapshotID: 3)
        keeper.abandon()
        self.index = read(".1.index")
        self.journal = read(".1.journal")
        return self
    }

    func find() throws -> FoundIndex {
        guard let state else { fail("the folder is not there") }
        return try IndexKeeper.find(
            tableUUID: "t",
            keyFields: [field],
            in: state,
            background: { $0() },
            fingerprinter: { KeyFingerprinter(keyTypes: [.long], hasher: $0) }
        )
    }

    private func read(_ suffix: String) -> [UInt8] {
        guard let file = fopen("\(path)/t\(suffix)", "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }

    func write(_ bytes: [UInt8], _ suffix: String) {
        guard let file = fopen("\(path)/t\(suffix)", "w") else { fail("could not write") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}

private func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
    (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
}

/// Puts the checksum of a range where it belongs, if both are there; says what it is.
@discardableResult
private func seal(
    _ bytes: inout [UInt8],
    _ range: Range<Int>,
    at offset: Int,
    seed: UInt64 = 0
) -> UInt64 {
    let sum = bytes.withUnsafeBytes {
        xxHash64(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed)
    }
    for byte in 0..<8 { bytes[offset + byte] = UInt8(truncatingIfNeeded: sum >> (byte * 8)) }
    return sum
}

/// The pages one after another, and the manifest that the tail points to.
private func sealIndex(_ bytes: inout [UInt8]) {
    let tail = bytes.count - 32
    guard tail >= 0 else { return }
    let manifest = number(bytes, tail, 4)
    guard manifest <= tail else { return }
    var page = 0
    while page + 16 <= manifest {
        let end = page + 16 + number(bytes, page + 4, 4) * 13
        guard end + 8 <= manifest else { break }
        seal(&bytes, page..<end, at: end)
        page = end + 8
    }
    seal(&bytes, manifest..<tail, at: tail + 16)
}

/// The header, and frames each of which is sealed with the one before.
private func sealJournal(_ bytes: inout [UInt8]) {
    guard bytes.count >= 48 else { return }
    var sum = seal(&bytes, 0..<40, at: 40)
    var frame = 48
    while frame + 16 <= bytes.count {
        let end = frame + 8 + number(bytes, frame, 4)
        guard end + 8 <= bytes.count else { return }
        sum = seal(&bytes, frame..<end, at: end, seed: sum)
        frame = end + 8
    }
}
