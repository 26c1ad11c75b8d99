public import ChangeModel
public import TableModel

/// What the pipeline file wants of the tables that a pattern matches.
public struct TableRule: Sendable, Equatable {
    public var tables: TableFilter
    public var options: TableOptions

    public init(tables: TableFilter, options: TableOptions) {
        self.tables = tables
        self.options = options
    }
}

/// What is wanted of a table's files; nil where nothing is.
public struct TableOptions: Sendable, Equatable {
    /// Empty wants an unpartitioned table.
    public var partition: [TransformTerm]?
    /// Empty wants an unsorted table.
    public var sort: [SortTerm]?
    public var fileBytesMax: Int?
    /// Columns whose data files get Bloom filters, by name; `primary-key` stands for the key's.
    public var bloomFilters: [String]?

    public init(
        partition: [TransformTerm]? = nil,
        sort: [SortTerm]? = nil,
        fileBytesMax: Int? = nil,
        bloomFilters: [String]? = nil
    ) {
        self.partition = partition
        self.sort = sort
        self.fileBytesMax = fileBytesMax
        self.bloomFilters = bloomFilters
    }
}

/// One column of a wanted sort order: `created_at desc`, `bucket(8, id)`, `primary-key`.
public enum SortTerm: Sendable, Hashable {
    /// The columns of the table's key, ascending, in the key's order.
    case primaryKey
    case column(TransformTerm, isDescending: Bool, nullsFirst: Bool)

    /// Reads a term.
    ///
    /// Behind the column may stand `asc` or `desc`, and `nulls first` or `nulls last`; NULL comes
    /// first in ascending orders and last in descending ones, as elsewhere in Iceberg.
    ///
    /// - Returns: nil for a transform that is not known.
    public init?(_ text: String) {
        if text == "primary-key" {
            self = .primaryKey
            return
        }
        var words = text.split(separator: " ")
        var nullsFirst: Bool?
        if words.count > 2, words[words.count - 2].lowercased() == "nulls" {
            switch words.last?.lowercased() {
            case "first": nullsFirst = true
            case "last": nullsFirst = false
            default: return nil
            }
            words.removeLast(2)
        }
        var isDescending = false
        if words.count > 1, let last = words.last?.lowercased(), last == "asc" || last == "desc" {
            isDescending = last == "desc"
            words.removeLast()
        }
        guard let last = words.last else { return nil }
        // Blanks inside of names stay as they are.
        guard let term = TransformTerm(String(text[..<last.endIndex])) else { return nil }
        self = .column(
            term,
            isDescending: isDescending,
            nullsFirst: nullsFirst ?? !isDescending
        )
    }
}

extension SortTerm: CustomStringConvertible {
    public var description: String {
        switch self {
        case .primaryKey: return "primary-key"
        case .column(let term, let isDescending, let nullsFirst):
            return "\(term) \(isDescending ? "desc" : "asc") nulls "
                + (nullsFirst ? "first" : "last")
        }
    }
}

extension PipelineConfiguration {
    /// What is wanted of one table, all rules together.
    public func options(of table: SourceTableName) -> TableOptions {
        var options = TableOptions()
        for rule in tableRules where rule.tables.matches(table) {
            options.partition = rule.options.partition ?? options.partition
            options.sort = rule.options.sort ?? options.sort
            options.fileBytesMax = rule.options.fileBytesMax ?? options.fileBytesMax
            options.bloomFilters = rule.options.bloomFilters ?? options.bloomFilters
        }
        return options
    }
}
