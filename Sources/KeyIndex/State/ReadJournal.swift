internal import Bytes
internal import TableModel

/// A journal that was found, up to its last whole commit.
struct ReadJournal {
    let path: String
    let generation: UInt64
    /// The commit that its first record follows.
    let before: JournalRecord.Commit
    private(set) var lastCommit: JournalRecord.Commit
    private(set) var committedByteCount: Int
    private(set) var committedChecksum: UInt64
    private(set) var fileNumbers: [String: UInt64] = [:]
    private var filesByNumber: [UInt64: String] = [:]
    /// Blocks up to the last row that was named, by file number, and over all files.
    private var blockCounts: [UInt64: Int] = [:]
    private var blockCount = 0

    /// Looks for the last frame that ends with a commit and has its checksum.
    ///
    /// - Throws: When the journal is not there or does not begin as one.
    init(path: String, generation: UInt64) throws(IndexStateReason) {
        self.path = path
        let file = try StateFile.opened(path)
        let header = try StoredIndexReader.read(file, 0..<IndexJournal.headerByteCount)
        let words = header.withUnsafeBytes { bytes in
            (0..<6).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
        guard words[0] >> 8 == IndexJournal.magic >> 8 else {
            throw StoredIndexReader.damaged(path, 0, "it does not begin as a journal")
        }
        guard words[0] == IndexJournal.magic else { throw .otherVersion(Int(words[0] & 0xFF)) }
        let sum = header.withUnsafeBytes { xxHash64(UnsafeRawBufferPointer(rebasing: $0[..<40])) }
        guard sum == words[5] else {
            throw StoredIndexReader.damaged(path, 40, "its header does not have its checksum")
        }
        guard words[1] == generation else {
            throw StoredIndexReader.damaged(path, 8, "it says that it is generation \(words[1])")
        }
        self.generation = generation
        before = JournalRecord.Commit(
            number: words[2],
            snapshotID: words[3] == 0 ? nil : Int64(bitPattern: words[4]),
            keyCount: 0
        )
        lastCommit = before
        committedByteCount = IndexJournal.headerByteCount
        committedChecksum = words[5]
        try findLastCommit(file)
    }

    private mutating func findLastCommit(_ file: borrowing StateFile) throws(IndexStateReason) {
        var offset = committedByteCount
        var checksum = committedChecksum
        while let frame = try Self.readFrame(file, at: offset, seed: checksum) {
            offset += frame.byteCount
            checksum = frame.checksum
            if frame.flags == IndexJournal.endsWithCommit {
                committedByteCount = offset
                committedChecksum = checksum
            }
        }
    }

    private struct Frame {
        var flags: UInt32
        var records: ArraySlice<UInt8>
        var byteCount: Int
        var checksum: UInt64
    }

    /// The frame at an offset; nil when there is no whole one with its checksum.
    private static func readFrame(
        _ file: borrowing StateFile,
        at offset: Int,
        seed: UInt64
    ) throws(IndexStateReason) -> Frame? {
        let headerByteCount = IndexJournal.frameHeaderByteCount
        guard let header = try readIfThere(file, offset, headerByteCount) else { return nil }
        let length = Int(word32(header, 0))
        guard length <= IndexJournal.frameByteCountMax,
            let bytes = try readIfThere(file, offset, headerByteCount + length + 8)
        else { return nil }
        let end = headerByteCount + length
        let (sum, stored) = bytes.withUnsafeBytes {
            (
                xxHash64(UnsafeRawBufferPointer(rebasing: $0[..<end]), seed: seed),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            )
        }
        guard sum == stored else { return nil }
        return Frame(
            flags: word32(bytes, 4),
            records: bytes[headerByteCount..<end],
            byteCount: bytes.count,
            checksum: sum
        )
    }

    private static func word32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
    }

    private static func readIfThere(
        _ file: borrowing StateFile,
        _ offset: Int,
        _ byteCount: Int
    ) throws(IndexStateReason) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var fault: IndexStateError?
        var count = 0
        bytes.withUnsafeMutableBytes { buffer in
            do throws(IndexStateError) { count = try file.read(into: buffer, at: offset) } catch {
                fault = error
            }
        }
        if let fault { throw .unreadable(fault) }
        return count == byteCount ? bytes : nil
    }
}

extension ReadJournal {
    /// Tells an index what the journal says, up to its last commit.
    ///
    /// - Throws: When a record means nothing, or the index holds another number of keys than the
    ///   last commit says.
    mutating func replay(into index: KeyIndex) throws(IndexStateReason) {
        let file = try StateFile.opened(path)
        var offset = IndexJournal.headerByteCount
        var checksum = try Self.headerChecksum(file)
        while offset < committedByteCount {
            guard let frame = try Self.readFrame(file, at: offset, seed: checksum) else {
                throw StoredIndexReader.damaged(path, offset, "it changed while it was read")
            }
            do throws(WireFault) {
                try apply(frame.records, to: index)
            } catch {
                throw StoredIndexReader.damaged(path, offset, "a record cannot be read: \(error)")
            }
            offset += frame.byteCount
            checksum = frame.checksum
        }
        guard lastCommit == before || lastCommit.keyCount == index.count else {
            throw StoredIndexReader.damaged(
                path,
                committedByteCount,
                "it leads to \(index.count) keys, its last commit says \(lastCommit.keyCount)"
            )
        }
    }

    private static func headerChecksum(
        _ file: borrowing StateFile
    ) throws(IndexStateReason) -> UInt64 {
        let bytes = try StoredIndexReader.read(file, 40..<48)
        return bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        }
    }

    private mutating func apply(
        _ records: ArraySlice<UInt8>,
        to index: KeyIndex
    ) throws(WireFault) {
        let isExact64 = index.fingerprinter.isExact64
        var reader = ByteReader(records.span.bytes)
        while !reader.isAtEnd {
            let code = try reader.readInteger(as: UInt8.self)
            guard let tag = JournalRecord.Tag(rawValue: code) else { throw reader.malformed }
            switch tag {
            case .file:
                let number = try reader.readVarint()
                let path = try IndexManifest.readText(&reader)
                filesByNumber[number] = path
                fileNumbers[path] = number
            case .rows: try applyRows(&reader, isScattered: false, to: index)
            case .scatteredRows: try applyRows(&reader, isScattered: true, to: index)
            case .nullRow:
                let (file, number) = try readFile(&reader, index)
                let position = try Self.readPosition(&reader)
                try countBlocks(upTo: position, ofFile: number, reader)
                try Self.set([KeyFingerprinter.nullOf64Bits], file, .init(first: position), index)
            case .removedKeys:
                let count = try IndexManifest.readCount(&reader)
                let keys = try JournalRecord.readKeys(count, isExact64: isExact64, &reader)
                index.removeAll(keys)
            case .removedNull: index.remove(KeyFingerprinter.nullOf64Bits)
            case .removedFile:
                let path = try IndexManifest.readText(&reader)
                fileNumbers[path] = nil
                index.removeFile(path)
            case .cleared: index.removeAll()
            case .commit: lastCommit = try JournalRecord.readCommit(&reader)
            }
        }
    }

    private mutating func applyRows(
        _ reader: inout ByteReader,
        isScattered: Bool,
        to index: KeyIndex
    ) throws(WireFault) {
        let (file, number) = try readFile(&reader, index)
        var positions = RowPositions(first: try Self.readPosition(&reader))
        let count = try IndexManifest.readCount(&reader)
        if isScattered {
            var rows: [Int32] = []
            for _ in 0..<count {
                let row = try reader.readInteger(as: Int32.self)
                guard row >= 0 else { throw reader.malformed }
                rows.append(row)
            }
            positions.rows = rows
        }
        let isExact64 = index.fingerprinter.isExact64
        let keys = try JournalRecord.readKeys(count, isExact64: isExact64, &reader)
        let last = positions.first + (positions.rows.map { Int($0.max() ?? 0) } ?? count)
        try countBlocks(upTo: last, ofFile: number, reader)
        try Self.set(keys, file, positions, index)
    }

    private func readFile(
        _ reader: inout ByteReader,
        _ index: KeyIndex
    ) throws(WireFault) -> (ordinal: Int, number: UInt64) {
        let number = try reader.readVarint()
        guard let path = filesByNumber[number] else { throw reader.malformed }
        return (index.addFile(path), number)
    }

    /// An index has four bytes for each block of a file up to the last row that it knows, so a few
    /// bytes that name a far row cost much: over all files of a journal, not more than 64 MB.
    private static var blockCountMax: Int { 16 << 20 }

    private mutating func countBlocks(
        upTo position: Int,
        ofFile number: UInt64,
        _ reader: borrowing ByteReader
    ) throws(WireFault) {
        let old = blockCounts[number] ?? 0
        let new = max(old, position / RowBlocks.rowsPerBlock + 1)
        blockCounts[number] = new
        blockCount += new - old
        guard blockCount <= Self.blockCountMax else { throw reader.malformed }
    }

    /// Rows of one file beyond which a journal is not believed.
    private static var positionEnd: UInt64 { 1 << 36 }

    private static func readPosition(_ reader: inout ByteReader) throws(WireFault) -> Int {
        let position = try reader.readVarint()
        guard position < positionEnd else { throw reader.malformed }
        return Int(position)
    }

    private static func set(
        _ keys: [KeyFingerprint],
        _ file: Int,
        _ positions: RowPositions,
        _ index: KeyIndex
    ) throws(WireFault) {
        do throws(KeyIndexFull) {
            try index.setAll(keys, file: file, positions: positions)
        } catch {
            throw WireFault(.malformedValue, offset: 0, wanted: error.blocksMax, available: 0)
        }
    }
}
