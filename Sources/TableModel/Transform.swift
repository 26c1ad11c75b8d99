/// What a partition or sort field makes of its column's values.
///
/// Source: Iceberg specification, "Partition Transforms".
public enum Transform: Hashable, Sendable {
    case identity
    /// A hash modulo the count of buckets.
    case bucket(count: Int32)
    /// A number rounded down to a multiple, or the beginning of a text or byte string.
    case truncate(width: Int32)
    case year
    case month
    case day
    case hour
    /// Always NULL; what became of a field that was dropped.
    case void
    /// A transform of a later version of the format, as it is spelled.
    case unknown(String)

    /// Reads a transform as table metadata spells it, such as `bucket[16]`.
    public init(named name: String) {
        let lowercased = name.lowercased()
        if let plain = Self.plainNames[lowercased] {
            self = plain
        } else if let count = Self.argument(of: lowercased, name: "bucket") {
            self = .bucket(count: count)
        } else if let width = Self.argument(of: lowercased, name: "truncate") {
            self = .truncate(width: width)
        } else {
            self = .unknown(name)
        }
    }

    private static let plainNames: [String: Transform] = [
        "identity": .identity, "year": .year, "month": .month, "day": .day, "hour": .hour,
        "void": .void,
    ]

    /// The positive number of `name[number]`.
    private static func argument(of text: String, name: String) -> Int32? {
        guard text.hasPrefix("\(name)["), text.hasSuffix("]") else { return nil }
        let digits = text.dropFirst(name.count + 1).dropLast()
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(digits),
            number > 0
        else { return nil }
        return number
    }

    public var isKnown: Bool {
        if case .unknown = self { return false }
        return true
    }
}

extension Transform: CustomStringConvertible {
    /// The transform as table metadata spells it.
    public var description: String {
        switch self {
        case .identity: "identity"
        case .bucket(let count): "bucket[\(count)]"
        case .truncate(let width): "truncate[\(width)]"
        case .year: "year"
        case .month: "month"
        case .day: "day"
        case .hour: "hour"
        case .void: "void"
        case .unknown(let name): name
        }
    }
}
