internal import Bytes
internal import TableModel

/// Writes down what an index is told, so that a stored one can be brought up to date.
///
/// File: a header of 48 bytes (magic number with the version, generation, number and snapshot of the
/// commit before the first record, and a checksum), then frames: length, flags, records, checksum.
/// A frame's checksum is seeded with the one before, so no frame of older contents can follow. What
/// stands behind the last frame that ends with a commit never happened.
///
/// Nothing waits for the disk: after a crash of the machine the end may be missing, which is found
/// and cut off.
final class IndexJournal {
    static let version = 1
    /// "frazilj" and the version.
    static let magic: UInt64 = 0x66_7261_7A69_6C6A << 8 | UInt64(version)
    static let headerByteCount = 48
    static let frameHeaderByteCount = 8
    /// Frames are written when they have grown to about this.
    static let frameByteCount = 1 << 20
    /// A frame of ours is shorter.
    static let frameByteCountMax = 4 << 20
    /// Keys of one record.
    static let keysPerRecordMax = 65_536
    static let endsWithCommit: UInt32 = 1

    let path: String
    let generation: UInt64
    private let isExact64: Bool
    /// The newest commit that is in the journal, or before it.
    private(set) var lastCommit: JournalRecord.Commit
    /// Bytes up to the end of that commit.
    private(set) var committedByteCount: Int
    private var committedChecksum: UInt64
    private var byteCount: Int
    private var checksum: UInt64
    private var frame: ByteBuffer
    /// The numbers of files that the journal has named, by path.
    private var fileNumbers: [String: UInt64] = [:]
    private var committedFileNumbers: [String: UInt64] = [:]
    private var nextFileNumber: UInt64 = 0
    /// Why nothing is written any more.
    private(set) var failure: IndexStateError?

    /// Begins a journal behind a commit, in place of what the file held.
    init(
        path: String,
        generation: UInt64,
        isExact64: Bool,
        after commit: JournalRecord.Commit
    ) throws(IndexStateError) {
        self.path = path
        self.generation = generation
        self.isExact64 = isExact64
        lastCommit = commit
        var header = ByteBuffer(capacityBytes: Self.headerByteCount)
        header.appendInteger(Self.magic)
        header.appendInteger(generation)
        header.appendInteger(commit.number)
        header.appendInteger(UInt64(commit.snapshotID == nil ? 0 : 1))
        header.appendInteger(commit.snapshotID ?? 0)
        checksum = header.withBytes { xxHash64($0) }
        header.appendInteger(checksum)
        byteCount = header.count
        committedByteCount = byteCount
        committedChecksum = checksum
        frame = Self.emptyFrame()
        let file = try StateFile(path, .anew)
        try header.withBytes { (bytes) throws(IndexStateError) in try file.write(bytes, at: 0) }
    }

    /// Goes on behind the last commit of a journal that was read; what follows it is cut off.
    init(continuing read: ReadJournal, isExact64: Bool) throws(IndexStateError) {
        path = read.path
        generation = read.generation
        self.isExact64 = isExact64
        lastCommit = read.lastCommit
        committedByteCount = read.committedByteCount
        committedChecksum = read.committedChecksum
        byteCount = committedByteCount
        checksum = committedChecksum
        fileNumbers = read.fileNumbers
        committedFileNumbers = fileNumbers
        nextFileNumber = fileNumbers.values.max() ?? 0
        frame = Self.emptyFrame()
        try StateFile(path, .writing).truncate(to: committedByteCount)
    }

    private static func emptyFrame() -> ByteBuffer {
        var frame = ByteBuffer(capacityBytes: 256)
        frame.appendInteger(UInt64(0))
        return frame
    }
}

extension IndexJournal {
    func note(rows keys: [KeyFingerprint], path: String, positions: RowPositions) {
        guard failure == nil, !keys.isEmpty else { return }
        let file = number(ofFile: path)
        var first = 0
        while first < keys.count {
            if isExact64, keys[first].high != 0 {
                append(.nullRow, file, UInt64(positions[first]))
                first += 1
                continue
            }
            var end = first
            while end < keys.count, end - first < Self.keysPerRecordMax,
                !isExact64 || keys[end].high == 0
            { end += 1 }
            noteRun(keys[first..<end], file, positions)
            first = end
        }
    }

    private func noteRun(
        _ keys: ArraySlice<KeyFingerprint>,
        _ file: UInt64,
        _ positions: RowPositions
    ) {
        let first = positions[keys.startIndex]
        if positions.rows == nil {
            append(.rows, file, UInt64(first), UInt64(keys.count))
        } else {
            append(.scatteredRows, file, UInt64(positions.first), UInt64(keys.count))
            for row in keys.indices {
                frame.appendInteger(UInt32(truncatingIfNeeded: positions.rows?[row] ?? 0))
            }
        }
        JournalRecord.append(keys, isExact64: isExact64, to: &frame)
        writeFrameIfLarge()
    }

    func note(removed keys: [KeyFingerprint]) {
        guard failure == nil else { return }
        var first = 0
        while first < keys.count {
            if isExact64, keys[first].high != 0 {
                append(.removedNull)
                first += 1
                continue
            }
            var end = first
            while end < keys.count, end - first < Self.keysPerRecordMax,
                !isExact64 || keys[end].high == 0
            { end += 1 }
            append(.removedKeys, UInt64(end - first))
            JournalRecord.append(keys[first..<end], isExact64: isExact64, to: &frame)
            writeFrameIfLarge()
            first = end
        }
    }

    func note(removedFile path: String) {
        guard failure == nil else { return }
        append(.removedFile)
        IndexManifest.append(path, to: &frame)
        fileNumbers[path] = nil
        writeFrameIfLarge()
    }

    func noteCleared() {
        guard failure == nil else { return }
        append(.cleared)
    }

    private func number(ofFile path: String) -> UInt64 {
        if let known = fileNumbers[path] { return known }
        nextFileNumber += 1
        let number = nextFileNumber
        fileNumbers[path] = number
        append(.file, number)
        IndexManifest.append(path, to: &frame)
        return number
    }

    private func append(_ tag: JournalRecord.Tag, _ numbers: UInt64...) {
        frame.append(tag.rawValue)
        for number in numbers { frame.appendVarint(number) }
    }

    private func writeFrameIfLarge() {
        if frame.count >= Self.frameByteCount { writeFrame(flags: 0) }
    }

    /// Whether something was noted since the last commit.
    var hasUncommitted: Bool {
        byteCount > committedByteCount || frame.count > Self.frameHeaderByteCount
    }

    /// Ends what was noted since the last commit; it happened.
    ///
    /// - Throws: What kept the journal from being written; it is of no more use then.
    func commit(snapshotID: Int64?, keyCount: Int) throws(IndexStateError) {
        let commit = JournalRecord.Commit(
            number: lastCommit.number + 1,
            snapshotID: snapshotID,
            keyCount: keyCount
        )
        JournalRecord.append(commit, to: &frame)
        writeFrame(flags: Self.endsWithCommit)
        if let failure { throw failure }
        lastCommit = commit
        committedByteCount = byteCount
        committedChecksum = checksum
        committedFileNumbers = fileNumbers
    }

    /// Forgets what was noted since the last commit; it did not happen.
    func rollBack() throws(IndexStateError) {
        frame = Self.emptyFrame()
        fileNumbers = committedFileNumbers
        checksum = committedChecksum
        guard byteCount > committedByteCount else { return }
        byteCount = committedByteCount
        try StateFile(path, .writing).truncate(to: committedByteCount)
    }

    private func writeFrame(flags: UInt32) {
        guard failure == nil else { return }
        frame.overwrite(UInt32(frame.count - Self.frameHeaderByteCount), at: 0)
        frame.overwrite(flags, at: 4)
        let sum = frame.withBytes { xxHash64($0, seed: checksum) }
        frame.appendInteger(sum)
        do throws(IndexStateError) {
            let file = try StateFile(path, .writing)
            try frame.withBytes { (bytes) throws(IndexStateError) in
                try file.write(bytes, at: byteCount)
            }
            byteCount += frame.count
            checksum = sum
        } catch {
            failure = error
        }
        frame = Self.emptyFrame()
    }
}
