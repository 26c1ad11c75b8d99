/// How the slots of an ``AddressTable`` lie in memory.
///
/// A slot is unaligned and little-endian: the complement of the key's order (8 bytes), the key's
/// rest (8 bytes, for 128-bit keys only), and the complement of the address (4 bytes, or 5 in tables
/// with more addresses). So a slot of zeros is empty, memory fresh from the kernel holds no keys, and
/// an empty slot's order is greater than any other.
struct SlotLayout: Equatable, Sendable {
    /// Stands for no address; no row has it.
    static var noAddress: UInt64 { .max }
    /// Bytes behind a slot that loads of its address may touch.
    static let overreadByteCount = 4

    let isExact64: Bool
    let byteCount: Int
    /// The greatest address is one less.
    let addressEnd: UInt64
    private let isWide: Bool
    private let addressOffset: Int

    init(isExact64: Bool, isWide: Bool) {
        self.isExact64 = isExact64
        self.isWide = isWide
        addressOffset = isExact64 ? 8 : 16
        byteCount = addressOffset + (isWide ? 5 : 4)
        addressEnd = isWide ? 1 << 40 - 1 : 1 << 32 - 1
    }

    typealias Slot = UnsafeMutableRawPointer

    @inline(__always)
    func order(_ slot: Slot) -> UInt64 {
        ~UInt64(littleEndian: slot.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    func rest(_ slot: Slot) -> UInt64 {
        isExact64 ? 0 : UInt64(littleEndian: slot.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The address in a slot, `addressEnd` in an empty one.
    @inline(__always)
    func address(_ slot: Slot) -> UInt64 {
        let word = slot.loadUnaligned(fromByteOffset: addressOffset, as: UInt64.self)
        return ~UInt64(littleEndian: word) & addressEnd
    }

    @inline(__always)
    func isEmpty(_ slot: Slot) -> Bool { address(slot) == addressEnd }

    @inline(__always)
    func store(address: UInt64, to slot: Slot) {
        let low = UInt32(truncatingIfNeeded: ~address).littleEndian
        slot.storeBytes(of: low, toByteOffset: addressOffset, as: UInt32.self)
        if isWide {
            let high = UInt8(truncatingIfNeeded: ~address >> 32)
            slot.storeBytes(of: high, toByteOffset: addressOffset &+ 4, as: UInt8.self)
        }
    }

    @inline(__always)
    func store(_ entry: AddressEntry, to slot: Slot) {
        slot.storeBytes(of: (~entry.order).littleEndian, as: UInt64.self)
        if !isExact64 {
            slot.storeBytes(of: entry.rest.littleEndian, toByteOffset: 8, as: UInt64.self)
        }
        store(address: entry.address, to: slot)
    }

    /// Copies a slot that is not empty.
    @inline(__always)
    func copy(_ slot: Slot, to target: Slot) {
        target.copyMemory(from: slot, byteCount: 8)
        if !isExact64 { (target + 8).copyMemory(from: slot + 8, byteCount: 8) }
        (target + addressOffset).copyMemory(from: slot + addressOffset, byteCount: 4)
        if isWide {
            (target + addressOffset + 4).copyMemory(from: slot + addressOffset + 4, byteCount: 1)
        }
    }

    @inline(__always)
    func entry(_ slot: Slot) -> AddressEntry {
        AddressEntry(order: order(slot), rest: rest(slot), address: address(slot))
    }
}

/// One key in the form in which the table keeps it, and its row's address.
struct AddressEntry: Equatable {
    var order: UInt64
    var rest: UInt64
    var address: UInt64
}
