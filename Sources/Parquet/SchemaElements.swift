internal import TableModel

extension ThriftWriter {
    /// Writes the schema of a flat file: the root, then one leaf a field.
    mutating func schema(_ id: Int16, fields: [ParquetField]) {
        list(id, of: .structure, count: fields.count + 1)
        element { root in
            root.text(4, "table")
            root.int32(5, fields.count)
        }
        for field in fields {
            element { $0.schemaElement(field) }
        }
    }

    private mutating func schemaElement(_ field: ParquetField) {
        int32(1, field.type.parquetPhysicalType.rawValue)
        if let length = field.type.parquetTypeLength { int32(2, length) }
        int32(3, field.isRequired ? 0 : 1)
        text(4, field.name)
        if let convertedType = field.type.parquetConvertedType { int32(6, convertedType) }
        if case .decimal(let precision, let scale) = field.type {
            int32(7, scale)
            int32(8, precision)
        }
        int32(9, Int(field.fieldID))
        logicalType(10, field.type)
    }

    private mutating func logicalType(_ id: Int16, _ type: IcebergType) {
        switch type {
        case .string: structure(id) { $0.structure(1) { _ in } }
        case .decimal(let precision, let scale):
            structure(id) { logical in
                logical.structure(5) { decimal in
                    decimal.int32(1, scale)
                    decimal.int32(2, precision)
                }
            }
        case .date: structure(id) { $0.structure(6) { _ in } }
        case .time: microseconds(id, kind: 7, isAdjustedToUTC: false)
        case .timestamp: microseconds(id, kind: 8, isAdjustedToUTC: false)
        case .timestamptz: microseconds(id, kind: 8, isAdjustedToUTC: true)
        case .uuid: structure(id) { $0.structure(14) { _ in } }
        case .timestampNanos: nanoseconds(id, isAdjustedToUTC: false)
        case .timestamptzNanos: nanoseconds(id, isAdjustedToUTC: true)
        case .unknown, .geometry, .geography, .variant, .structure, .list, .map,
            .boolean, .int, .long, .float, .double, .fixed, .binary:
            break
        }
    }

    private mutating func nanoseconds(_ id: Int16, isAdjustedToUTC: Bool) {
        structure(id) { logical in
            logical.structure(8) { time in
                time.boolean(1, isAdjustedToUTC)
                time.structure(2) { unit in unit.structure(3) { _ in } }
            }
        }
    }

    /// A TIME or TIMESTAMP logical type in microseconds.
    private mutating func microseconds(_ id: Int16, kind: Int16, isAdjustedToUTC: Bool) {
        structure(id) { logical in
            logical.structure(kind) { time in
                time.boolean(1, isAdjustedToUTC)
                time.structure(2) { unit in unit.structure(2) { _ in } }
            }
        }
    }
}

extension IcebergType {
    /// The older annotation beside the logical type, for readers that know only that.
    ///
    /// TIME and TIMESTAMP have one only where it means the same: adjusted to UTC.
    fileprivate var parquetConvertedType: Int? {
        switch self {
        case .string: 0
        case .decimal: 5
        case .date: 6
        case .timestamptz: 10
        default: nil
        }
    }
}
