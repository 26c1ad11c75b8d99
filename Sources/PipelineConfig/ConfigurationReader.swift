internal import Yams

/// A value of a key, checked against the key's shape.
enum ConfigurationValue: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([String])
}

/// The values of a pipeline file by the full path of their key, and the lines they stand in.
struct ConfigurationValues {
    let fileName: String
    fileprivate(set) var values: [String: ConfigurationValue] = [:]
    fileprivate(set) var lines: [String: Int] = [:]
    /// The names that the user gave to sections, by the path of their key, in the file's order.
    fileprivate(set) var sectionNames: [String: [String]] = [:]

    func text(_ path: String) -> String? {
        if case .text(let text)? = values[path] { return text }
        return nil
    }

    func integer(_ path: String) -> Int? {
        if case .integer(let number)? = values[path] { return number }
        return nil
    }

    func boolean(_ path: String) -> Bool? {
        if case .boolean(let value)? = values[path] { return value }
        return nil
    }

    func list(_ path: String) -> [String] {
        if case .list(let list)? = values[path] { return list }
        return []
    }

    /// An error about the value of a key, with the line where it stands.
    func error(_ path: String, _ message: String, remedy: String?) -> ConfigurationError {
        let place = lines[path].map { "\(fileName) line \($0)" } ?? fileName
        return ConfigurationError("\(place): \(message)", remedy: remedy)
    }

    func error(_ path: String, _ cause: ConfigurationError) -> ConfigurationError {
        error(path, "\(path): \(cause.message)", remedy: cause.remedy)
    }
}

/// Walks a YAML document along the description of the keys.
struct ConfigurationReader {
    let environment: (String) -> String?
    private(set) var result: ConfigurationValues

    init(fileName: String, environment: @escaping (String) -> String?) {
        self.environment = environment
        result = ConfigurationValues(fileName: fileName)
    }

    /// Reads one section: its known keys, then anything unknown is refused, then what is missing.
    mutating func readSection(
        _ keys: [ConfigurationKey],
        _ node: Node?,
        path: String
    ) throws(ConfigurationError) {
        let entries = try self.entries(of: node, keys, path: path)
        for key in keys {
            guard let value = entries[key.name] else { continue }
            let keyPath = joinedPath(path, key.name)
            result.lines[keyPath] = value.mark?.line
            switch key.shape {
            case .section(let inner): try readSection(inner, value, path: keyPath)
            case .namedSections: try readNamedSections(key, value, path: keyPath)
            default: result.values[keyPath] = try read(value, key, path: keyPath)
            }
        }
        for (name, value) in entries.sorted(by: { line(of: $0.value) < line(of: $1.value) })
        where !keys.contains(where: { $0.name == name }) {
            throw unknownKey(name, value, keys, path: path)
        }
        for key in keys where entries[key.name] == nil {
            try fillIn(key, path: joinedPath(path, key.name))
        }
    }

    private mutating func readNamedSections(
        _ key: ConfigurationKey,
        _ node: Node,
        path: String
    ) throws(ConfigurationError) {
        guard let mapping = node.mapping else {
            throw result.error(path, "\(path) must be \(key.shape.wanted)", remedy: nil)
        }
        for (nameNode, value) in mapping {
            guard let name = nameNode.scalar?.string else {
                throw result.error(path, "a name in \(path) is not text", remedy: nil)
            }
            let sectionPath = joinedPath(path, name)
            result.lines[sectionPath] = nameNode.mark?.line ?? value.mark?.line
            result.sectionNames[path, default: []].append(name)
            try readSection(key.shape.keys, value, path: sectionPath)
        }
    }

    private func line(of node: Node) -> Int { node.mark?.line ?? 0 }

    private mutating func entries(
        of node: Node?,
        _ keys: [ConfigurationKey],
        path: String
    ) throws(ConfigurationError) -> [String: Node] {
        guard let node else { return [:] }
        guard let mapping = node.mapping else {
            let names = keys.map(\.name).joined(separator: ", ")
            result.lines[path] = node.mark?.line
            throw result.error(
                path,
                "\(path.isEmpty ? "the file" : path) must hold keys",
                remedy: "Write one key in each line: \(names)"
            )
        }
        var entries: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                result.lines[path] = key.mark?.line
                throw result.error(
                    path,
                    "a key of \(path.isEmpty ? "the file" : path) is not text",
                    remedy: "Write keys as plain words"
                )
            }
            // A value without a mark is an alias's; the key's line is good enough.
            entries[name] = value
        }
        return entries
    }

    private func unknownKey(
        _ name: String,
        _ value: Node,
        _ keys: [ConfigurationKey],
        path: String
    ) -> ConfigurationError {
        var values = result
        let keyPath = joinedPath(path, name)
        values.lines[keyPath] = value.mark?.line
        let remedy =
            nearestKey(to: name, in: keys, path: path).map { "Did you mean \($0)?" }
            ?? "Known keys here: \(keys.map(\.name).joined(separator: ", "))"
        return values.error(keyPath, "unknown key \(keyPath)", remedy: remedy)
    }

    /// Gives an absent key its default, or refuses the file.
    private mutating func fillIn(
        _ key: ConfigurationKey,
        path: String
    ) throws(ConfigurationError) {
        switch key.presence {
        case .required:
            throw result.error(
                path,
                "the key \(path) is missing",
                remedy: "Add it: \(key.summary)"
            )
        case .optional: break
        case .defaults(to: let text):
            result.values[path] = try value(of: text, key.shape, path: path)
        }
        if case .section(let inner) = key.shape { try readSection(inner, nil, path: path) }
    }

    private func read(
        _ node: Node,
        _ key: ConfigurationKey,
        path: String
    ) throws(ConfigurationError) -> ConfigurationValue {
        if case .textList = key.shape, let items = node.sequence {
            var texts: [String] = []
            for item in items { texts.append(try text(of: item, key.shape, path: path)) }
            return .list(texts)
        }
        let text = try text(of: node, key.shape, path: path)
        return try value(of: text, key.shape, path: path)
    }

    /// A scalar's text with the environment's values in it.
    private func text(
        of node: Node,
        _ shape: ConfigurationShape,
        path: String
    ) throws(ConfigurationError) -> String {
        guard let scalar = node.scalar, node.null == nil, !scalar.string.isEmpty else {
            let found = node.mapping != nil ? "keys" : node.sequence != nil ? "a list" : "nothing"
            throw result.error(
                path,
                "\(path) must be \(shape.wanted), but holds \(found)",
                remedy: nil
            )
        }
        if case .url = shape { return scalar.string }
        do {
            return try expandEnvironmentReferences(scalar.string, environment)
        } catch {
            throw result.error(path, error)
        }
    }

    private func value(
        of text: String,
        _ shape: ConfigurationShape,
        path: String
    ) throws(ConfigurationError) -> ConfigurationValue {
        switch shape {
        case .text, .url, .section, .namedSections: return .text(text)
        case .textList: return .list([text])
        case .identifier(let allowed, let lengthMax):
            let isIdentifier =
                text.utf8.count <= lengthMax && text.first.map { ("a"..."z").contains($0) } ?? false
                && text.allSatisfy { isSmallLetterOrDigit($0) || allowed.contains($0) }
            if isIdentifier { return .text(text) }
        case .choice(let words, let later):
            if words.contains(text) { return .text(text) }
            if later.contains(text) {
                throw result.error(
                    path,
                    "\(path) \(text) does not work in this version yet",
                    remedy: "Use \(words.joined(separator: " or "))"
                )
            }
        case .integer(let range):
            if let number = Int(text), range.contains(number) { return .integer(number) }
        case .boolean:
            if let value = Bool(text) { return .boolean(value) }
        case .milliseconds(let range):
            if let number = parseDurationMilliseconds(text), range.contains(number) {
                return .integer(number)
            }
        case .bytes(let range):
            if let number = parseSizeBytes(text), range.contains(number) { return .integer(number) }
        }
        throw result.error(path, "\(path) must be \(shape.wanted)", remedy: nil)
    }

    private func isSmallLetterOrDigit(_ character: Character) -> Bool {
        character.isASCII && (character.isNumber || ("a"..."z").contains(character))
    }
}
