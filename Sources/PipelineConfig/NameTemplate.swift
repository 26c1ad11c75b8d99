public import ChangeModel

/// How a name in the lake is made from a source table's name: `{schema}`, `raw.{database}`.
///
/// A dot that stands in the template separates levels of a namespace; a dot that comes from the
/// source's name stays inside its level.
public struct NameTemplate: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case text(String)
        case schema
        case database
        case table
    }

    let levels: [[Piece]]

    public static let schema = NameTemplate(levels: [[.schema]])
    public static let table = NameTemplate(levels: [[.table]])

    private init(levels: [[Piece]]) { self.levels = levels }

    /// Reads a template.
    ///
    /// - Throws: ``ConfigurationError`` for an empty level, an open brace or an unknown name.
    public init(_ text: String) throws(ConfigurationError) {
        var levels: [[Piece]] = []
        var pieces: [Piece] = []
        var literal = ""
        var rest = Substring(text)
        while let next = rest.popFirst() {
            switch next {
            case ".":
                if !literal.isEmpty { pieces.append(.text(literal)) }
                levels.append(pieces)
                (pieces, literal) = ([], "")
            case "{":
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(try Self.placeholder(of: &rest))
            case "}", "/":
                throw ConfigurationError("a name cannot hold '\(next)'", remedy: Self.remedy)
            default: literal.append(next)
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        levels.append(pieces)
        guard !levels.contains(where: \.isEmpty) else {
            throw ConfigurationError("a level of the name is empty", remedy: Self.remedy)
        }
        self.levels = levels
    }

    private static let remedy = "Write text and {schema}, {database} or {table}"

    /// Reads the name behind a brace and steps over the closing one.
    private static func placeholder(of rest: inout Substring) throws(ConfigurationError) -> Piece {
        guard let end = rest.firstIndex(of: "}") else {
            throw ConfigurationError("a brace '{' is not closed", remedy: remedy)
        }
        let name = rest[..<end]
        rest = rest[end...].dropFirst()
        switch name {
        case "schema": return .schema
        case "database": return .database
        case "table": return .table
        default: throw ConfigurationError("the name {\(name)} is not known", remedy: remedy)
        }
    }

    /// Whether two tables of one schema get two names.
    var namesTables: Bool { levels.contains { $0.contains(.table) } }

    /// The levels of the name for one table.
    public func levels(of table: SourceTableName, database: String) -> [String] {
        levels.map { pieces in
            pieces.reduce(into: "") { name, piece in
                switch piece {
                case .text(let text): name += text
                case .schema: name += table.schema
                case .database: name += database
                case .table: name += table.table
                }
            }
        }
    }
}
