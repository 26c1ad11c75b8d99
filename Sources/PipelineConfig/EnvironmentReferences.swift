internal import Glibc

/// Replaces `${NAME}` by the value of that environment variable; `$${` stands for `${` itself.
///
/// The values are taken as they are and are not searched again. `transform` is applied to the text
/// between them only, so that a URL can be decoded without touching a secret's characters.
///
/// - Throws: ``ConfigurationError`` for a variable that is not set or a reference that is not whole.
func expandEnvironmentReferences(
    _ text: String,
    _ environment: (String) -> String?,
    transform: (Substring) throws(ConfigurationError) -> String = { String($0) }
) throws(ConfigurationError) -> String {
    var expanded = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
        let behind = rest[dollar...].dropFirst()
        if behind.hasPrefix("${") {
            expanded += try transform(rest[..<dollar]) + "${"
            rest = behind.dropFirst(2)
        } else if behind.hasPrefix("{") {
            expanded += try transform(rest[..<dollar])
            rest = behind.dropFirst()
            expanded += try environmentValue(&rest, environment)
        } else {
            expanded += try transform(rest[...dollar])
            rest = behind
        }
    }
    return expanded + (try transform(rest))
}

/// Reads the name up to the closing brace, steps over it, and looks the variable up.
private func environmentValue(
    _ rest: inout Substring,
    _ environment: (String) -> String?
) throws(ConfigurationError) -> String {
    guard let end = rest.firstIndex(of: "}") else {
        throw ConfigurationError(
            "a reference ${ is not closed",
            remedy: "Write ${NAME}, or $${ for the two characters themselves"
        )
    }
    let name = rest[..<end]
    let isName =
        name.first.map { !$0.isNumber } ?? false
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard isName else {
        throw ConfigurationError(
            "a reference ${…} does not hold the name of an environment variable",
            remedy: "Write ${NAME} with letters, digits and _ only"
        )
    }
    guard let value = environment(String(name)) else {
        throw ConfigurationError(
            "the environment variable \(name) is not set",
            remedy: "Set it: export \(name)=…"
        )
    }
    rest = rest[end...].dropFirst()
    return value
}

/// The value of a variable in this process's environment.
public func processEnvironment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
