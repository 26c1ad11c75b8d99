internal import Bytes
internal import TableModel

extension Schema {
    /// Ids above this one are reserved for metadata columns.
    static let fieldIDMax: Int32 = 2_147_483_447

    /// Checks what every reader relies on.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for names that occur twice in one place, ids that
    ///   occur twice or are out of range, identifier fields that cannot be ones, and types and
    ///   defaults that tables of the format version cannot have.
    func checkUsable(formatVersion: Int) throws(TableUpdateError) {
        var ids: Set<Int32> = []
        try Self.check(fields, path: [], &ids)
        for field in allFields { try field.check(formatVersion: formatVersion) }
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

extension SchemaField {
    /// Source: Iceberg specification, "Primitive Types" and "Default values".
    fileprivate func check(formatVersion: Int) throws(TableUpdateError) {
        guard type.formatVersionMin <= formatVersion else {
            throw TableUpdateError(
                .invalid,
                "column \(name) has the type \(type), which needs format version "
                    + "\(type.formatVersionMin); the table has version \(formatVersion)"
            )
        }
        if type == .unknown, isRequired {
            throw TableUpdateError(.invalid, "column \(name) is unknown and cannot be required")
        }
        for json in [initialDefault, writeDefault] {
            guard let json, json != .null else { continue }
            guard formatVersion >= 3 else {
                throw TableUpdateError(
                    .invalid,
                    "column \(name) has a default, which needs format version 3; the table has "
                        + "version \(formatVersion)"
                )
            }
            try check(default: json)
        }
    }

    private func check(default json: JSONValue) throws(TableUpdateError) {
        let value: SingleValue?
        do throws(SingleValueFault) {
            value = try SingleValue.read(json, as: type)
        } catch {
            throw TableUpdateError(.invalid, "the default of column \(name): \(error)")
        }
        if case .structure(let members) = value, !members.isEmpty {
            throw TableUpdateError(
                .invalid,
                "the default of column \(name) holds values of the fields inside, which have "
                    + "defaults of their own"
            )
        }
    }
}
