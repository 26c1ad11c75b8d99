internal import Glibc

/// The profiles of `~/.aws/config` and `~/.aws/credentials`.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct ProfileFile {
    /// By profile, then by key in small letters.
    private(set) var profiles: [String: [String: String]] = [:]

    /// - `namesProfiles`: Whether sections are written `[profile name]`, as the config file does,
    ///   but for `[default]`.
    init(text: String, namesProfiles: Bool) {
        var profile: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let content = Self.trimmed(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let section = Self.trimmed(content.dropFirst().prefix { $0 != "]" })
                profile = Self.profileName(section, namesProfiles: namesProfiles)
                if let profile { profiles[profile, default: [:]] = profiles[profile] ?? [:] }
            } else if let profile, !line.hasPrefix(" "), !line.hasPrefix("\t") {
                // Lines that begin with a blank belong to a key with parts, none of which we need.
                let name = content.prefix { $0 != "=" }
                guard name.endIndex != content.endIndex else { continue }
                let value = content[name.endIndex...].dropFirst()
                profiles[profile]?[Self.trimmed(name).lowercased()] = String(Self.trimmed(value))
            }
        }
    }

    private static func profileName(_ section: Substring, namesProfiles: Bool) -> String? {
        guard namesProfiles, section != "default" else { return String(section) }
        guard section.hasPrefix("profile ") else { return nil }
        return String(trimmed(section.dropFirst("profile ".count)))
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text).drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }

    /// A file of at most 1 MiB; nil when it is not there or cannot be read.
    static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: byteCountMax)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        guard ferror(file) == 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static let byteCountMax = 1 << 20
}

/// What the shared files say about one profile.
public struct AWSProfile: Sendable {
    public let name: String
    /// By key in small letters; those of the credentials file win.
    let values: [String: String]
    /// Whether the environment names the profile.
    let isChosen: Bool
    /// Whether a file has it.
    let isFound: Bool

    /// Reads the files that the environment names, or those in the home folder.
    public init(_ environment: (String) -> String?, name chosen: String? = nil) {
        func set(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        let named = chosen ?? set("AWS_PROFILE") ?? set("AWS_DEFAULT_PROFILE")
        let name = named ?? "default"
        self.name = name
        isChosen = named != nil
        let folder = set("HOME").map { "\($0)/.aws" }
        func section(_ variable: String, _ file: String, _ namesProfiles: Bool) -> [String: String]?
        {
            guard let path = set(variable) ?? folder.map({ "\($0)/\(file)" }),
                let text = ProfileFile.readText(path)
            else { return nil }
            return ProfileFile(text: text, namesProfiles: namesProfiles).profiles[name]
        }
        let config = section("AWS_CONFIG_FILE", "config", true)
        let secrets = section("AWS_SHARED_CREDENTIALS_FILE", "credentials", false)
        isFound = config != nil || secrets != nil
        self.values = (config ?? [:]).merging(secrets ?? [:]) { _, secret in secret }
    }

    public var region: String? { values["region"] }
}

/// The access key of a profile.
public struct ProfileCredentials: AWSCredentialsSource {
    private let read: @Sendable () -> AWSProfile

    /// - `read`: Reads the files; they are read anew each time, as other tools renew them.
    public init(_ read: @escaping @Sendable () -> AWSProfile) { self.read = read }

    public func credentials() async throws -> AWSCredentials? {
        let profile = read()
        guard let key = profile.values["aws_access_key_id"] else {
            guard profile.isChosen else { return nil }
            throw Self.noKey(profile)
        }
        guard let secret = profile.values["aws_secret_access_key"] else {
            throw AWSCredentialsError(
                "the AWS profile \(profile.name) has an access key without its secret",
                remedy: "Add aws_secret_access_key to it"
            )
        }
        return AWSCredentials(
            accessKeyID: key,
            secretAccessKey: secret,
            sessionToken: profile.values["aws_session_token"]
        )
    }

    private static func noKey(_ profile: AWSProfile) -> AWSCredentialsError {
        guard profile.isFound else {
            return AWSCredentialsError(
                "found no AWS profile \(profile.name)",
                remedy: "Check AWS_PROFILE and ~/.aws/credentials"
            )
        }
        return AWSCredentialsError(
            "the AWS profile \(profile.name) has no access key",
            remedy: "Profiles with sso, credential_process or source_profile are not read: export"
                + " their credentials with aws configure export-credentials --format env"
        )
    }
}
