/// A physical type together with those of the columns inside it.
///
/// `structure` has any number of children, `list` one, `map` two (key, value), the others none.
public struct ColumnShape: Hashable, Sendable {
    public let type: PhysicalType
    public let children: [ColumnShape]

    /// - Precondition: `children` are as many as the type has.
    public init(_ type: PhysicalType, children: [ColumnShape] = []) {
        let isRight =
            switch type {
            case .structure: true
            case .list: children.count == 1
            case .map: children.count == 2
            default: children.isEmpty
            }
        precondition(isRight, "a \(type) column does not have \(children.count) children")
        self.type = type
        self.children = children
    }
}
