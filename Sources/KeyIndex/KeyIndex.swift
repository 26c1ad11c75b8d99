public import TableModel

/// Where the rows of a batch lie in their file.
public struct RowPositions: Sendable {
    /// What is added to each row's number.
    public var first: Int
    /// The rows' numbers; nil for consecutive ones from zero.
    public var rows: [Int32]?

    public init(first: Int, rows: [Int32]? = nil) {
        self.first = first
        self.rows = rows
    }

    @inline(__always)
    subscript(row: Int) -> Int { first + (rows.map { Int($0[row]) } ?? row) }
}

/// Key to row of one table: what makes deletes by position possible.
///
/// It is a cache of the table at one snapshot and never state: it can always be rebuilt from the
/// key columns of the live rows. Memory: 16 to 18 bytes a key for 64-bit keys, 23 to 26 for others
/// (docs/performance.md). Owned by one task.
public final class KeyIndex {
    public let fingerprinter: KeyFingerprinter
    var table: AddressTable
    var blocks: RowBlocks
    /// What the index is told is written down here, if anywhere.
    var journal: IndexJournal?

    /// Makes room for `expectedCount` keys, so that filling the index up to there does not grow it.
    public convenience init(fingerprinter: KeyFingerprinter, expectedCount: Int = 0) {
        self.init(
            fingerprinter: fingerprinter,
            expectedCount: expectedCount,
            blocks: RowBlocks()
        )
    }

    init(fingerprinter: KeyFingerprinter, expectedCount: Int = 0, blocks: RowBlocks) {
        self.fingerprinter = fingerprinter
        self.blocks = blocks
        table = AddressTable(
            isExact64: fingerprinter.isExact64,
            mixer: KeyMixer(hasher: fingerprinter.hasher)
        )
        if expectedCount > 0 { table.layOut(for: expectedCount) }
    }

    /// Keys whose row is there.
    public var count: Int { table.count - blocks.deadEntryCount }
    public var memoryBytes: Int { table.memoryBytes + blocks.memoryBytes }
}

extension KeyIndex {
    /// Registers a data file.
    ///
    /// - Returns: Its ordinal, which is the file's until it is removed.
    @discardableResult
    public func addFile(_ path: String) -> Int { blocks.addFile(path) }

    /// - Precondition: The file was not removed.
    public func filePath(_ ordinal: Int) -> String {
        guard let path = blocks.path(of: ordinal) else {
            preconditionFailure("the index has no file \(ordinal)")
        }
        return path
    }

    public func ordinal(ofFile path: String) -> Int? { blocks.ordinal(of: path) }
    public var fileCount: Int { blocks.fileCount }
    /// Paths of the data files, in the order of their ordinals.
    public var filePaths: [String] { blocks.allFiles.map(\.path) }
    /// How many keys have their row in a file.
    public func keyCount(ofFile ordinal: Int) -> Int { blocks.entryCount(ofFile: ordinal) }

    /// Takes a data file away, with the rows in it: keys that have no row elsewhere are gone.
    ///
    /// It takes no time for the keys: what still points into the file is removed as it is met, or
    /// all at once when it has become much.
    public func removeFile(_ path: String) {
        guard let ordinal = blocks.ordinal(of: path) else { return }
        journal?.note(removedFile: path)
        blocks.removeFile(ordinal)
        if blocks.deadEntryCount > max(Self.deadEntriesMin, table.count / 4) { sweep() }
    }

    private static var deadEntriesMin: Int { 65_536 }

    /// Removes what points into files that were removed.
    func sweep() {
        guard blocks.deadEntryCount > 0 else { return }
        let blocks = self.blocks
        var swept: [UInt64] = []
        swept.reserveCapacity(blocks.deadEntryCount)
        table.removeEntries { address in
            let isDead = blocks.isDead(address)
            if isDead { swept.append(address) }
            return isDead
        }
        for address in swept { self.blocks.noteRemoval(at: address) }
    }

    /// Forgets all keys and files.
    public func removeAll() {
        journal?.noteCleared()
        table = AddressTable(isExact64: table.isExact64, mixer: table.mixer)
        blocks.removeAll()
    }
}

extension KeyIndex {
    /// Where a key's row lies.
    public func location(of key: KeyFingerprint) -> RowLocation? {
        row(at: table.address(of: key))
    }

    /// Where each key's row lies, nil for keys that the index does not hold; faster than one by one.
    public func locations(of keys: [KeyFingerprint]) -> [RowLocation?] {
        let addresses = [UInt64](unsafeUninitializedCapacity: keys.count) { addresses, count in
            keys.withUnsafeBufferPointer { keys in
                if let target = addresses.baseAddress { table.addresses(of: keys, into: target) }
            }
            count = keys.count
        }
        return addresses.map(row)
    }

    @inline(__always)
    private func row(at address: UInt64) -> RowLocation? {
        address == SlotLayout.noAddress ? nil : blocks.location(address)
    }

    /// Remembers where a key's row lies now.
    ///
    /// - Returns: Where it lay before.
    /// - Throws: ``KeyIndexFull``; nothing has changed then.
    @discardableResult
    public func set(
        _ location: RowLocation,
        for key: KeyFingerprint
    ) throws(KeyIndexFull) -> RowLocation? {
        var old: RowLocation?
        try setAll([key], file: location.file, positions: RowPositions(first: location.position)) {
            old = $1
        }
        return old
    }

    /// Rows whose addresses are computed before they are stored.
    private static var rowsPerPiece: Int { RowBlocks.rowsPerBlock }

    /// Remembers where the rows of many keys lie now; much faster than one by one.
    ///
    /// `replaced` is called for each key that had a row before, repeats among `keys` included, with
    /// that row's place.
    ///
    /// - Returns: How many these are.
    /// - Throws: ``KeyIndexFull``; some of the keys may be stored then.
    @discardableResult
    public func setAll(
        _ keys: [KeyFingerprint],
        file: Int,
        positions: RowPositions,
        replaced: ((_ row: Int, _ old: RowLocation) -> Void)? = nil
    ) throws(KeyIndexFull) -> Int {
        var replacedCount = 0
        var first = 0
        var addresses: [UInt64] = []
        addresses.reserveCapacity(min(keys.count, Self.rowsPerPiece))
        while first < keys.count {
            let rows = first..<min(keys.count, first + Self.rowsPerPiece)
            addresses.removeAll(keepingCapacity: true)
            try appendAddresses(of: rows, file: file, positions: positions, to: &addresses)
            keys.withUnsafeBufferPointer { keys in
                addresses.withUnsafeMutableBufferPointer { addresses in
                    table.exchangeAll(
                        UnsafeBufferPointer(rebasing: keys[rows]),
                        addresses: addresses
                    )
                }
            }
            for (offset, old) in addresses.enumerated() where old != SlotLayout.noAddress {
                let location = blocks.location(old)
                guard blocks.noteRemoval(at: old), let location else { continue }
                replacedCount += 1
                replaced?(rows.lowerBound + offset, location)
            }
            first = rows.upperBound
        }
        journal?.note(rows: keys, path: filePath(file), positions: positions)
        return replacedCount
    }

    /// The addresses of rows, block by block; each block counts those that are in it.
    private func appendAddresses(
        of rows: Range<Int>,
        file: Int,
        positions: RowPositions,
        to addresses: inout [UInt64]
    ) throws(KeyIndexFull) {
        var row = rows.lowerBound
        while row < rows.upperBound {
            let position = positions[row]
            let inBlock = position & (RowBlocks.rowsPerBlock - 1)
            let blockStart = position - inBlock
            let base = try blocks.blockAddress(file: file, position: position)
            let begin = row
            while row < rows.upperBound {
                let offset = positions[row] - blockStart
                guard offset >= 0, offset < RowBlocks.rowsPerBlock else { break }
                addresses.append(base + UInt64(offset))
                row += 1
            }
            blocks.noteEntries(row - begin, at: base)
        }
    }

    /// Forgets a key.
    ///
    /// - Returns: Where its row lay.
    @discardableResult
    public func remove(_ key: KeyFingerprint) -> RowLocation? {
        journal?.note(removed: [key])
        let old = table.remove(key)
        guard old != SlotLayout.noAddress else { return nil }
        let location = blocks.location(old)
        blocks.noteRemoval(at: old)
        return location
    }

    /// Forgets many keys; faster than one by one.
    public func removeAll(_ keys: [KeyFingerprint]) {
        journal?.note(removed: keys)
        var removed: [UInt64] = []
        keys.withUnsafeBufferPointer { table.removeAll($0) { removed.append($1) } }
        for address in removed { blocks.noteRemoval(at: address) }
    }

    /// Calls `body` with every key and its row, in no order.
    public func forEach(_ body: (KeyFingerprint, RowLocation) -> Void) {
        table.forEach { key, address in
            if let location = blocks.location(address) { body(key, location) }
        }
    }
}
