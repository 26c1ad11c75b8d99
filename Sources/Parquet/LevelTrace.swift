internal import Bytes

/// The levels of a leaf's entries in one batch, for the groups around it.
struct LevelTrace {
    private(set) var definitions: [UInt8] = []
    /// As many as definitions, or none for a leaf outside of lists.
    private(set) var repetitions: [UInt8] = []

    var count: Int { definitions.count }
    var byteCount: Int { definitions.count + repetitions.count }

    mutating func removeAll() {
        definitions.removeAll(keepingCapacity: true)
        repetitions.removeAll(keepingCapacity: true)
    }

    mutating func append(_ definitions: UnsafeBufferPointer<UInt8>) {
        self.definitions.append(contentsOf: definitions)
    }

    mutating func append(
        _ definitions: ArraySlice<UInt8>,
        _ repetitions: ArraySlice<UInt8>
    ) {
        self.definitions.append(contentsOf: definitions)
        self.repetitions.append(contentsOf: repetitions)
    }

    mutating func append(_ definition: Int, count: Int) {
        definitions.append(
            contentsOf: repeatElement(UInt8(truncatingIfNeeded: definition), count: count)
        )
    }
}

/// Level entries of a leaf in lists that are decoded and not used yet.
struct LevelWindow {
    var definitions: [UInt8] = []
    var repetitions: [UInt8] = []
    /// The first one that is not used.
    var next = 0

    var isEmpty: Bool { next == definitions.count }
}
