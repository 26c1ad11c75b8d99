internal import SourceInterface
internal import TableModel

/// Cuts a table into ranges of its key's first column.
enum RangePlan {
    static let rangesMax = 10_000

    /// The column to cut by: the first of the key when it holds integers.
    static func column(of table: SourceTable) -> SourceColumn? {
        guard let first = table.keyColumns.first, table.columns.indices.contains(first) else {
            return nil
        }
        let column = table.columns[first]
        let declared = column.declaredType.lowercased()
        let isInteger = ["tinyint", "smallint", "mediumint", "int", "bigint"].contains {
            declared.hasPrefix($0)
        }
        return isInteger ? column : nil
    }

    /// Conditions that together hold for every row exactly once; `nil` for the whole table.
    ///
    /// The outer ranges are open, so that rows beyond `minimum` and `maximum` are not lost.
    static func conditions(
        column: String,
        minimum: Int128,
        maximum: Int128,
        estimatedRows: Int,
        rowsPerRange: Int
    ) -> [String?] {
        let span = maximum - minimum + 1
        let wanted = (max(estimatedRows, 0) + rowsPerRange / 2) / max(rowsPerRange, 1)
        let count = Int(min(Int128(min(wanted, rangesMax)), span))
        guard count > 1 else { return [nil] }
        let name = quotedIdentifier(column)
        var bounds: [Int128] = []
        for index in 1..<count {
            bounds.append(minimum + span * Int128(index) / Int128(count))
        }
        var conditions: [String?] = ["\(name) < \(bounds[0])"]
        for (low, high) in zip(bounds, bounds.dropFirst()) {
            conditions.append("\(name) >= \(low) AND \(name) < \(high)")
        }
        conditions.append("\(name) >= \(bounds[bounds.count - 1])")
        return conditions
    }
}
