/// What is read of one row group: which columns, which rows, from which bytes.
public struct ReadPlan: Sendable {
    public let rowGroup: Int
    public let projection: ParquetProjection
    /// The rows, counted from the row group's first; ascending and apart.
    public let rows: [Range<Int>]
    let sources: [LeafSource]

    /// The bytes of the file that must be fetched: ascending and apart.
    public var byteRanges: [Range<Int>] { byteRanges(mergingGapsUpTo: 0) }

    /// The bytes to fetch, with gaps of few bytes fetched too: one long read is often cheaper than
    /// two short ones.
    public func byteRanges(mergingGapsUpTo gapBytesMax: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        for source in sources {
            switch source {
            case .whole(let range): pieces.append(range)
            case .pages(let dictionary, let pages):
                if let dictionary { pieces.append(dictionary) }
                pieces += pages.map(\.bytes)
            }
        }
        return Self.merged(pieces, gapBytesMax: gapBytesMax)
    }

    static func merged(_ pieces: [Range<Int>], gapBytesMax: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for piece in pieces.sorted(by: { $0.lowerBound < $1.lowerBound }) where !piece.isEmpty {
            if let last = ranges.last, piece.lowerBound - last.upperBound <= gapBytesMax {
                ranges[ranges.count - 1] =
                    last.lowerBound..<max(last.upperBound, piece.upperBound)
            } else {
                ranges.append(piece)
            }
        }
        return ranges
    }
}

/// How much one batch holds at most.
public struct BatchLimits: Sendable {
    public var rowsMax: Int
    /// Bytes of values in memory at which a batch ends; one row alone may take more.
    public var bytesMax: Int

    public init(rowsMax: Int = 64 << 10, bytesMax: Int = 64 << 20) {
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }
}
