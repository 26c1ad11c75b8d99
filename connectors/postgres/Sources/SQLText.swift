import ChangeModel

/// Quoting for SQL texts.
enum SQLText {
    /// A name in double quotes, with those inside doubled.
    static func identifier(_ name: String) -> String {
        var text = "\""
        for character in name.unicodeScalars {
            if character == "\"" { text += "\"" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }

    /// A text in single quotes; backslashes mean themselves (`standard_conforming_strings`).
    static func literal(_ value: String) -> String {
        var text = "'"
        for character in value.unicodeScalars {
            if character == "'" { text += "'" }
            text.unicodeScalars.append(character)
        }
        return text + "'"
    }

    static func table(_ name: SourceTableName) -> String {
        identifier(name.schema) + "." + identifier(name.table)
    }

    /// An array literal of numbers for a parameter: `{1,2}`.
    static func array(_ numbers: some Sequence<UInt32>) -> String {
        "{" + numbers.map { String($0) }.joined(separator: ",") + "}"
    }
}
