internal import TableModel

/// Sums up the partitions of a manifest's files, field by field, as they are appended.
///
/// Source: Iceberg specification, "Manifest Lists", `field_summary`.
struct PartitionSummaries {
    private let type: PartitionType
    private var ranges: [FieldRange]

    init(_ type: PartitionType) {
        self.type = type
        ranges = type.fields.map { FieldRange($0.type) }
    }

    mutating func add(_ tuple: PartitionTuple) {
        for (index, field) in type.fields.enumerated() { ranges[index].add(tuple[field.fieldID]) }
    }

    /// One summary a field; `nil` when one has no bounds that all engines would understand alike.
    var summaries: [PartitionFieldSummary]? {
        let summaries = ranges.compactMap(\.summary)
        return summaries.count == ranges.count ? summaries : nil
    }
}

/// The values of one partition field.
private struct FieldRange {
    let type: IcebergType
    private var containsNull = false
    private var containsNaN = false
    private var lower: SingleValue?
    private var upper: SingleValue?
    /// The bounds of UUIDs as two signed halves, which is how Java compared them for years.
    private var signedLower: SingleValue?
    private var signedUpper: SingleValue?

    init(_ type: IcebergType) { self.type = type }

    mutating func add(_ value: SingleValue?) {
        guard let value else {
            containsNull = true
            return
        }
        guard !value.isNaN else {
            containsNaN = true
            return
        }
        if lower.map({ value.precedes($0) }) ?? true { lower = value }
        if upper.map({ $0.precedes(value) }) ?? true { upper = value }
        guard case .uuid = value else { return }
        if signedLower.map({ value.asSignedHalves.precedes($0.asSignedHalves) }) ?? true {
            signedLower = value
        }
        if signedUpper.map({ $0.asSignedHalves.precedes(value.asSignedHalves) }) ?? true {
            signedUpper = value
        }
    }

    var summary: PartitionFieldSummary? {
        var summary = PartitionFieldSummary(
            containsNull: containsNull,
            containsNaN: containsNaN,
            lowerBound: nil,
            upperBound: nil
        )
        // Readers take absent bounds for a field that is always NULL or NaN.
        guard let lower, let upper else { return summary }
        if type == .uuid, lower != signedLower || upper != signedUpper { return nil }
        summary.lowerBound = (lower.isZero ? .floating(-0.0) : lower).binary(as: type)
        summary.upperBound = (upper.isZero ? .floating(0.0) : upper).binary(as: type)
        guard summary.lowerBound != nil, summary.upperBound != nil else { return nil }
        return summary
    }
}

extension SingleValue {
    fileprivate var isZero: Bool { doubleValue == 0 }

    /// A UUID whose order is that of its halves as signed numbers.
    fileprivate var asSignedHalves: SingleValue {
        guard case .uuid(let value) = self else { return self }
        return .uuid(value ^ (1 << 127 | 1 << 63))
    }
}
