internal import SourceInterface

/// One transaction's global identifier.
enum TransactionID: Equatable, Sendable, CustomStringConvertible {
    case mysql(GTIDSet.Source, number: Int64)
    case mariadb(domain: UInt32, serverID: UInt32, sequence: UInt64)

    var description: String {
        switch self {
        case .mysql(let source, let number):
            "\(uuidText(source.uuid)):\(source.tag.isEmpty ? "" : source.tag + ":")\(number)"
        case .mariadb(let domain, let serverID, let sequence):
            "\(domain)-\(serverID)-\(sequence)"
        }
    }
}

/// A place between transactions, in either server's words.
enum LogPosition: Equatable, Sendable, CustomStringConvertible {
    case mysql(GTIDSet)
    case mariadb(DomainPosition)

    /// - Throws: ``SourceError`` `.configuration` when the text is not of this kind of server.
    init(_ position: SourcePosition, _ dialect: Dialect) throws(SourceError) {
        switch dialect {
        case .mysql:
            if let set = GTIDSet(position.text) {
                self = .mysql(set)
                return
            }
        case .mariadb:
            if let domains = DomainPosition(position.text) {
                self = .mariadb(domains)
                return
            }
        }
        throw SourceError(
            .configuration,
            "could not read the position '\(position.text)' as one of \(dialect.rawValue)",
            remedy: "The tables were written from another kind of server; use another namespace"
        )
    }

    /// Reads a position of either kind; an empty one is MariaDB's and equals MySQL's.
    init?(ofEitherKind text: String) {
        if let domains = DomainPosition(text) {
            self = .mariadb(domains)
        } else if let set = GTIDSet(text) {
            self = .mysql(set)
        } else {
            return nil
        }
    }

    var isEmpty: Bool {
        switch self {
        case .mysql(let set): set.isEmpty
        case .mariadb(let domains): domains.domains.isEmpty
        }
    }

    mutating func insert(_ transaction: TransactionID) {
        switch (self, transaction) {
        case (.mysql(var set), .mysql(let source, let number)):
            // Taken out of the case first, so that its storage has one owner and is not copied.
            self = .mysql(GTIDSet())
            set.insert(number, of: source)
            self = .mysql(set)
        case (.mariadb(var position), .mariadb(let domain, let serverID, let sequence)):
            self = .mariadb(DomainPosition())
            position.insert(domain: domain, serverID: serverID, sequence: sequence)
            self = .mariadb(position)
        default: break
        }
    }

    /// Takes in what `other` covers.
    mutating func formUnion(_ other: LogPosition) {
        switch (self, other) {
        case (.mysql(var set), .mysql(let others)):
            set.formUnion(others)
            self = .mysql(set)
        case (.mariadb(var position), .mariadb(let others)):
            for (domain, last) in others.domains {
                position.insert(domain: domain, serverID: last.serverID, sequence: last.sequence)
            }
            self = .mariadb(position)
        default:
            if isEmpty { self = other }
        }
    }

    func contains(_ transaction: TransactionID) -> Bool {
        switch (self, transaction) {
        case (.mysql(let set), .mysql(let source, let number)): set.contains(number, of: source)
        case (.mariadb(let position), .mariadb(let domain, _, let sequence)):
            position.contains(domain: domain, sequence: sequence)
        default: false
        }
    }

    func isCovered(by other: LogPosition) -> Bool {
        switch (self, other) {
        case (.mysql(let set), .mysql(let others)): set.isSubset(of: others)
        case (.mariadb(let position), .mariadb(let others)): position.isCovered(by: others)
        default: isEmpty
        }
    }

    var sourcePosition: SourcePosition { SourcePosition(description) }

    var description: String {
        switch self {
        case .mysql(let set): set.description
        case .mariadb(let position): position.description
        }
    }
}
