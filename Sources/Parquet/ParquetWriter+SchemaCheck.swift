internal import TableModel

extension ParquetWriter {
    /// Fields inside of one another; a list takes two groups of the schema, and readers set limits.
    private static let nestingDepthMax = 30

    /// Refuses fields that cannot make up a file's schema.
    static func check(_ fields: [ParquetField]) throws(ParquetWriteError) {
        var ids: Set<Int32> = []
        guard fields.contains(where: { $0.type != .unknown }) else {
            throw ParquetWriteError(
                .schema,
                "a file needs at least one column that is not of type unknown, "
                    + "\(fields.count) columns were given"
            )
        }
        try checkSiblings(fields, path: [], ids: &ids)
    }

    /// Refuses options that leaves of these types cannot have.
    static func checkOptions(
        _ leaves: [FieldLeaf],
        _ options: ParquetWriterOptions
    ) throws(ParquetWriteError) {
        for leaf in leaves {
            let encoding = options.encoding(of: leaf)
            guard encoding.dataEncoding(of: leaf.type, options.pageVersion) != nil else {
                throw ParquetWriteError(
                    .schema,
                    column: leaf.name,
                    "\(leaf.type) cannot be written as \(encoding)"
                )
            }
            guard options.bloomFilters[leaf.fieldID] == nil || leaf.type != .boolean else {
                throw ParquetWriteError(
                    .schema,
                    column: leaf.name,
                    "the two values of a boolean need no Bloom filter"
                )
            }
        }
    }

    private static func checkSiblings(
        _ fields: [ParquetField],
        path: [String],
        ids: inout Set<Int32>
    ) throws(ParquetWriteError) {
        var names: Set<String> = []
        for field in fields {
            let path = path + [field.name]
            guard !field.name.isEmpty, names.insert(field.name).inserted else {
                throw failure(path, "column names must be there and differ")
            }
            guard ids.insert(field.fieldID).inserted else {
                throw failure(path, "field id \(field.fieldID) is used twice")
            }
            guard path.count <= nestingDepthMax else {
                throw failure(path, "it lies \(path.count) deep, a file has \(nestingDepthMax)")
            }
            if let message = objection(to: field) { throw failure(path, message) }
            try checkSiblings(field.children, path: path, ids: &ids)
        }
    }

    private static func failure(_ path: [String], _ message: String) -> ParquetWriteError {
        ParquetWriteError(.schema, column: path.joined(separator: "."), message)
    }

    /// What is wrong with a field alone; `nil` when a file can have it.
    private static func objection(to field: ParquetField) -> String? {
        switch field.type {
        case .decimal(let precision, let scale):
            (1...38).contains(precision) && (0...precision).contains(scale)
                ? nil : "\(field.type) is not a decimal of 1 to 38 digits"
        case .fixed(let lengthBytes):
            (1...Int(Int32.max)).contains(lengthBytes)
                ? nil : "\(field.type) must have at least one byte"
        case .geography(_, let algorithm):
            EdgeAlgorithm(named: algorithm) != nil
                ? nil : "\(algorithm) is not a way in which edges run"
        case .unknown: field.isRequired ? "unknown is always NULL and cannot be required" : nil
        case .map(let key, _) where !key.isRequired: "keys of a map must be required"
        case .structure(let fields):
            fields.contains { $0.type != .unknown }
                ? nil : "a structure needs a field that is not of type unknown"
        case .list, .map:
            field.children.contains { $0.type == .unknown }
                ? "lists and maps of type unknown cannot be written" : nil
        default: nil
        }
    }
}
