public import Bytes

/// What is found in a file or a table: a tree of named values, shown to people as text and to
/// machines as JSON.
///
/// One tree serves both, so that they cannot tell different things; only what one of them would have
/// no use for is kept from it.
public struct Report: Sendable {
    /// Who is shown a member.
    public enum Audience: Sendable {
        case everyone
        case machines
        case people
    }

    public struct Member: Sendable {
        /// The member's name in JSON, `snake_case`; people read it with spaces.
        public var name: String
        public var value: ReportValue
        public var audience: Audience
        /// Whether the name comes from the file, and people see it as it is.
        var isGivenName = false

        public init(_ name: String, _ value: ReportValue, for audience: Audience = .everyone) {
            self.name = name
            self.value = value
            self.audience = audience
        }

        /// A member whose name comes from the file.
        static func given(_ name: String, _ value: ReportValue) -> Member {
            var member = Member(name, value)
            member.isGivenName = true
            return member
        }
    }

    /// What people see above the members; machines do not.
    public var title: String?
    public var members: [Member]

    public init(title: String? = nil, _ members: [Member] = []) {
        self.title = title
        self.members = members
    }

    public mutating func add(
        _ name: String,
        _ value: ReportValue,
        for audience: Audience = .everyone
    ) {
        members.append(Member(name, value, for: audience))
    }

    func members(for audience: Audience) -> [Member] {
        members.filter { $0.audience == .everyone || $0.audience == audience }
    }

    subscript(name: String) -> ReportValue? { members.first { $0.name == name }?.value }
}

/// One value of a report.
public indirect enum ReportValue: Sendable {
    /// Not known or not there: null for machines, nothing for people.
    case null
    case boolean(Bool)
    /// An id or another number that stands for itself.
    case integer(Int64)
    /// How many; people read it in groups of three digits.
    case count(Int64)
    /// A part of a whole, from 0 to 1; people read percents.
    case share(Double)
    case text(String)
    /// A value that machines and people read differently.
    case value(JSONValue, text: String)
    case list([ReportValue])
    case object(Report)
    /// Many objects, made one by one while they are written.
    case generated(count: Int, @Sendable (Int) -> Report)

    static func text(orNull text: String?) -> ReportValue { text.map { .text($0) } ?? .null }

    static func integer(orNull number: (some BinaryInteger)?) -> ReportValue {
        number.map { .integer(Int64($0)) } ?? .null
    }

    static func count(orNull number: (some BinaryInteger)?) -> ReportValue {
        number.map { .count(Int64($0)) } ?? .null
    }

    static func boolean(orNull value: Bool?) -> ReportValue {
        value.map { .boolean($0) } ?? .null
    }

    static func objects(_ reports: [Report]) -> ReportValue { .list(reports.map { .object($0) }) }

    static func integers(_ numbers: some Sequence<some BinaryInteger>) -> ReportValue {
        .list(numbers.map { .integer(Int64($0)) })
    }

    static func texts(_ texts: some Sequence<String>) -> ReportValue {
        .list(texts.map { .text($0) })
    }

    /// Names and texts, in the order of the names.
    static func properties(_ map: [String: String]) -> ReportValue {
        .object(Report(map.sorted { $0.key < $1.key }.map { .given($0.key, .text($0.value)) }))
    }

    /// A point in time, as the format counts it.
    static func instant(milliseconds: Int64) -> ReportValue {
        .text(InstantText.text(milliseconds: milliseconds))
    }
}
