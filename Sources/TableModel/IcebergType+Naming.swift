extension IcebergType {
    /// Reads a primitive type's name as table metadata spells it; `nil` for any other text.
    public init?(named name: String) {
        if let plain = Self.plainTypes[name] {
            self = plain
        } else if let arguments = Self.numbers(in: name, prefix: "decimal(", suffix: ")"),
            arguments.count == 2, (1...38).contains(arguments[0]),
            (0...arguments[0]).contains(arguments[1])
        {
            self = .decimal(precision: arguments[0], scale: arguments[1])
        } else if let arguments = Self.numbers(in: name, prefix: "fixed[", suffix: "]"),
            arguments.count == 1, arguments[0] >= 0
        {
            self = .fixed(lengthBytes: arguments[0])
        } else if let arguments = Self.arguments(of: name, prefix: "geometry(", suffix: ")"),
            arguments.count == 1
        {
            self = .geometry(crs: arguments[0])
        } else if let arguments = Self.arguments(of: name, prefix: "geography(", suffix: ")"),
            (1...2).contains(arguments.count)
        {
            let algorithm = arguments.count == 2 ? arguments[1] : Self.defaultEdgeAlgorithm
            self = .geography(crs: arguments[0], algorithm: algorithm)
        } else {
            return nil
        }
    }

    private static let plainTypes: [String: IcebergType] = {
        let types: [IcebergType] = [
            .boolean, .int, .long, .float, .double, .date, .time, .timestamp, .timestamptz,
            .timestampNanos, .timestamptzNanos, .string, .uuid, .binary, .unknown, .variant,
            .geometry(crs: defaultCRS),
            .geography(crs: defaultCRS, algorithm: defaultEdgeAlgorithm),
        ]
        return Dictionary(uniqueKeysWithValues: types.map { ($0.description, $0) })
    }()

    private static func arguments(
        of name: String,
        prefix: String,
        suffix: String
    ) -> [String]? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.utf8.count > prefix.utf8.count
        else { return nil }
        let inner = name.dropFirst(prefix.count).dropLast(suffix.count)
        return inner.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func numbers(in name: String, prefix: String, suffix: String) -> [Int]? {
        guard let parts = arguments(of: name, prefix: prefix, suffix: suffix) else { return nil }
        let numbers = parts.compactMap { Int($0) }
        return numbers.count == parts.count ? numbers : nil
    }
}
