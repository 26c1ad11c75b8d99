internal import TableModel

extension ThriftWriter {
    /// Writes the schema: the root, then every node before the nodes inside it.
    ///
    /// Columns of type unknown are in no file.
    mutating func schema(_ id: Int16, fields: [ParquetField]) {
        let written = fields.filter { $0.type != .unknown }
        let count = written.reduce(1) { $0 + $1.schemaElementCount }
        list(id, of: .structure, count: count)
        element { root in
            root.text(4, "table")
            root.int32(5, written.count)
        }
        for field in written { schemaElements(field) }
    }

    private mutating func schemaElements(_ field: ParquetField) {
        let children = field.writtenChildren
        switch field.type {
        case .structure: element { $0.groupElement(field, childCount: children.count) }
        case .list: repeatedGroup(field, name: "list", childCount: children.count)
        case .map: repeatedGroup(field, name: "key_value", childCount: children.count)
        case .variant: return variantGroup(field)
        default: return element { $0.leafElement(field) }
        }
        for child in children { schemaElements(child) }
    }

    /// The outer group of a list or map and the repeated one inside it.
    private mutating func repeatedGroup(_ field: ParquetField, name: String, childCount: Int) {
        element { $0.groupElement(field, childCount: 1) }
        element { group in
            group.int32(3, ParquetRepetition.repeated.rawValue)
            group.text(4, name)
            group.int32(5, childCount)
        }
    }

    private mutating func variantGroup(_ field: ParquetField) {
        element { $0.groupElement(field, childCount: VariantGroup.names.count) }
        for name in VariantGroup.names {
            element { leaf in
                leaf.int32(1, ParquetPhysicalType.byteArray.rawValue)
                leaf.int32(3, ParquetRepetition.required.rawValue)
                leaf.text(4, name)
            }
        }
    }

    private mutating func groupElement(_ field: ParquetField, childCount: Int) {
        int32(3, field.repetition.rawValue)
        text(4, field.name)
        int32(5, childCount)
        if let convertedType = field.type.parquetConvertedType { int32(6, convertedType) }
        int32(9, Int(field.fieldID))
        logicalType(10, field.type)
    }

    private mutating func leafElement(_ field: ParquetField) {
        int32(1, field.type.parquetPhysicalType.rawValue)
        if let length = field.type.parquetTypeLength { int32(2, length) }
        int32(3, field.repetition.rawValue)
        text(4, field.name)
        if let convertedType = field.type.parquetConvertedType { int32(6, convertedType) }
        if case .decimal(let precision, let scale) = field.type {
            int32(7, scale)
            int32(8, precision)
        }
        int32(9, Int(field.fieldID))
        logicalType(10, field.type)
    }
}

extension ParquetField {
    /// The fields inside that the file has.
    fileprivate var writtenChildren: [ParquetField] { children.filter { $0.type != .unknown } }

    fileprivate var repetition: ParquetRepetition { isRequired ? .required : .optional }

    /// Nodes of the schema that the field takes.
    fileprivate var schemaElementCount: Int {
        let own =
            switch type {
            case .list, .map: 2
            case .variant: 1 + VariantGroup.names.count
            default: 1
            }
        return writtenChildren.reduce(own) { $0 + $1.schemaElementCount }
    }
}

extension IcebergType {
    /// The older annotation beside the logical type, for readers that know only that.
    ///
    /// TIME and TIMESTAMP have one only where it means the same: adjusted to UTC, and not finer
    /// than microseconds.
    fileprivate var parquetConvertedType: Int? {
        switch self {
        case .string: 0
        case .map: 1
        case .list: 3
        case .decimal: 5
        case .date: 6
        case .timestamptz: 10
        default: nil
        }
    }
}
