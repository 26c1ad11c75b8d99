/// One element of an XML document: its name without a prefix, its text, and what is inside it.
///
/// Attributes and comments are left out: the services whose answers we read put nothing there.
public struct XMLElement: Equatable, Sendable {
    public var name: String
    /// All text directly inside, in order, with white space as it stands.
    public var text: String
    public var children: [XMLElement]

    public init(name: String, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// The first element of that name directly inside.
    public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first element of that name directly inside.
    public func text(of name: String) -> String? { child(name)?.text }

    /// All elements of that name directly inside.
    public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Text that is not XML, or not such as services answer with.
public struct XMLFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var message: String
    /// Bytes from the start of the document.
    public var offset: Int

    public init(_ message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { "\(message) at byte \(offset)" }
}

/// Levels of elements that a document may have; answers of services use five.
public let xmlDepthMax = 64
