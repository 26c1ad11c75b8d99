/// A place in a MariaDB log: per replication domain the last transaction's server and number.
///
/// Source: MariaDB Knowledge Base, "Global Transaction ID".
struct DomainPosition: Equatable, Sendable, CustomStringConvertible {
    struct Last: Equatable, Sendable {
        var serverID: UInt32
        var sequence: UInt64
    }

    private(set) var domains: [UInt32: Last] = [:]

    init() {}

    /// Reads `0-1-42,1-2-7`; `nil` when it is no such text.
    init?(_ text: String) {
        for part in text.filter({ !$0.isWhitespace }).split(separator: ",") {
            let fields = part.split(separator: "-", omittingEmptySubsequences: false)
            guard fields.count == 3, let domain = UInt32(fields[0]),
                let serverID = UInt32(fields[1]), let sequence = UInt64(fields[2])
            else { return nil }
            insert(domain: domain, serverID: serverID, sequence: sequence)
        }
    }

    /// Takes a transaction in; numbers of a domain only go up.
    mutating func insert(domain: UInt32, serverID: UInt32, sequence: UInt64) {
        if let last = domains[domain], last.sequence > sequence { return }
        domains[domain] = Last(serverID: serverID, sequence: sequence)
    }

    func contains(domain: UInt32, sequence: UInt64) -> Bool {
        (domains[domain]?.sequence ?? 0) >= sequence
    }

    func isCovered(by other: DomainPosition) -> Bool {
        domains.allSatisfy { other.contains(domain: $0.key, sequence: $0.value.sequence) }
    }

    var description: String {
        domains.sorted { $0.key < $1.key }
            .map { "\($0.key)-\($0.value.serverID)-\($0.value.sequence)" }
            .joined(separator: ",")
    }
}
