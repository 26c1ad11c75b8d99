internal import CPrefetch
internal import Glibc
internal import TableModel

/// A hash table from keys to addresses that is dense at every size.
///
/// Keys are spread over 64 bits (``KeyMixer``), and the table is one sequence of chunks in that
/// order. Chunks belong to groups: a group covers the keys whose first `depth` bits are its own and
/// divides that range evenly among its chunks, of which it has between 12 and 24. A group grows by
/// one chunk at a time, so growth moves some hundred kilobytes at once however large the table is,
/// and the load is never far from its highest. A group of 24 chunks becomes two of 12 by cutting its
/// list of chunks, since the halves' even divisions are the whole's.
///
/// Small tables are one group, and the smallest one chunk that begins with half a kilobyte.
///
/// Not copyable: owned by one task, through ``KeyIndex``.
struct AddressTable: ~Copyable {
    typealias Slot = UnsafeMutableRawPointer

    let mixer: KeyMixer
    /// Bytes of a chunk in all but the smallest tables.
    let chunkByteCount: Int
    var shape: ChunkShape
    var pool: ChunkPool
    var groups: ChunkGroups
    var count = 0
    /// The address of the NULL key of a table of 64-bit keys, which has no slot.
    private var nullAddress = SlotLayout.noAddress

    /// - Precondition: Chunks have whole pages, in a power of two.
    init(isExact64: Bool, mixer: KeyMixer, chunkByteCount: Int = 32 << 10) {
        precondition(chunkByteCount >= ChunkPool.pageByteCount, "chunks are whole pages")
        self.mixer = mixer
        self.chunkByteCount = chunkByteCount
        let layout = SlotLayout(isExact64: isExact64, isWide: false)
        shape = ChunkShape(layout: layout, byteCount: ChunkShape.byteCountMin)
        pool = ChunkPool(chunkByteCount: shape.byteCount)
        groups = ChunkGroups(depth: 0, chunks: [pool.take()])
        groups.setLimits(of: 0, shape.limits(chunkCount: 1))
    }

    var isExact64: Bool { shape.layout.isExact64 }
    var memoryBytes: Int { pool.memoryBytes + groups.memoryBytes }
}

extension AddressTable {
    /// Keys whose home slots are fetched before the first of them is looked up.
    private static var keysPerBlock: Int { 32 }

    @inline(__always)
    func home(_ order: UInt64) -> Slot {
        let place = groups.place(order)
        return shape.home(place.fraction, in: place.chunk)
    }

    /// Finds the homes of a block of keys and asks for their cache lines, so that they come at once.
    ///
    /// - Returns: The number of keys in the block.
    @inline(__always)
    private func fetchBlock(
        of keys: UnsafeBufferPointer<KeyFingerprint>,
        from first: Int,
        _ homes: UnsafeMutableBufferPointer<Slot>
    ) -> Int {
        let blockCount = min(homes.count, keys.count &- first)
        let shape = self.shape
        for number in 0..<blockCount {
            let place = groups.place(mixer.mixed(keys[first &+ number]).order)
            let home = shape.home(place.fraction, in: place.chunk)
            prefetch_line(home)
            // Runs are short: most end in the second line.
            prefetch_line(home + 64)
            homes[number] = home
        }
        return blockCount
    }

    /// The address of each key, `SlotLayout.noAddress` where there is none.
    func addresses(
        of keys: UnsafeBufferPointer<KeyFingerprint>,
        into addresses: UnsafeMutablePointer<UInt64>
    ) {
        let (shape, mixer, nullAddress) = (self.shape, self.mixer, self.nullAddress)
        withUnsafeTemporaryAllocation(of: Slot.self, capacity: Self.keysPerBlock) { homes in
            var first = 0
            while first < keys.count {
                let blockCount = fetchBlock(of: keys, from: first, homes)
                for number in 0..<blockCount {
                    let key = keys[first &+ number]
                    let mixed = mixer.mixed(key)
                    var address = SlotLayout.noAddress
                    if let slot = shape.find(mixed.order, mixed.rest, from: homes[number]) {
                        address = shape.layout.address(slot)
                    }
                    if shape.layout.isExact64, key.high != 0 { address = nullAddress }
                    (addresses + first + number).initialize(to: address)
                }
                first &+= blockCount
            }
        }
    }

    /// The address of a key, `SlotLayout.noAddress` where there is none.
    func address(of key: KeyFingerprint) -> UInt64 {
        if isExact64, key.high != 0 { return nullAddress }
        let mixed = mixer.mixed(key)
        guard let slot = shape.find(mixed.order, mixed.rest, from: home(mixed.order)) else {
            return SlotLayout.noAddress
        }
        return shape.layout.address(slot)
    }

    /// Stores an address for each key, in order, and puts the one that was there in its place.
    mutating func exchangeAll(
        _ keys: UnsafeBufferPointer<KeyFingerprint>,
        addresses: UnsafeMutableBufferPointer<UInt64>
    ) {
        precondition(keys.count == addresses.count, "\(keys.count) keys, \(addresses.count) rows")
        withUnsafeTemporaryAllocation(of: Slot.self, capacity: Self.keysPerBlock) { homes in
            var first = 0
            while first < keys.count {
                let blockCount = fetchBlock(of: keys, from: first, homes)
                let layoutCount = groups.layoutCount
                for number in 0..<blockCount {
                    let row = first &+ number
                    addresses[row] = set(
                        addresses[row],
                        for: keys[row],
                        home: layoutCount == groups.layoutCount ? homes[number] : nil
                    )
                }
                first &+= blockCount
            }
        }
    }

    /// Stores an address and returns the one that was there, or `SlotLayout.noAddress`.
    @inline(__always)
    mutating func set(_ address: UInt64, for key: KeyFingerprint, home: Slot? = nil) -> UInt64 {
        if address >= shape.layout.addressEnd { widen(for: address) }
        if isExact64, key.high != 0 { return setNull(address) }
        let mixed = mixer.mixed(key)
        let entry = AddressEntry(order: mixed.order, rest: mixed.rest, address: address)
        var home = home ?? self.home(mixed.order)
        while true {
            switch shape.insert(entry, from: home) {
            case .inserted:
                count &+= 1
                let group = groups.index(of: mixed.order)
                if groups.noteInsertion(into: group) { grow(group) }
                return SlotLayout.noAddress
            case .replaced(let old): return old
            case .full:
                grow(groups.index(of: mixed.order))
                home = self.home(mixed.order)
            }
        }
    }

    private mutating func setNull(_ address: UInt64) -> UInt64 {
        let old = nullAddress
        if old == SlotLayout.noAddress { count += 1 }
        nullAddress = address
        return old
    }

    /// Removes keys; `removed` gets the address of each one that was there.
    mutating func removeAll(
        _ keys: UnsafeBufferPointer<KeyFingerprint>,
        removed: (_ row: Int, _ oldAddress: UInt64) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Slot.self, capacity: Self.keysPerBlock) { homes in
            var first = 0
            while first < keys.count {
                let blockCount = fetchBlock(of: keys, from: first, homes)
                let layoutCount = groups.layoutCount
                for number in 0..<blockCount {
                    let row = first &+ number
                    let old = remove(
                        keys[row],
                        home: layoutCount == groups.layoutCount ? homes[number] : nil
                    )
                    if old != SlotLayout.noAddress { removed(row, old) }
                }
                first &+= blockCount
            }
        }
    }

    /// Removes a key and returns its address, or `SlotLayout.noAddress`.
    @inline(__always)
    mutating func remove(_ key: KeyFingerprint, home: Slot? = nil) -> UInt64 {
        if isExact64, key.high != 0 { return removeNull() }
        let mixed = mixer.mixed(key)
        let home = home ?? self.home(mixed.order)
        guard let slot = shape.find(mixed.order, mixed.rest, from: home) else {
            return SlotLayout.noAddress
        }
        let old = shape.layout.address(slot)
        let index = groups.index(of: mixed.order)
        let group = groups[index]
        shape.remove(slot, from: shape.chunk(of: slot)) { group.fraction(of: $0) }
        count -= 1
        groups.noteRemovals(1, from: index)
        shrinkIfSparse(index)
        return old
    }

    private mutating func removeNull() -> UInt64 {
        let old = nullAddress
        if old != SlotLayout.noAddress { count -= 1 }
        nullAddress = SlotLayout.noAddress
        return old
    }

    /// Calls `body` with every key and address, in no order.
    func forEach(_ body: (KeyFingerprint, UInt64) -> Void) {
        if nullAddress != SlotLayout.noAddress { body(KeyFingerprinter.nullOf64Bits, nullAddress) }
        for group in 0..<groups.groupCount {
            for chunk in groups.chunks(of: group) {
                forEachEntry(of: chunk) { entry in
                    body(mixer.key(order: entry.order, rest: entry.rest), entry.address)
                }
            }
        }
    }

    /// Removes every entry whose address `isUnwanted`.
    mutating func removeEntries(where isUnwanted: (UInt64) -> Bool) {
        if nullAddress != SlotLayout.noAddress, isUnwanted(nullAddress) { _ = removeNull() }
        for group in 0..<groups.groupCount { removeEntries(of: group, where: isUnwanted) }
    }
}
