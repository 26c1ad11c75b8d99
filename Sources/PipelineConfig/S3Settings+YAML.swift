/// Reads `lake.s3`.
func readS3(
    _ values: ConfigurationValues,
    folder: String
) throws(ConfigurationError) -> LakeConfiguration.S3Settings {
    let settings = LakeConfiguration.S3Settings(
        endpoint: try readEndpoint(values),
        region: values.text("lake.s3.region"),
        usesPathStyle: values.boolean("lake.s3.path-style"),
        accessKey: values.text("lake.s3.access-key"),
        secretKey: values.text("lake.s3.secret-key"),
        sessionToken: values.text("lake.s3.session-token"),
        profile: values.text("lake.s3.profile"),
        isAnonymous: values.boolean("lake.s3.anonymous") ?? false,
        partBytes: try required(values, "lake.s3.part-size"),
        writesConditionally: values.boolean("lake.s3.conditional-writes") ?? true,
        authorityPath: try values.text("lake.s3.ca-file").map { (path) throws(ConfigurationError) in
            try at("lake.s3.ca-file", in: values) { () throws(ConfigurationError) in
                try absolutePath(path, folder: folder)
            }
        },
        verifiesTLS: values.boolean("lake.s3.verify-tls") ?? true
    )
    try checkRegion(settings, values)
    try checkCredentials(settings, values)
    return settings
}

private func readEndpoint(_ values: ConfigurationValues) throws(ConfigurationError) -> String? {
    let path = "lake.s3.endpoint"
    guard var endpoint = values.text(path) else { return nil }
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    let schemes = ["http://", "https://"]
    guard let scheme = schemes.first(where: { endpoint.hasPrefix($0) && endpoint != $0 }),
        endpoint.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
        !endpoint.dropFirst(scheme.count).contains(where: { "?#@".contains($0) })
    else {
        throw values.error(
            path,
            "\(path) is no address of a server",
            remedy: "Write http://host:port or https://host, without a user name or a query"
        )
    }
    return endpoint
}

/// The region becomes part of a host's name.
private func checkRegion(
    _ settings: LakeConfiguration.S3Settings,
    _ values: ConfigurationValues
) throws(ConfigurationError) {
    let path = "lake.s3.region"
    let isName = settings.region?.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
    }
    guard isName == false else { return }
    throw values.error(
        path,
        "\(path) must be small letters, digits and '-'",
        remedy: "Write it as AWS does, such as eu-west-1"
    )
}

private func checkCredentials(
    _ settings: LakeConfiguration.S3Settings,
    _ values: ConfigurationValues
) throws(ConfigurationError) {
    guard (settings.accessKey == nil) == (settings.secretKey == nil) else {
        let (there, missing) =
            settings.accessKey == nil ? ("secret-key", "access-key") : ("access-key", "secret-key")
        throw values.error(
            "lake.s3.\(there)",
            "lake.s3 has a key \(there), but none \(missing)",
            remedy: "Give both, or none to use what AWS tools use"
        )
    }
    if settings.sessionToken != nil, settings.accessKey == nil {
        throw values.error(
            "lake.s3.session-token",
            "lake.s3.session-token needs the access-key and the secret-key that it belongs to",
            remedy: "Give all three"
        )
    }
    let ways = [
        ("anonymous: true", settings.isAnonymous), ("access-key", settings.accessKey != nil),
        ("profile", settings.profile != nil),
    ].filter { $0.1 }.map { $0.0 }
    guard ways.count <= 1 else {
        throw values.error(
            "lake.s3.\(ways[0] == "anonymous: true" ? "anonymous" : ways[0])",
            "lake.s3 has \(ways.joined(separator: " and ")), which say who asks in different ways",
            remedy: "Keep one of them"
        )
    }
}
