internal import Bytes
internal import TableModel

/// What stands at the end of a stored index and says what the pages before it mean.
///
/// File: pages, manifest, and a tail of 32 bytes: offset and length of the manifest, its checksum,
/// and the magic number with the version. A page has 16 bytes of magic number, number of entries and
/// of page, the entries in ascending order (8 bytes of order, 8 of rest unless keys have 64 bits, 5
/// of address), and a checksum. Everything is little-endian; checksums are xxHash64.
struct IndexManifest: Equatable {
    static let version = 1
    /// "frazilx" and the version.
    static let magic: UInt64 = 0x66_7261_7A69_6C78 << 8 | UInt64(version)
    static let tailByteCount = 32
    static let pageMagic: UInt32 = 0x7061_6765
    static let pageHeaderByteCount = 16
    /// Entries of a page; the last page of a pass over a group may have fewer.
    static let entriesPerPageMax = 8_192

    var identity: IndexIdentity
    /// The secret of the fingerprints; they mean nothing without it.
    var hasher: SipHash128
    /// Counts the stored versions of one index, from 1; journals belong to one.
    var generation: UInt64
    /// The commit at which writing began, and the one at which it ended: entries are as they were at
    /// some commit between them, so the journal is needed up to the last one.
    var commits: ClosedRange<UInt64>
    /// The snapshot of the last of these commits; nil for a table without one.
    var snapshotID: Int64?
    var entryCount: Int
    var pageCount: Int
    /// The address of the NULL key, or `SlotLayout.noAddress`.
    var nullAddress: UInt64

    static func entryByteCount(isExact64: Bool) -> Int { isExact64 ? 13 : 21 }

    func encode(blocks: RowBlocks, to buffer: inout ByteBuffer) {
        Self.append(identity.tableUUID, to: &buffer)
        buffer.append(identity.form.rawValue)
        buffer.append(identity.isOfRows ? 1 : 0 as UInt8)
        buffer.appendVarint(UInt64(identity.keyFields.count))
        for field in identity.keyFields {
            buffer.appendInteger(field.id)
            Self.append(field.family, to: &buffer)
        }
        for number in [
            hasher.key0, hasher.key1, generation, commits.lowerBound, commits.upperBound,
            UInt64(entryCount), UInt64(pageCount), nullAddress,
        ] { buffer.appendInteger(number) }
        buffer.append(snapshotID == nil ? 0 : 1 as UInt8)
        buffer.appendInteger(snapshotID ?? 0)
        blocks.store(to: &buffer)
    }

    static func decode(
        _ bytes: [UInt8]
    ) throws(WireFault) -> (manifest: IndexManifest, blocks: RowBlocks) {
        var reader = ByteReader(bytes.span.bytes)
        let tableUUID = try readText(&reader)
        let formCode = try reader.readInteger(as: UInt8.self)
        guard let form = KeyFingerprinter.Form(rawValue: formCode) else {
            throw WireFault(
                .unknownTag,
                offset: reader.offset,
                wanted: Int(formCode),
                available: reader.remaining
            )
        }
        let isOfRows = try reader.readInteger(as: UInt8.self) == 1
        var keyFields: [IndexIdentity.KeyField] = []
        for _ in 0..<(try readCount(&reader)) {
            let id = try reader.readInteger(as: Int32.self)
            keyFields.append(IndexIdentity.KeyField(id: id, family: try readText(&reader)))
        }
        var numbers: [UInt64] = []
        for _ in 0..<8 { numbers.append(try reader.readInteger()) }
        let hasSnapshot = try reader.readInteger(as: UInt8.self) == 1
        let snapshotID = try reader.readInteger(as: Int64.self)
        guard numbers[3] <= numbers[4], numbers[5] <= UInt64(Int.max / 32),
            numbers[6] <= UInt64(Int.max / 32)
        else { throw reader.malformed }
        let manifest = IndexManifest(
            identity: IndexIdentity(
                tableUUID: tableUUID,
                keyFields: keyFields,
                isOfRows: isOfRows,
                form: form
            ),
            hasher: SipHash128(key0: numbers[0], key1: numbers[1]),
            generation: numbers[2],
            commits: numbers[3]...numbers[4],
            snapshotID: hasSnapshot ? snapshotID : nil,
            entryCount: Int(numbers[5]),
            pageCount: Int(numbers[6]),
            nullAddress: numbers[7]
        )
        return (manifest, try RowBlocks(stored: &reader))
    }

    static func append(_ text: String, to buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(text.utf8.count))
        buffer.append(utf8: text)
    }

    static func readText(_ reader: inout ByteReader) throws(WireFault) -> String {
        let count = try readCount(&reader)
        return try reader.readBytes(count).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// A length that the bytes left can hold.
    static func readCount(_ reader: inout ByteReader) throws(WireFault) -> Int {
        let offset = reader.offset
        let count = try reader.readVarint()
        guard count <= UInt64(reader.remaining) else {
            throw WireFault(
                .impossibleLength,
                offset: offset,
                wanted: Int(clamping: count),
                available: reader.remaining
            )
        }
        return Int(count)
    }
}

extension ByteReader {
    /// What is wrong when the field before here has a value that it cannot have.
    var malformed: WireFault {
        WireFault(.malformedValue, offset: offset, wanted: 0, available: remaining)
    }
}
