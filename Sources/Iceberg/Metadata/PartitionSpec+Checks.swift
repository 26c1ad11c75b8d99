internal import TableModel

extension PartitionSpec {
    /// Checks that tables can be partitioned by the spec.
    ///
    /// - `schema`: The columns that its sources are ids of.
    /// - Throws: ``TableUpdateError`` `.invalid` for names and ids that occur twice, names that
    ///   are those of other columns, transforms that are not known, and columns that are not there,
    ///   are in lists or maps, or are of a type that the transform cannot be used on.
    ///
    /// Source: Iceberg specification, "Partitioning" and "Partition Transforms".
    func check(for schema: Schema) throws(TableUpdateError) {
        var names: Set<[UInt8]> = []
        var ids: Set<Int32> = []
        var made: [RedundancyKey: String] = [:]
        for field in fields {
            guard !field.name.isEmpty, names.insert(Array(field.name.utf8)).inserted else {
                throw TableUpdateError(
                    .invalid,
                    "partition fields need names that differ, \(field.name) is one of two"
                )
            }
            guard field.fieldID == PartitionField.unassignedID || ids.insert(field.fieldID).inserted
            else {
                throw TableUpdateError(
                    .invalid,
                    "two partition fields have the id \(field.fieldID)"
                )
            }
            try field.check(for: schema)
            guard field.transform != .void else { continue }
            if let other = made.updateValue(field.name, forKey: RedundancyKey(field)) {
                throw TableUpdateError(
                    .invalid,
                    "partition field \(field.name) makes nothing of its column that \(other) does "
                        + "not make already"
                )
            }
        }
    }

    /// What two fields of a spec may not share: the column with an equal transform, or with any
    /// two of time.
    private struct RedundancyKey: Hashable {
        var sourceIDs: [Int32]
        /// `nil` for years, months, days and hours.
        var transform: Transform?

        init(_ field: PartitionField) {
            sourceIDs = field.sourceIDs
            switch field.transform {
            case .year, .month, .day, .hour: transform = nil
            default: transform = field.transform
            }
        }
    }
}

extension SortOrder {
    /// Checks that rows can be sorted by the order.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for transforms that are not known, and columns
    ///   that are not there or of a type that the transform cannot be used on.
    func check(for schema: Schema) throws(TableUpdateError) {
        for field in fields {
            guard field.transform.isKnown, field.sourceIDs.count == 1 else {
                throw TableUpdateError(
                    .invalid,
                    "a sort order has the transform \(field.transform) of "
                        + "\(field.sourceIDs.count) columns, which is not known"
                )
            }
            guard let source = schema.path(toFieldID: field.sourceIDs[0])?.last else {
                throw TableUpdateError(
                    .invalid,
                    "a sort order reads column \(field.sourceIDs[0]), which is not in the schema"
                )
            }
            guard field.transform.resultType(of: source.type) != nil else {
                throw TableUpdateError(
                    .invalid,
                    "a sort order: \(field.transform) cannot be used on column \(source.name) "
                        + "(\(source.type))"
                )
            }
        }
    }
}

extension PartitionField {
    fileprivate func check(for schema: Schema) throws(TableUpdateError) {
        guard transform.isKnown, sourceIDs.count == 1 else {
            throw TableUpdateError(
                .invalid,
                "partition field \(name) has the transform \(transform) of \(sourceIDs.count) "
                    + "columns, which is not known"
            )
        }
        guard let path = schema.path(toFieldID: sourceIDs[0]), let source = path.last else {
            throw TableUpdateError(
                .invalid,
                "partition field \(name) reads column \(sourceIDs[0]), which is not in the schema"
            )
        }
        for parent in path.dropLast() {
            guard case .structure = parent.type else {
                throw TableUpdateError(
                    .invalid,
                    "partition field \(name) reads column \(source.name), which is inside of "
                        + "\(parent.name) (\(parent.type)) and has no one value for a row"
                )
            }
        }
        guard transform.resultType(of: source.type) != nil else {
            throw TableUpdateError(
                .invalid,
                "partition field \(name): \(transform) cannot be used on column \(source.name) "
                    + "(\(source.type))"
            )
        }
        // Engines look both up by name.
        guard let column = schema.field(named: name) else { return }
        guard column.id == source.id, transform == .identity || transform == .void else {
            throw TableUpdateError(
                .invalid,
                "partition field \(name) has the name of a column that it is not the value of"
            )
        }
    }
}
