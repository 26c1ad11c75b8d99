/// A table's name in a catalog: the levels of its namespace, then its own name.
public struct TableIdentifier: Hashable, Sendable, CustomStringConvertible {
    public var namespace: [String]
    public var name: String

    public init(namespace: [String], name: String) {
        self.namespace = namespace
        self.name = name
    }

    public var description: String { (namespace + [name]).joined(separator: ".") }
}
