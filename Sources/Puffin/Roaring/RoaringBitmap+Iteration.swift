extension RoaringBitmap {
    /// Calls `body` with each position, ascending.
    @inlinable
    public func forEach<Failure: Error>(
        _ body: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        for index in keys.indices {
            let base = keys[index] << 16
            try containers[index].forEach(in: 0...0xFFFF) { low throws(Failure) in
                try body(base | Int(low))
            }
        }
    }

    /// Calls `body` with each position of `range`, ascending.
    ///
    /// What lies outside of the range costs nothing.
    @inlinable
    public func forEach<Failure: Error>(
        in range: Range<Int>,
        _ body: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let lower = max(range.lowerBound, 0)
        guard let last = range.last, lower <= last else { return }
        var index = lowerBound(of: lower >> 16)
        while index < keys.count, keys[index] <= last >> 16 {
            let base = keys[index] << 16
            let from = UInt16(truncatingIfNeeded: max(lower - base, 0))
            let through = UInt16(truncatingIfNeeded: min(last - base, 0xFFFF))
            try containers[index].forEach(in: from...through) { low throws(Failure) in
                try body(base | Int(low))
            }
            index += 1
        }
    }

    /// All positions, ascending.
    public func positions() -> [Int] {
        var positions: [Int] = []
        positions.reserveCapacity(count)
        forEach { positions.append($0) }
        return positions
    }
}
