/// A row of the table: which data file and the row's place in it, counted from zero.
public struct RowLocation: Hashable, Sendable {
    /// The file's ordinal in the index that gave the location.
    public var file: Int
    public var position: Int

    public init(file: Int, position: Int) {
        self.file = file
        self.position = position
    }
}

/// The index cannot name more rows; the table has to be followed without one.
public struct KeyIndexFull: Error, Equatable, Sendable, CustomStringConvertible {
    /// Blocks of 4096 rows of one file each.
    public var blocksMax: Int

    public init(blocksMax: Int) { self.blocksMax = blocksMax }

    public var description: String {
        "the key index can name rows in \(blocksMax) blocks of \(RowBlocks.rowsPerBlock) rows; "
            + "compact the table into fewer files"
    }
}

/// Gives the rows of all data files addresses of 40 bits or less, and gives them back.
///
/// Each 4096 rows of a file are a block, and blocks are numbered as they are first needed: so no
/// file has to say how many rows it has, small files cost one block, and small tables have small
/// addresses. A block counts the entries that point into it. When its file is removed the block is
/// dead: its addresses lead nowhere, and when its last entry is gone it is used anew.
struct RowBlocks {
    static let rowsPerBlock = 1 << rowBits
    private static let rowBits = 12
    /// The most blocks that 40-bit addresses allow; the last address is not one.
    static let countMax = 1 << (40 - rowBits) - 1

    private struct File {
        var path: String
        /// By number within the file; `noBlock` where no row was named yet.
        var blocks: [UInt32] = []
    }

    private struct Block {
        /// The file's ordinal, or `noFile`.
        var file: UInt32
        /// The block's number within its file.
        var number: UInt32
        var entryCount: Int32 = 0
    }

    private static let noBlock = UInt32.max
    private static let noFile = UInt32.max

    private let countMax: Int
    private var files: [File?] = []
    private var ordinals: [String: Int] = [:]
    private var freeOrdinals: [Int] = []
    private var blocks: [Block] = []
    private var freeBlocks: [UInt32] = []
    private var heldBlocks: [UInt32]?
    /// Entries that point into dead blocks.
    private(set) var deadEntryCount = 0
    private var pathByteCount = 0
    /// Blocks read from a stored index, until all are there.
    private var storedBlocks: [(number: UInt32, block: Block)] = []

    init(countMax: Int = RowBlocks.countMax) { self.countMax = min(countMax, Self.countMax) }

    var memoryBytes: Int {
        blocks.count * (MemoryLayout<Block>.stride + 4)
            + files.count * (MemoryLayout<File?>.stride + 64) + pathByteCount * 2
    }
}

extension RowBlocks {
    /// The ordinal of a data file, which is given one if it has none.
    mutating func addFile(_ path: String) -> Int {
        if let known = ordinals[path] { return known }
        let ordinal = freeOrdinals.popLast() ?? files.count
        if ordinal == files.count { files.append(nil) }
        files[ordinal] = File(path: path)
        ordinals[path] = ordinal
        pathByteCount += path.utf8.count
        return ordinal
    }

    func ordinal(of path: String) -> Int? { ordinals[path] }

    func path(of ordinal: Int) -> String? {
        ordinal < files.count ? files[ordinal]?.path : nil
    }

    var fileCount: Int { ordinals.count }

    /// Ordinal and path of every file, in the order of the ordinals.
    var allFiles: [(ordinal: Int, path: String)] {
        files.enumerated().compactMap { ordinal, file in file.map { (ordinal, $0.path) } }
    }

    /// Entries that point to rows of a file.
    func entryCount(ofFile ordinal: Int) -> Int {
        guard ordinal < files.count, let file = files[ordinal] else { return 0 }
        return file.blocks.reduce(0) {
            $0 + ($1 == Self.noBlock ? 0 : Int(blocks[Int($1)].entryCount))
        }
    }

    /// Takes a file and its rows away.
    mutating func removeFile(_ ordinal: Int) {
        guard ordinal < files.count, let file = files[ordinal] else { return }
        ordinals[file.path] = nil
        files[ordinal] = nil
        freeOrdinals.append(ordinal)
        pathByteCount -= file.path.utf8.count
        for block in file.blocks where block != Self.noBlock {
            let entryCount = Int(blocks[Int(block)].entryCount)
            blocks[Int(block)].file = Self.noFile
            deadEntryCount += entryCount
            if entryCount == 0 { free(block) }
        }
    }

    /// Forgets all files and all entries.
    mutating func removeAll() {
        guard var held = heldBlocks else {
            self = RowBlocks(countMax: countMax)
            return
        }
        for number in blocks.indices {
            // Others without entries are free or held already.
            if blocks[number].file != Self.noFile || blocks[number].entryCount > 0 {
                held.append(UInt32(number))
            }
            blocks[number] = Block(file: Self.noFile, number: 0)
        }
        let blocks = (self.blocks, freeBlocks)
        self = RowBlocks(countMax: countMax)
        (self.blocks, freeBlocks) = blocks
        heldBlocks = held
    }

    private mutating func free(_ block: UInt32) {
        if heldBlocks == nil { freeBlocks.append(block) } else { heldBlocks?.append(block) }
    }

    /// Until ``releaseBlocks()``, no block is used anew: addresses are read now and resolved later.
    mutating func holdBlocks() { heldBlocks = heldBlocks ?? [] }

    mutating func releaseBlocks() {
        freeBlocks += heldBlocks ?? []
        heldBlocks = nil
    }
}

extension RowBlocks {
    /// The address of the first row of the block that a position lies in; more rows follow it up to
    /// the next multiple of ``rowsPerBlock``.
    mutating func blockAddress(
        file ordinal: Int,
        position: Int
    ) throws(KeyIndexFull) -> UInt64 {
        let number = position >> Self.rowBits
        precondition(position >= 0, "a row at position \(position)")
        precondition(
            ordinal < files.count && files[ordinal] != nil,
            "a row of file \(ordinal), which the index does not have"
        )
        if let known = files[ordinal]?.blocks, number < known.count, known[number] != Self.noBlock {
            return UInt64(known[number]) << UInt64(Self.rowBits)
        }
        let block = try takeBlock(Block(file: UInt32(ordinal), number: UInt32(number)))
        let missing = number + 1 - (files[ordinal]?.blocks.count ?? 0)
        if missing > 0 {
            files[ordinal]?.blocks.append(contentsOf: repeatElement(Self.noBlock, count: missing))
        }
        files[ordinal]?.blocks[number] = block
        return UInt64(block) << UInt64(Self.rowBits)
    }

    private mutating func takeBlock(_ block: Block) throws(KeyIndexFull) -> UInt32 {
        if let free = freeBlocks.popLast() {
            blocks[Int(free)] = block
            return free
        }
        guard blocks.count < countMax else { throw KeyIndexFull(blocksMax: countMax) }
        blocks.append(block)
        return UInt32(blocks.count - 1)
    }

    /// Where an address leads; nil into a dead block.
    func location(_ address: UInt64) -> RowLocation? {
        let block = blocks[Int(address >> UInt64(Self.rowBits))]
        if block.file == Self.noFile { return nil }
        let offset = Int(address & UInt64(Self.rowsPerBlock - 1))
        return RowLocation(
            file: Int(block.file),
            position: Int(block.number) << Self.rowBits | offset
        )
    }

    /// `count` entries were made that point into the block of an address.
    mutating func noteEntries(_ count: Int, at address: UInt64) {
        blocks[Int(address >> UInt64(Self.rowBits))].entryCount += Int32(count)
    }

    /// An entry that pointed to an address is gone.
    ///
    /// - Returns: Whether the row was still there.
    @discardableResult
    mutating func noteRemoval(at address: UInt64) -> Bool {
        let block = Int(address >> UInt64(Self.rowBits))
        blocks[block].entryCount -= 1
        if blocks[block].file != Self.noFile { return true }
        deadEntryCount -= 1
        if blocks[block].entryCount == 0 { free(UInt32(block)) }
        return false
    }

    func isDead(_ address: UInt64) -> Bool {
        blocks[Int(address >> UInt64(Self.rowBits))].file == Self.noFile
    }
}

extension RowBlocks {
    /// How many blocks there are, dead and unused ones included; addresses lead into these.
    var blockCount: Int { blocks.count }

    /// The blocks of a file, by their number within it; nil where no row was named yet.
    func blockNumbers(ofFile ordinal: Int) -> [UInt32?] {
        (files[ordinal]?.blocks ?? []).map { $0 == Self.noBlock ? nil : $0 }
    }

    /// Blocks that belong to no file.
    var deadBlockNumbers: [UInt32] {
        blocks.indices.filter { blocks[$0].file == Self.noFile }.map { UInt32($0) }
    }

    /// Adds a block that was stored, to a file or to the dead ones; blocks may come in any order.
    mutating func appendStoredBlock(_ block: Int?, _ number: Int, toFile ordinal: Int?) {
        if let ordinal { files[ordinal]?.blocks.append(block.map { UInt32($0) } ?? Self.noBlock) }
        guard let block else { return }
        storedBlocks.append(
            (
                number: UInt32(block),
                block: Block(
                    file: ordinal.map { UInt32($0) } ?? Self.noFile,
                    number: UInt32(number)
                )
            )
        )
    }

    /// - Returns: Whether the stored blocks were numbered from zero without gap or repeat.
    mutating func finishStoredBlocks() -> Bool {
        blocks = [Block](repeating: Block(file: Self.noFile, number: 0), count: storedBlocks.count)
        var isKnown = [Bool](repeating: false, count: storedBlocks.count)
        for stored in storedBlocks {
            let number = Int(stored.number)
            guard number < blocks.count, !isKnown[number] else { return false }
            isKnown[number] = true
            blocks[number] = stored.block
        }
        storedBlocks = []
        return true
    }

    /// Counts entries that point into dead blocks, once all stored entries are noted, and frees the
    /// blocks that none points into.
    mutating func settleStoredEntries() {
        for number in blocks.indices where blocks[number].file == Self.noFile {
            deadEntryCount += Int(blocks[number].entryCount)
            if blocks[number].entryCount == 0 { free(UInt32(number)) }
        }
    }
}
