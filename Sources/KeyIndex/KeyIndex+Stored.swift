internal import TableModel

extension KeyIndex {
    /// Adds entries as they are stored, in ascending order.
    ///
    /// - Returns: Whether they are in order and each address lies in a block.
    func appendStored(
        _ bytes: UnsafeRawBufferPointer,
        _ filling: inout AddressTable.Filling
    ) -> Bool {
        let isExact64 = fingerprinter.isExact64
        let width = IndexManifest.entryByteCount(isExact64: isExact64)
        let addressEnd = UInt64(blocks.blockCount * RowBlocks.rowsPerBlock)
        // Entries of the same block follow each other by chance only; counting them is cheap.
        for offset in stride(from: 0, to: bytes.count, by: width) {
            let order = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let rest: UInt64 =
                isExact64 ? 0 : bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: offset + width - 5, as: UInt32.self)
            let entry = AddressEntry(
                order: UInt64(littleEndian: order),
                rest: UInt64(littleEndian: rest),
                address: UInt64(UInt32(littleEndian: low)) | UInt64(bytes[offset + width - 1]) << 32
            )
            guard entry.address < addressEnd, table.append(entry, &filling) else { return false }
            blocks.noteEntries(1, at: entry.address)
        }
        return true
    }

    /// The last step of reading a stored index: the NULL key, and which blocks are dead.
    ///
    /// - Returns: Whether the NULL key's address lies in a block.
    func finishStored(nullAddress: UInt64) -> Bool {
        if nullAddress != SlotLayout.noAddress {
            let addressEnd = UInt64(blocks.blockCount * RowBlocks.rowsPerBlock)
            guard fingerprinter.isExact64, nullAddress < addressEnd else { return false }
            _ = table.set(nullAddress, for: KeyFingerprinter.nullOf64Bits)
            blocks.noteEntries(1, at: nullAddress)
        }
        blocks.settleStoredEntries()
        return true
    }
}
