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
        var isValid: [UInt8] = []
        for index in definitions.indices
        where repetitions[index] <= repetition && definitions[index] >= slot {
            isValid.append(definitions[index] >= definition ? 1 : 0)
        }
        return isValid
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
        var ends: [UInt32] = []
        var isValid: [UInt8] = []
        var count: UInt32 = 0
        var isOpen = false
        var nulls = 0
        for index in definitions.indices where repetitions[index] <= repetition + 1 {
            let level = definitions[index]
            if repetitions[index] <= repetition {
                guard level >= slot else {
                    isOpen = false
                    continue
                }
                isOpen = level > definition
                if isOpen { count &+= 1 }
                if level < definition { nulls += 1 }
                ends.append(count)
                isValid.append(level >= definition ? 1 : 0)
            } else {
                guard isOpen, level > definition, count < UInt32.max else { return nil }
                count &+= 1
                ends[ends.count - 1] = count
            }
        }
        return Elements(ends: ends, isValid: nulls > 0 ? isValid : nil)
    }

    /// Whether two leaves inside a group say the same of its rows, which begin at entries that
    /// repeat no deeper than `repetition` and are there from `definition` on.
    func agrees(with other: LevelTrace, repetition: Int, definition: Int) -> Bool {
        let repetition = UInt8(truncatingIfNeeded: repetition)
        let definition = UInt8(truncatingIfNeeded: definition)
        if repetitions.isEmpty, other.repetitions.isEmpty {
            guard count == other.count else { return false }
            for index in 0..<count
            where min(definitions[index], definition) != min(other.definitions[index], definition) {
                return false
            }
            return true
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
