extension RoaringContainer {
    /// Takes the smallest of the three forms.
    ///
    /// Runs are taken only where they are shorter than both others: as `runOptimize` of the Java
    /// library does with a container that has no runs yet, so that both write the same bytes.
    mutating func optimize() {
        let runCount = self.runCount
        let count = self.count
        let flatByteCount =
            count > Self.arrayCountMax ? RoaringBitset.byteCount : Self.arrayByteCount(of: count)
        let isRuns = Self.runsByteCount(of: runCount) < flatByteCount
        switch self {
        case .runs: if !isRuns { self = Self.flat(RoaringBitset(self)) }
        case .array, .bitset: if isRuns { self = .runs(asRuns()) }
        }
    }

    /// Bytes of so many values in an array.
    static func arrayByteCount(of count: Int) -> Int { 2 * count }

    /// Bytes of so many runs.
    static func runsByteCount(of count: Int) -> Int { 2 + 4 * count }

    /// Spans of consecutive values.
    var runCount: Int {
        switch self {
        case .array(let values): values.runCount
        case .bitset(let bitset): bitset.runCount
        case .runs(let runs): runs.count
        }
    }

    func asRuns() -> [RoaringRun] {
        switch self {
        case .array(let values): values.runs()
        case .bitset(let bitset): bitset.runs()
        case .runs(let runs): runs
        }
    }
}

extension [UInt16] {
    fileprivate var runCount: Int {
        guard !isEmpty else { return 0 }
        var runs = 1
        for index in indices.dropFirst() {
            runs &+= self[index] &- self[index &- 1] == 1 ? 0 : 1
        }
        return runs
    }

    /// Spans of consecutive values of ascending ones.
    func runs() -> [RoaringRun] {
        var runs: [RoaringRun] = []
        runs.reserveCapacity(runCount)
        for value in self { runs.appendJoining(RoaringRun(value, value)) }
        return runs
    }
}
