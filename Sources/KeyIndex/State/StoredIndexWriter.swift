internal import Bytes
internal import TableModel

/// Writes an index into a file, group by group, while it goes on changing between the calls.
///
/// Each key is written once, with the row it has at that time; the journal since the first call
/// brings the whole to one commit again. Until ``finish`` the file has a temporary name and blocks
/// must be held (``RowBlocks/holdBlocks()``).
final class StoredIndexWriter {
    private let file: StateFile
    private let entryByteCount: Int
    private(set) var byteCount = 0
    private var pageCount = 0
    private var entryCount = 0
    /// The least order that was not written; nil after the last.
    private var nextOrder: UInt64? = 0
    private var page = ByteBuffer(capacityBytes: 256 << 10)
    private var pageEntries = 0

    var isComplete: Bool { nextOrder == nil }

    init(path: String, isExact64: Bool) throws(IndexStateError) {
        file = try StateFile(path, .anew)
        entryByteCount = IndexManifest.entryByteCount(isExact64: isExact64)
    }

    /// Writes the next groups of the table, about as many bytes as asked for; none when complete.
    func write(
        _ table: borrowing AddressTable,
        byteCountMax: Int
    ) throws(IndexStateError) {
        let end = byteCount + byteCountMax
        while let order = nextOrder, byteCount < end {
            var failure: IndexStateError?
            nextOrder = table.forEachEntry(ofGroupAt: order) { entry in
                append(entry)
                if pageEntries == IndexManifest.entriesPerPageMax, failure == nil {
                    do throws(IndexStateError) { try writePage() } catch { failure = error }
                }
            }
            if let failure { throw failure }
        }
        if pageEntries > 0 { try writePage() }
    }

    private func append(_ entry: AddressEntry) {
        if pageEntries == 0 {
            page.appendInteger(IndexManifest.pageMagic)
            page.appendInteger(UInt32(0))
            page.appendInteger(UInt64(pageCount))
        }
        page.appendInteger(entry.order)
        if entryByteCount > 16 { page.appendInteger(entry.rest) }
        page.appendInteger(UInt32(truncatingIfNeeded: entry.address))
        page.append(UInt8(truncatingIfNeeded: entry.address >> 32))
        pageEntries += 1
    }

    private func writePage() throws(IndexStateError) {
        page.overwrite(UInt32(pageEntries), at: 4)
        page.appendInteger(page.withBytes { xxHash64($0) })
        try writeBuffer()
        entryCount += pageEntries
        pageCount += 1
        pageEntries = 0
    }

    private func writeBuffer() throws(IndexStateError) {
        try page.withBytes { (bytes) throws(IndexStateError) in
            try file.write(bytes, at: byteCount)
        }
        byteCount += page.count
        page.removeAll()
    }

    /// Writes the manifest; the caller makes the file durable and gives it its name.
    ///
    /// `manifest` lacks only the numbers of pages and entries.
    func finish(_ manifest: IndexManifest, blocks: RowBlocks) throws(IndexStateError) {
        precondition(isComplete, "an index was finished at order \(nextOrder ?? 0)")
        var manifest = manifest
        manifest.entryCount = entryCount
        manifest.pageCount = pageCount
        let offset = byteCount
        manifest.encode(blocks: blocks, to: &page)
        let length = page.count
        let checksum = page.withBytes { xxHash64($0) }
        for number in [UInt64(offset), UInt64(length), checksum, IndexManifest.magic] {
            page.appendInteger(number)
        }
        try writeBuffer()
    }

    func synchronize() throws(IndexStateError) { try file.synchronize() }
}
