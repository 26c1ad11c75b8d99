extension Transform {
    /// The type of what the transform makes of a column of a type; `nil` where it may not be used.
    ///
    /// Days are dates, as in all engines, though the specification calls them integers.
    ///
    /// Source: Iceberg specification, "Partition Transforms".
    public func resultType(of type: IcebergType) -> IcebergType? {
        switch self {
        case .void: type
        case .identity: Self.isIdentityType(type) ? type : nil
        case .bucket: Self.isBucketType(type) ? .int : nil
        case .truncate: Self.isTruncateType(type) ? type : nil
        case .year, .month: type == .date || type.isTimestamp ? .int : nil
        case .day: type == .date || type.isTimestamp ? .date : nil
        case .hour: type.isTimestamp ? .int : nil
        case .unknown: nil
        }
    }

    private static func isIdentityType(_ type: IcebergType) -> Bool {
        switch type {
        case .geometry, .geography, .variant, .structure, .list, .map: false
        default: true
        }
    }

    private static func isBucketType(_ type: IcebergType) -> Bool {
        switch type {
        case .int, .long, .decimal, .date, .time, .string, .uuid, .fixed, .binary: true
        default: type.isTimestamp
        }
    }

    private static func isTruncateType(_ type: IcebergType) -> Bool {
        switch type {
        case .int, .long, .decimal, .string, .binary: true
        default: false
        }
    }

    /// Whether the transform makes the same of every value after its column was promoted.
    ///
    /// Source: Iceberg specification, "Schema Evolution".
    public func isUnchanged(byPromoting type: IcebergType, to promoted: IcebergType) -> Bool {
        if self == .void { return true }
        guard resultType(of: promoted) != nil else { return false }
        switch (type, promoted) {
        case (.date, .timestamp), (.date, .timestampNanos):
            return self == .year || self == .month || self == .day
        default: return isKnown
        }
    }
}

extension IcebergType {
    /// Whether values are points in time of any unit, with or without a zone.
    public var isTimestamp: Bool { unitsPerSecond != nil && self != .time }

    /// Whether values are lengths of time since a day or an epoch: units in a second.
    public var unitsPerSecond: Int64? {
        switch self {
        case .time, .timestamp, .timestamptz: 1_000_000
        case .timestampNanos, .timestamptzNanos: 1_000_000_000
        default: nil
        }
    }

    /// Whether a column of the type may become one of another without its files being rewritten.
    ///
    /// Source: Iceberg specification, "Schema Evolution", valid type promotions.
    public func canBePromoted(to promoted: IcebergType, formatVersion: Int) -> Bool {
        switch (self, promoted) {
        case (.int, .long), (.float, .double): true
        case (.decimal(let precision, let scale), .decimal(let newPrecision, let newScale)):
            scale == newScale && newPrecision >= precision && newPrecision <= 38
        case (.date, .timestamp), (.date, .timestampNanos), (.unknown, _): formatVersion >= 3
        default: self == promoted
        }
    }
}
