internal import TableModel

/// The word that wants no partitions and no order.
private let noneWord = "none"

func readTableRules(
    _ values: ConfigurationValues
) throws(ConfigurationError) -> [TableRule] {
    var rules: [TableRule] = []
    for name in values.sectionNames["table-options"] ?? [] {
        let path = joinedPath("table-options", name)
        let tables = try at(path, in: values) { () throws(ConfigurationError) in
            try TableFilter([name])
        }
        rules.append(
            TableRule(
                tables: tables,
                options: TableOptions(
                    partition: try readTerms(values, joinedPath(path, "partition")) {
                        TransformTerm($0)
                    },
                    sort: try readTerms(values, joinedPath(path, "sort")) { SortTerm($0) },
                    fileBytesMax: values.integer(joinedPath(path, "file-size")),
                    bloomFilters: try readTerms(values, joinedPath(path, "bloom-filters")) { $0 }
                )
            )
        )
    }
    return rules
}

/// The terms of a list; nil when the key is absent.
private func readTerms<Term>(
    _ values: ConfigurationValues,
    _ path: String,
    _ term: (String) -> Term?
) throws(ConfigurationError) -> [Term]? {
    let texts = values.list(path)
    if texts.isEmpty { return nil }
    if texts == [noneWord] { return [] }
    var terms: [Term] = []
    for text in texts {
        guard let read = term(text) else {
            throw values.error(
                path,
                "\(path) has a term that is not understood",
                remedy:
                    "Write a column, or identity, bucket(N, …), truncate(N, …), year, month, day "
                    + "or hour with a column in parentheses"
            )
        }
        terms.append(read)
    }
    return terms
}
