internal import TableModel

extension Schema {
    /// Ids above this one are reserved for metadata columns.
    static let fieldIDMax: Int32 = 2_147_483_447

    /// Checks what every reader relies on.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for names that occur twice in one place, ids that
    ///   occur twice or are out of range, and identifier fields that cannot be ones.
    func checkUsable() throws(TableUpdateError) {
        var ids: Set<Int32> = []
        try Self.check(fields, path: [], &ids)
        for id in identifierFieldIDs { try checkIdentifier(id) }
    }

    private static func check(
        _ fields: [SchemaField],
        path: [String],
        _ ids: inout Set<Int32>
    ) throws(TableUpdateError) {
        var names: Set<[UInt8]> = []
        for field in fields {
            let name = (path + [field.name]).joined(separator: ".")
            guard names.insert(Array(field.name.utf8)).inserted else {
                throw TableUpdateError(.invalid, "two columns have the name \(name)")
            }
            guard ids.insert(field.id).inserted else {
                throw TableUpdateError(.invalid, "two columns have the field id \(field.id)")
            }
            guard field.id >= 1, field.id <= Self.fieldIDMax else {
                throw TableUpdateError(
                    .invalid,
                    "column \(name) has the field id \(field.id), expected 1 to \(Self.fieldIDMax)"
                )
            }
            if case .map(let key, _) = field.type, !key.isRequired {
                throw TableUpdateError(.invalid, "column \(name) is a map with optional keys")
            }
            try check(field.type.children, path: path + [field.name], &ids)
        }
    }

    /// Source: Iceberg specification, "Identifier Field IDs".
    private func checkIdentifier(_ id: Int32) throws(TableUpdateError) {
        guard let path = path(toFieldID: id), let field = path.last else {
            throw TableUpdateError(.invalid, "identifier field \(id) is no column")
        }
        guard field.isRequired, field.type.isIdentifierType else {
            throw TableUpdateError(
                .invalid,
                "column \(field.name) (\(field.type)) cannot be an identifier field: "
                    + "it must be required, and neither float nor double"
            )
        }
        for parent in path.dropLast() {
            guard case .structure = parent.type, parent.isRequired else {
                throw TableUpdateError(
                    .invalid,
                    "column \(field.name) cannot be an identifier field: \(parent.name) "
                        + "(\(parent.type)), which it is inside of, is no required struct"
                )
            }
        }
    }
}
