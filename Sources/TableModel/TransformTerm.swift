/// A transform of a column as people write it: `bucket(16, id)`, `day(created_at)`, `region`.
public struct TransformTerm: Hashable, Sendable {
    public var transform: Transform
    public var column: String

    public init(transform: Transform, column: String) {
        self.transform = transform
        self.column = column
    }

    /// Reads a term; text without parentheses is a column by itself.
    ///
    /// Names are taken as they stand between the parentheses, but for white space around them. The
    /// plurals that Spark has for times (`days`) are understood.
    ///
    /// - Returns: `nil` for a transform that is not known or has no valid number.
    public init?(_ text: String) {
        let text = Self.trimmed(text[...])
        guard text.hasSuffix(")"), let opening = text.firstIndex(of: "(") else {
            guard !text.isEmpty else { return nil }
            self.init(transform: .identity, column: String(text))
            return
        }
        let name = Self.trimmed(text[..<opening]).lowercased()
        let inner = text[text.index(after: opening)...].dropLast()
        guard let (transform, column) = Self.read(name, inner), !column.isEmpty else { return nil }
        self.init(transform: transform, column: column)
    }

    private static let plainNames: [String: Transform] = [
        "identity": .identity, "year": .year, "years": .year, "month": .month, "months": .month,
        "day": .day, "days": .day, "date": .day, "hour": .hour, "hours": .hour, "void": .void,
    ]

    private static func read(_ name: String, _ inner: Substring) -> (Transform, String)? {
        if let plain = plainNames[name] { return (plain, String(trimmed(inner))) }
        guard name == "bucket" || name == "truncate", let comma = inner.firstIndex(of: ",") else {
            return nil
        }
        let transform = Transform(named: "\(name)[\(trimmed(inner[..<comma]))]")
        guard transform.isKnown else { return nil }
        return (transform, String(trimmed(inner[inner.index(after: comma)...])))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.firstIndex { $0 != " " } ?? text.endIndex
        let end = text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? start
        return text[start..<end]
    }
}

extension TransformTerm: CustomStringConvertible {
    public var description: String {
        switch transform {
        case .identity: column.hasSuffix(")") ? "identity(\(column))" : column
        case .bucket(let count): "bucket(\(count), \(column))"
        case .truncate(let width): "truncate(\(width), \(column))"
        default: "\(transform)(\(column))"
        }
    }
}
