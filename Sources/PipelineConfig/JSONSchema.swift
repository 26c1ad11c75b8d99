internal import Diagnostics

/// The JSON schema of the pipeline file, made from the description of its keys.
///
/// Source: JSON Schema, draft 2020-12.
public func pipelineJSONSchema() -> String {
    var members: [(String, JSONText)] = [
        ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
        ("title", .text("frazil pipeline file")),
    ]
    members += sectionMembers(pipelineKeys)
    members.append(
        (
            "$defs",
            .object([
                (
                    "environment",
                    .object([
                        ("type", .text("string")),
                        ("pattern", .text(#"\$\{[A-Za-z_][A-Za-z0-9_]*\}"#)),
                        ("description", .text("Text with values from the environment.")),
                    ])
                )
            ])
        )
    )
    return JSONText.object(members).indented + "\n"
}

private func sectionMembers(_ keys: [ConfigurationKey]) -> [(String, JSONText)] {
    let required = keys.filter { key in
        if case .required = key.presence { return true }
        return false
    }
    var members: [(String, JSONText)] = [
        ("type", .text("object")),
        ("additionalProperties", .boolean(false)),
    ]
    if !required.isEmpty { members.append(("required", .array(required.map { .text($0.name) }))) }
    members.append(("properties", .object(keys.map { ($0.name, schema(of: $0)) })))
    return members
}

private func schema(of key: ConfigurationKey) -> JSONText {
    var members: [(String, JSONText)] = [("description", .text(key.summary))]
    if case .defaults(to: let text) = key.presence {
        if case .integer = key.shape, let number = Int64(text) {
            members.append(("default", .integer(number)))
        } else if case .boolean = key.shape {
            members.append(("default", .boolean(text == "true")))
        } else {
            members.append(("default", .text(text)))
        }
    }
    return .object(members + shapeMembers(key.shape))
}

private func shapeMembers(_ shape: ConfigurationShape) -> [(String, JSONText)] {
    switch shape {
    case .section(let keys): return sectionMembers(keys)
    case .namedSections(let keys, _):
        return [
            ("type", .text("object")),
            ("additionalProperties", .object(sectionMembers(keys))),
        ]
    case .text, .url: return [("type", .text("string")), ("minLength", .integer(1))]
    case .textList:
        let text = JSONText.object([("type", .text("string")), ("minLength", .integer(1))])
        let list = JSONText.object([
            ("type", .text("array")), ("items", text), ("minItems", .integer(1)),
        ])
        return [("anyOf", .array([list, text]))]
    case .identifier(let allowed, let lengthMax):
        return orEnvironment([
            ("type", .text("string")),
            ("pattern", .text("^[a-z][a-z0-9\(allowed)]{0,\(lengthMax - 1)}$")),
        ])
    case .choice(let words, _): return orEnvironment([("enum", .array(words.map { .text($0) }))])
    case .integer(let range):
        return orEnvironment([
            ("type", .text("integer")),
            ("minimum", .integer(Int64(range.lowerBound))),
            ("maximum", .integer(Int64(range.upperBound))),
        ])
    case .boolean: return orEnvironment([("type", .text("boolean"))])
    case .milliseconds:
        return orEnvironment([
            ("type", .text("string")),
            ("pattern", .text(#"^[0-9]+(\.[0-9]{1,3})? *(ms|s|m|h)$"#)),
        ])
    case .bytes:
        return orEnvironment([
            ("type", .text("string")),
            ("pattern", .text(#"^[0-9]+(\.[0-9]{1,3})? *(B|kB|KB|MB|GB|KiB|MiB|GiB)$"#)),
        ])
    }
}

/// The value itself, or text that takes it from the environment.
private func orEnvironment(_ members: [(String, JSONText)]) -> [(String, JSONText)] {
    let reference = JSONText.object([("$ref", .text("#/$defs/environment"))])
    return [("anyOf", .array([.object(members), reference]))]
}
