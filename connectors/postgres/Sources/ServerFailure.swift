import SourceInterface

/// What the server, or the library on its behalf, said about a statement that failed.
struct ServerFailure: Error {
    /// Five characters, empty when the connection itself failed.
    var state: String
    /// The server's sentence, without values: the detail line, which may hold them, is left out.
    var message: String
    var isConnectionLost: Bool

    /// The failure as one sentence for an operator.
    func sourceError(doing action: String, remedy: String? = nil) -> SourceError {
        SourceError(kind, "could not \(action): \(message)", remedy: remedy ?? ownRemedy)
    }

    private var kind: SourceError.Kind {
        if isConnectionLost { return .connection }
        if state == "42501" || state.hasPrefix("28") { return .permission }
        if state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57P") {
            return .connection
        }
        // The slot is in use, a lock could not be had, a statement was cancelled, a deadlock:
        // the same call can succeed later.
        if ["55006", "55P03", "57014", "40001", "40P01"].contains(state) { return .connection }
        if state == "58P01" { return .positionLost }
        return .configuration
    }

    private var ownRemedy: String? {
        switch state {
        case "42501": "Grant the privilege; the connector's README lists them all"
        case "53300": "Raise max_connections or close other connections"
        case "53400":
            "Raise max_replication_slots or max_wal_senders, or drop a slot that nobody uses"
        default: nil
        }
    }
}

/// Sorts the failures of connecting, for which the library gives a sentence but no code.
enum ConnectFailure {
    private struct Rule {
        var phrases: [String]
        var kind: SourceError.Kind
        var remedy: String?
    }

    private static let rules: [Rule] = [
        Rule(
            phrases: [
                "password authentication failed", "authentication failed", "no password supplied",
            ],
            kind: .permission,
            remedy: "Check user and password of the source's url"
        ),
        Rule(
            phrases: ["no pg_hba.conf entry", "pg_hba.conf rejects"],
            kind: .permission,
            remedy: "Allow the user, database and address in the server's pg_hba.conf"
        ),
        Rule(
            phrases: ["is not permitted to log in"],
            kind: .permission,
            remedy: "Give the role the LOGIN attribute"
        ),
        Rule(
            phrases: [
                "role to start walsender", "permission denied to start WAL sender",
            ],
            kind: .permission,
            remedy: "Give the role the REPLICATION attribute: ALTER ROLE … REPLICATION"
        ),
        Rule(
            phrases: ["permission denied for database"],
            kind: .permission,
            remedy: "GRANT CONNECT ON DATABASE … TO the role"
        ),
        Rule(
            phrases: ["database \"", "role \""],
            kind: .configuration,
            remedy: "Check user and database of the source's url"
        ),
        Rule(
            phrases: ["invalid connection option", "invalid sslmode", "invalid integer value"],
            kind: .configuration,
            remedy: "Use only parameters that libpq knows in the source's url"
        ),
        Rule(
            phrases: ["number of requested standby connections exceeds"],
            kind: .connection,
            remedy: "Raise max_wal_senders, or stop a client that holds one"
        ),
        Rule(
            phrases: ["could not translate host name"],
            kind: .connection,
            remedy: "Check the host of the source's url"
        ),
        Rule(
            phrases: ["Connection refused", "timeout expired", "No route to host"],
            kind: .connection,
            remedy: "Check host and port, and that the server is up and listens there"
        ),
    ]

    static func sourceError(libraryMessage: String, target: String) -> SourceError {
        let sentence = firstSentence(libraryMessage)
        for rule in rules where rule.phrases.contains(where: { libraryMessage.contains($0) }) {
            // A missing database or role, and not one that is merely shutting down.
            if rule.phrases.contains("role \""), !libraryMessage.contains("does not exist") {
                continue
            }
            return SourceError(
                rule.kind,
                "could not connect to \(target): \(sentence)",
                remedy: rule.remedy
            )
        }
        return SourceError(.connection, "could not connect to \(target): \(sentence)")
    }

    /// The library's text is several lines, one an attempt; each repeats the address.
    static func firstSentence(_ message: String) -> String {
        let line = message.split(separator: "\n").first.map { String($0) } ?? message
        for marker in ["FATAL:  ", "ERROR:  ", " failed: "] {
            if let range = line.firstOccurrence(of: marker) {
                return String(line[range.upperBound...])
            }
        }
        return line
    }
}

extension String {
    /// Where `needle` stands first; the standard library has this only with Foundation.
    fileprivate func firstOccurrence(of needle: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) {
                return start..<index(start, offsetBy: needle.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
