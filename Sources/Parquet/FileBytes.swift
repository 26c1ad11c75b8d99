/// A run of a file's bytes that the caller fetched.
public struct FileBytes: Sendable {
    /// Where the first byte lies in the file.
    public let offset: Int
    public let bytes: [UInt8]

    public init(offset: Int, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }

    /// Whether the run holds all of `range`.
    func holds(_ range: Range<Int>) -> Bool {
        range.lowerBound >= offset && range.upperBound - offset <= bytes.count
    }
}
