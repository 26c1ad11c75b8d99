/// A pipeline file that cannot be used, or a value in it.
///
/// Names the file, the line and the key. Secrets never appear in it: of a URL at most the host.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    public var remedy: String?

    public init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        guard let remedy else { return message }
        return "\(message). \(remedy)"
    }
}
