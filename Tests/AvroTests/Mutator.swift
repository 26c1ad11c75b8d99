import TestKit

/// Damages bytes in the ways that find faults in readers.
struct Mutator {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The bytes with one to four changes.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes.append(UInt8.random(in: 0...255, using: &generator))
            return
        }
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        case 2: bytes[index] &+= Bool.random(using: &generator) ? 1 : 255
        case 3: bytes.removeSubrange(index..<min(bytes.count, index + length()))
        case 4:
            let part = bytes[index..<min(bytes.count, index + length())]
            bytes.insert(contentsOf: part, at: index)
        case 5: bytes.removeSubrange(index...)
        default:
            // A number that is far too large, of two, four or eight bytes.
            let value: UInt8 = Bool.random(using: &generator) ? 0x7F : 0xFF
            for offset in 0..<length() where index + offset < bytes.count {
                bytes[index + offset] = value
            }
        }
    }

    private mutating func length() -> Int {
        [1, 2, 4, 8, 30].randomElement(using: &generator) ?? 1
    }
}
