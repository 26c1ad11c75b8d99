/// A file or message of ours or of another engine that could not be understood.
///
/// Row values never appear in it.
public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path, or what kind of bytes it was.
    public var file: String
    /// What was wrong, with both numbers.
    public var message: String
    /// Bytes from the start of the file, where known.
    public var offset: Int?

    public init(file: String, _ message: String, offset: Int? = nil) {
        self.file = file
        self.message = message
        self.offset = offset
    }

    public var description: String {
        if let offset { return "could not read \(file) at byte \(offset): \(message)" }
        return "could not read \(file): \(message)"
    }
}
