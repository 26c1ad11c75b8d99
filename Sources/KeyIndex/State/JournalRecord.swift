internal import Bytes
internal import TableModel

/// What a journal says: changes of an index in their order, and commits.
///
/// A record is a tag and its fields: numbers are varints, keys have 8 bytes when keys have 64 bits
/// and 16 otherwise, offsets have 4 bytes, a commit's fields have 8 each.
enum JournalRecord {
    enum Tag: UInt8 {
        /// The number that stands for a data file from here on, and its path.
        case file = 1
        /// File, first position, number of rows, and their keys: consecutive rows.
        case rows
        /// As `rows`, with an offset from the first position for each row before the keys.
        case scatteredRows
        /// File and position of the NULL key's row.
        case nullRow
        /// Number of keys, and the keys that went.
        case removedKeys
        case removedNull
        /// Path of a data file that went.
        case removedFile
        /// Everything went.
        case cleared
        /// Number of the commit, whether there is a snapshot, its id, and the number of keys.
        case commit
    }

    struct Commit: Equatable, Sendable {
        var number: UInt64
        var snapshotID: Int64?
        /// Keys that the index holds at the commit.
        var keyCount: Int
    }

    static func append(_ commit: Commit, to buffer: inout ByteBuffer) {
        buffer.append(Tag.commit.rawValue)
        buffer.appendInteger(commit.number)
        buffer.append(commit.snapshotID == nil ? 0 : 1 as UInt8)
        buffer.appendInteger(commit.snapshotID ?? 0)
        buffer.appendInteger(UInt64(commit.keyCount))
    }

    static func readCommit(_ reader: inout ByteReader) throws(WireFault) -> Commit {
        let number = try reader.readInteger(as: UInt64.self)
        let hasSnapshot = try reader.readInteger(as: UInt8.self) == 1
        let snapshotID = try reader.readInteger(as: Int64.self)
        let keyCount = try reader.readInteger(as: UInt64.self)
        guard keyCount <= UInt64(Int.max) else { throw reader.malformed }
        return Commit(
            number: number,
            snapshotID: hasSnapshot ? snapshotID : nil,
            keyCount: Int(keyCount)
        )
    }

    static func append(
        _ keys: ArraySlice<KeyFingerprint>,
        isExact64: Bool,
        to buffer: inout ByteBuffer
    ) {
        buffer.reserve(keys.count * 16)
        for key in keys {
            buffer.appendInteger(key.low)
            if !isExact64 { buffer.appendInteger(key.high) }
        }
    }

    /// - Throws: `WireFault` when fewer bytes are left than `count` keys need.
    static func readKeys(
        _ count: Int,
        isExact64: Bool,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [KeyFingerprint] {
        let width = isExact64 ? 8 : 16
        guard count <= reader.remaining / width else {
            throw WireFault(
                .impossibleLength,
                offset: reader.offset,
                wanted: count,
                available: reader.remaining / width
            )
        }
        let bytes = try reader.readBytes(count * width)
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { row in
                let low = bytes.loadUnaligned(fromByteOffset: row * width, as: UInt64.self)
                let high: UInt64 =
                    isExact64
                    ? 0 : bytes.loadUnaligned(fromByteOffset: row * width + 8, as: UInt64.self)
                return KeyFingerprint(
                    high: UInt64(littleEndian: high),
                    low: UInt64(littleEndian: low)
                )
            }
        }
    }
}
