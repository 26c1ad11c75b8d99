public import Parquet
internal import TableModel

extension WriteProperties {
    /// Leaves of a schema that get bounds when the table does not say which.
    ///
    /// Source: Iceberg's `write.metadata.metrics.max-inferred-column-defaults`.
    public static let inferredMetricsLeavesMax = 100
    /// Code points or bytes that bounds keep when the table does not say how many.
    ///
    /// Source: Iceberg's `write.metadata.metrics.default`.
    private static let bounded = ParquetMetricsMode.truncate(units: 16)

    /// Sets what manifests tell of each column.
    ///
    /// In a table of many columns the first ones have counts and bounds, and the others sizes only:
    /// manifests would be larger than what they save.
    ///
    /// - Parameters:
    ///   - searchedFieldIDs: Fields of the key and of the sort order. They have bounds whatever the
    ///     properties say: files are found by them, and deletes by key are kept from files by them.
    ///   - options: What is changed.
    ///
    /// Source: Iceberg documentation, table properties `write.metadata.metrics.*`.
    public func applyMetrics(
        searchedFieldIDs: Set<Int32>,
        to options: inout ParquetWriterOptions
    ) {
        let property = "write.metadata.metrics"
        let wanted = properties["\(property).default"].flatMap(ParquetMetricsMode.init(property:))
        let count =
            properties["\(property).max-inferred-column-defaults"].flatMap { Int($0) }
            ?? Self.inferredMetricsLeavesMax
        let isLimited = wanted == nil && leaves.count > count
        options.defaultMetricsMode = isLimited ? .none : wanted ?? Self.bounded
        options.metricsModes = [:]
        for (number, leaf) in leaves.enumerated() {
            var mode = isLimited && number < count ? Self.bounded : options.defaultMetricsMode
            if let text = properties["\(property).column.\(leaf.path)"] {
                mode = ParquetMetricsMode(property: text) ?? mode
            }
            if searchedFieldIDs.contains(leaf.field.id), !mode.hasBounds { mode = Self.bounded }
            if mode != options.defaultMetricsMode { options.metricsModes[leaf.field.id] = mode }
        }
    }
}

extension ParquetMetricsMode {
    /// The mode that a property names: `none`, `counts`, `full` or `truncate(16)`, in any case.
    public init?(property text: String) {
        switch text.lowercased() {
        case "none": self = .none
        case "counts": self = .counts
        case "full": self = .full
        case let text where text.hasPrefix("truncate(") && text.hasSuffix(")"):
            let digits = text.dropFirst("truncate(".count).dropLast()
            guard let units = Int(digits), units > 0 else { return nil }
            self = .truncate(units: units)
        default: return nil
        }
    }

    fileprivate var hasBounds: Bool {
        switch self {
        case .none, .counts: false
        case .truncate(let units): units > 0
        case .full: true
        }
    }
}
