public import ChangeModel

/// Which tables of the source are replicated: `shop.*`, `!shop.tmp_*`.
///
/// A table is chosen when at least one pattern matches it and no pattern with `!` does, in whatever
/// order they stand. `*` stands for any run of characters, `?` for one. The first dot of a pattern
/// parts schema and table; letters match as they are written.
public struct TableFilter: Sendable, Equatable {
    struct Pattern: Sendable, Equatable {
        var schema: String
        var table: String
    }

    let included: [Pattern]
    let excluded: [Pattern]
    /// As the user wrote them.
    public let patterns: [String]

    /// Reads the patterns.
    ///
    /// - Throws: ``ConfigurationError`` when a pattern has no dot or none chooses a table.
    public init(_ patterns: [String]) throws(ConfigurationError) {
        var included: [Pattern] = []
        var excluded: [Pattern] = []
        for text in patterns {
            let isExcluded = text.hasPrefix("!")
            let pattern = try Self.pattern(isExcluded ? text.dropFirst() : Substring(text))
            if isExcluded { excluded.append(pattern) } else { included.append(pattern) }
        }
        guard !included.isEmpty else {
            throw ConfigurationError(
                patterns.isEmpty ? "the list is empty" : "every pattern excludes, none chooses",
                remedy: "Add a pattern such as \"shop.*\""
            )
        }
        self.included = included
        self.excluded = excluded
        self.patterns = patterns
    }

    private static func pattern(_ text: Substring) throws(ConfigurationError) -> Pattern {
        guard let dot = text.firstIndex(of: ".") else {
            throw ConfigurationError(
                "the pattern \"\(text)\" has no dot",
                remedy: "Write schema.table, such as \"\(text.isEmpty ? "shop" : text).*\""
            )
        }
        let table = text[text.index(after: dot)...]
        guard dot > text.startIndex, !table.isEmpty else {
            throw ConfigurationError(
                "the pattern \"\(text)\" lacks a name on one side of its dot",
                remedy: "Write schema.table; * stands for any name"
            )
        }
        return Pattern(schema: String(text[..<dot]), table: String(table))
    }

    /// Whether the table is chosen.
    public func matches(_ name: SourceTableName) -> Bool {
        func matches(_ pattern: Pattern) -> Bool {
            matchesGlob(pattern.schema, name.schema) && matchesGlob(pattern.table, name.table)
        }
        return included.contains(where: matches) && !excluded.contains(where: matches)
    }
}

/// Whether a name fits a pattern in which `*` is any run and `?` any one character.
///
/// Takes at most pattern times name steps: a failed run goes back only to the last star.
func matchesGlob(_ pattern: String, _ name: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let name = Array(name.unicodeScalars)
    var patternIndex = 0
    var nameIndex = 0
    var star: (pattern: Int, name: Int)?
    while nameIndex < name.count {
        if patternIndex < pattern.count, pattern[patternIndex] == "*" {
            star = (patternIndex, nameIndex)
            patternIndex += 1
        } else if patternIndex < pattern.count,
            pattern[patternIndex] == "?" || pattern[patternIndex] == name[nameIndex]
        {
            patternIndex += 1
            nameIndex += 1
        } else if let last = star {
            star = (last.pattern, last.name + 1)
            patternIndex = last.pattern + 1
            nameIndex = last.name + 1
        } else {
            return false
        }
    }
    return pattern[patternIndex...].allSatisfy { $0 == "*" }
}
