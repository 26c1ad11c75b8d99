/// A random UUID of version 4 as text, such as `9c12d441-03fe-4693-9a96-a0705ddf69c1`.
///
/// Source: RFC 9562, section 5.4.
public func randomUUIDText() -> String {
    var generator = SystemRandomNumberGenerator()
    let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = paddedHex(high) + paddedHex(low)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index == 8 || index == 12 || index == 16 || index == 20 { text.append("-") }
        text.append(digit)
    }
    return text
}

private func paddedHex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

extension TableMetadata {
    /// A random positive snapshot id that the table does not use yet.
    public func unusedSnapshotID() -> Int64 {
        while true {
            let id = Int64.random(in: 1...Int64.max)
            if snapshot(id: id) == nil { return id }
        }
    }
}
