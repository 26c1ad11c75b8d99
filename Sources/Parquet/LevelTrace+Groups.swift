extension LevelTrace {
    /// Which rows of a structure are not NULL, one byte a row; the rows begin at entries that
    /// continue no list inside of it.
    func validity(of levels: FileField.Levels) -> [UInt8] {
        let definition = UInt8(truncatingIfNeeded: levels.definition)
        guard !repetitions.isEmpty else {
            return definitions.map { $0 >= definition ? 1 : 0 }
        }
        let slot = UInt8(truncatingIfNeeded: levels.slotDefinition)
        let repetition = UInt8(truncatingIfNeeded: levels.repetition)
        return [UInt8](unsafeUninitializedCapacity: count + 1) { target, rows in
            for index in 0..<count {
                let isRow = repetitions[index] <= repetition && definitions[index] >= slot
                target[rows] = definitions[index] >= definition ? 1 : 0
                rows &+= isRow ? 1 : 0
            }
        }
    }

    /// Rows of a list or map: where each one's elements end, counted from the first row's, and
    /// which of them are not NULL, `nil` when none is.
    struct Elements {
        var ends: [UInt32] = []
        var isValid: [UInt8]?
    }

    /// The rows of a list or map; `nil` where an entry goes on a list that has no elements.
    func elements(of levels: FileField.Levels) -> Elements? {
        let slot = UInt8(truncatingIfNeeded: levels.slotDefinition)
        let definition = UInt8(truncatingIfNeeded: levels.definition)
        let repetition = UInt8(truncatingIfNeeded: levels.repetition)
        guard count < Int(UInt32.max) else { return nil }
        var nulls = 0
        var isWhole = true
        var isValid: [UInt8] = []
        let ends = [UInt32](unsafeUninitializedCapacity: count) { ends, rows in
            isValid = [UInt8](unsafeUninitializedCapacity: count) { isValid, flags in
                var elements: UInt32 = 0
                var isOpen = false
                for index in 0..<count where repetitions[index] <= repetition &+ 1 {
                    let level = definitions[index]
                    if repetitions[index] <= repetition {
                        isOpen = level > definition
                        guard level >= slot else { continue }
                        isValid[flags] = level >= definition ? 1 : 0
                        nulls &+= level >= definition ? 0 : 1
                        flags &+= 1
                        rows &+= 1
                        elements &+= isOpen ? 1 : 0
                    } else {
                        isWhole = isWhole && isOpen && level > definition
                        elements &+= 1
                    }
                    if rows > 0 { ends[rows &- 1] = elements }
                }
            }
        }
        guard isWhole else { return nil }
        return Elements(ends: ends, isValid: nulls > 0 ? isValid : nil)
    }

    /// Whether two leaves inside a group say the same of its rows, which begin at entries that
    /// repeat no deeper than `repetition` and are there from `definition` on.
    func agrees(with other: LevelTrace, repetition: Int, definition: Int) -> Bool {
        let repetition = UInt8(truncatingIfNeeded: repetition)
        let definition = UInt8(truncatingIfNeeded: definition)
        if repetitions.isEmpty, other.repetitions.isEmpty {
            guard count == other.count else { return false }
            var difference: UInt8 = 0
            definitions.withUnsafeBufferPointer { own in
                other.definitions.withUnsafeBufferPointer { theirs in
                    for index in 0..<own.count {
                        difference |= min(own[index], definition) ^ min(theirs[index], definition)
                    }
                }
            }
            return difference == 0
        }
        var own = 0
        var theirs = 0
        while true {
            while own < count, self.repetition(own) > repetition { own += 1 }
            while theirs < other.count, other.repetition(theirs) > repetition { theirs += 1 }
            guard own < count, theirs < other.count else {
                return own == count && theirs == other.count
            }
            guard self.repetition(own) == other.repetition(theirs),
                min(definitions[own], definition) == min(other.definitions[theirs], definition)
            else { return false }
            own += 1
            theirs += 1
        }
    }

    private func repetition(_ entry: Int) -> UInt8 {
        repetitions.isEmpty ? 0 : repetitions[entry]
    }
}
