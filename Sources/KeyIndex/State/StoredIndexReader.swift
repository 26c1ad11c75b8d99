internal import Bytes
internal import TableModel

/// Reads what ``StoredIndexWriter`` wrote; every byte is checked before it is used.
///
/// The file is read and not mapped: a mapped file that another process cuts, or that a disk cannot
/// give, would end the program.
struct StoredIndexReader: ~Copyable {
    private let file: StateFile
    let manifest: IndexManifest
    private let blocks: RowBlocks
    private let manifestOffset: Int

    init(path: String) throws(IndexStateReason) {
        let file = try StateFile.opened(path)
        let tail = try Self.readTail(file)
        let bytes = try Self.read(file, tail.offset..<tail.offset + tail.length)
        let checksum = bytes.withUnsafeBytes { xxHash64($0) }
        guard checksum == tail.checksum else {
            throw Self.damaged(path, tail.offset, "its manifest does not have its checksum")
        }
        do throws(WireFault) { (manifest, blocks) = try IndexManifest.decode(bytes) } catch {
            throw Self.damaged(path, tail.offset, "its manifest cannot be read: \(error)")
        }
        self.file = file
        manifestOffset = tail.offset
    }

    private static func readTail(
        _ file: borrowing StateFile
    ) throws(IndexStateReason) -> (offset: Int, length: Int, checksum: UInt64) {
        let byteCount: Int
        do throws(IndexStateError) { byteCount = try file.byteCount() } catch {
            throw .unreadable(error)
        }
        let start = byteCount - IndexManifest.tailByteCount
        guard start >= 0 else {
            throw damaged(file.path, 0, "it has \(byteCount) bytes, the shortest has 32")
        }
        let tail = try read(file, start..<byteCount)
        let words = (0..<4).map { word in
            tail.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) }
                .littleEndian
        }
        guard words[3] >> 8 == IndexManifest.magic >> 8 else {
            throw damaged(file.path, start + 24, "it does not end as a stored index")
        }
        guard words[3] == IndexManifest.magic else { throw .otherVersion(Int(words[3] & 0xFF)) }
        guard words[0] <= UInt64(start), words[1] == UInt64(start) - words[0] else {
            throw damaged(
                file.path,
                start,
                "its manifest of \(words[1]) bytes at \(words[0]) does not end at its tail"
            )
        }
        return (Int(words[0]), Int(words[1]), words[2])
    }

    /// Reads all entries into an index.
    ///
    /// `fingerprinter` has the stored secret and the identity's form.
    consuming func load(_ fingerprinter: KeyFingerprinter) throws(IndexStateReason) -> KeyIndex {
        let isExact64 = manifest.identity.form == .exact64
        let entryByteCount = IndexManifest.entryByteCount(isExact64: isExact64)
        guard manifest.entryCount <= manifestOffset / entryByteCount else {
            throw Self.damaged(
                file.path,
                manifestOffset,
                "\(manifest.entryCount) entries do not fit its \(manifestOffset) bytes of pages"
            )
        }
        let index = KeyIndex(
            fingerprinter: fingerprinter,
            expectedCount: manifest.entryCount,
            blocks: blocks
        )
        var offset = 0
        var filling = AddressTable.Filling()
        for number in 0..<manifest.pageCount {
            let page = try readPage(number, at: offset, entryByteCount)
            offset += page.count
            let isInOrder = page.withUnsafeBytes { bytes in
                index.appendStored(
                    UnsafeRawBufferPointer(
                        rebasing: bytes[IndexManifest.pageHeaderByteCount..<bytes.count - 8]
                    ),
                    &filling
                )
            }
            guard isInOrder else {
                throw Self.damaged(file.path, offset, "entries of page \(number) are out of order")
            }
        }
        guard offset == manifestOffset, index.finishStored(nullAddress: manifest.nullAddress),
            filling.count == manifest.entryCount
        else {
            throw Self.damaged(
                file.path,
                offset,
                "\(filling.count) entries end here, the manifest says \(manifest.entryCount)"
            )
        }
        return index
    }

    private func readPage(
        _ number: Int,
        at offset: Int,
        _ entryByteCount: Int
    ) throws(IndexStateReason) -> [UInt8] {
        let headerEnd = min(offset + IndexManifest.pageHeaderByteCount, manifestOffset)
        let header = try Self.read(file, offset..<headerEnd)
        guard header.count == IndexManifest.pageHeaderByteCount else {
            throw Self.damaged(file.path, offset, "page \(number) is missing")
        }
        let (magic, count, own) = header.withUnsafeBytes {
            (
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        let byteCount = header.count + Int(count) * entryByteCount + 8
        guard magic == IndexManifest.pageMagic, own == UInt64(number),
            count <= UInt32(IndexManifest.entriesPerPageMax), byteCount <= manifestOffset - offset
        else { throw Self.damaged(file.path, offset, "page \(number) does not begin as one") }
        let page = try Self.read(file, offset..<offset + byteCount)
        let (stored, actual) = page.withUnsafeBytes {
            (
                UInt64(
                    littleEndian: $0.loadUnaligned(fromByteOffset: byteCount - 8, as: UInt64.self)
                ),
                xxHash64(UnsafeRawBufferPointer(rebasing: $0[..<(byteCount - 8)]))
            )
        }
        guard stored == actual else {
            throw Self.damaged(file.path, offset, "page \(number) does not have its checksum")
        }
        return page
    }

    /// - Throws: What is wrong when the file has fewer bytes.
    static func read(
        _ file: borrowing StateFile,
        _ range: Range<Int>
    ) throws(IndexStateReason) -> [UInt8] {
        var fault: IndexStateError?
        var bytes = [UInt8](repeating: 0, count: range.count)
        var count = 0
        bytes.withUnsafeMutableBytes { buffer in
            do throws(IndexStateError) {
                count = try file.read(into: buffer, at: range.lowerBound)
            } catch { fault = error }
        }
        if let fault { throw .unreadable(fault) }
        guard count == range.count else {
            throw damaged(file.path, range.lowerBound, "it has \(count) of \(range.count) bytes")
        }
        return bytes
    }

    static func damaged(_ path: String, _ offset: Int, _ message: String) -> IndexStateReason {
        .damaged("\(path) is damaged at byte \(offset): \(message)")
    }
}
