public import Columns

extension SingleValue {
    /// The value of a row; `nil` where it is NULL.
    ///
    /// - Precondition: `column` has the shape of `type`.
    public init?(row: Int, of column: Column, type: IcebergType) {
        if column.isNull(row) { return nil }
        switch type {
        case .boolean: self = .boolean(column.value(at: row, as: UInt8.self) != 0)
        case .int, .date: self = .integer(Int64(column.value(at: row, as: Int32.self)))
        case .long, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos:
            self = .integer(column.value(at: row, as: Int64.self))
        case .float: self = .floating(Double(column.value(at: row, as: Float.self)))
        case .double: self = .floating(column.value(at: row, as: Double.self))
        case .decimal:
            self = .decimal(
                unscaled: column.type == .int64
                    ? Int128(column.value(at: row, as: Int64.self))
                    : column.value(at: row, as: Int128.self)
            )
        case .string: self = .text([UInt8](column.bytes(at: row)))
        case .uuid: self = .uuid(UInt128(bigEndian: column.value(at: row, as: UInt128.self)))
        case .fixed, .binary, .geometry, .geography:
            self = .binary([UInt8](column.bytes(at: row)))
        case .structure(let fields):
            self = .structure(
                zip(fields, column.children).map { field, child in
                    Member(
                        fieldID: field.id,
                        value: SingleValue(row: row, of: child, type: field.type)
                    )
                }
            )
        case .list(let element):
            self = .list(
                column.elements(at: row).map {
                    SingleValue(row: $0, of: column.children[0], type: element.type)
                }
            )
        case .map(let key, let value):
            self = .map(
                column.elements(at: row).compactMap { element in
                    SingleValue(row: element, of: column.children[0], type: key.type).map {
                        Entry(
                            key: $0,
                            value: SingleValue(
                                row: element,
                                of: column.children[1],
                                type: value.type
                            )
                        )
                    }
                }
            )
        case .unknown, .variant: return nil
        }
    }
}

extension SingleValue {
    /// A column of one row that holds the value; `nil` when it is no value of `type`.
    ///
    /// A structure gets the initial defaults of the fields that the value does not name.
    public func column(as type: IcebergType) -> Column? {
        var builder = ColumnBuilder(type.columnShape, expectedRows: 1)
        return builder.append(self, as: type) ? builder.finish() : nil
    }
}

extension ColumnBuilder {
    /// Appends a value; after a false the builder is of no use any more.
    fileprivate mutating func append(_ value: SingleValue?, as type: IcebergType) -> Bool {
        switch (value, type) {
        case (nil, _): appendNull()
        case (.boolean(let value), .boolean): append(UInt8(value ? 1 : 0))
        case (.integer(let value), .int), (.integer(let value), .date):
            guard let narrow = Int32(exactly: value) else { return false }
            append(narrow)
        case (.integer(let value), .long), (.integer(let value), .time),
            (.integer(let value), .timestamp), (.integer(let value), .timestamptz),
            (.integer(let value), .timestampNanos), (.integer(let value), .timestamptzNanos):
            append(value)
        case (.floating(let bits), .float): append(Float(Double(bitPattern: bits)))
        case (.floating(let bits), .double): append(Double(bitPattern: bits))
        case (.decimal(let unscaled), .decimal):
            guard self.type == .int64 else {
                append(unscaled)
                return true
            }
            guard let narrow = Int64(exactly: unscaled) else { return false }
            append(narrow)
        case (.uuid(let value), .uuid): append(value.bigEndian)
        case (.text(let bytes), .string), (.binary(let bytes), .binary),
            (.binary(let bytes), .geometry), (.binary(let bytes), .geography):
            bytes.withUnsafeBytes { append($0) }
        case (.binary(let bytes), .fixed(let lengthBytes)):
            guard bytes.count == lengthBytes else { return false }
            bytes.withUnsafeBytes { append($0) }
        default: return appendNested(value, as: type)
        }
        return true
    }

    private mutating func appendNested(_ value: SingleValue?, as type: IcebergType) -> Bool {
        switch (value, type) {
        case (.structure(let members), .structure(let fields)):
            for (index, field) in fields.enumerated() {
                let member = members.first { $0.fieldID == field.id }
                guard children[index].append(member, of: field) else { return false }
            }
            closeStructure()
        case (.list(let items), .list(let element)):
            for item in items {
                guard children[0].append(item, as: element.type) else { return false }
            }
            closeElements()
        case (.map(let entries), .map(let key, let value)):
            for entry in entries {
                guard children[0].append(entry.key, as: key.type),
                    children[1].append(entry.value, as: value.type)
                else { return false }
            }
            closeElements()
        default: return false
        }
        return true
    }

    private mutating func append(_ member: SingleValue.Member?, of field: SchemaField) -> Bool {
        if let member { return append(member.value, as: field.type) }
        guard let json = field.initialDefault else { return append(nil, as: field.type) }
        guard let value = try? SingleValue.read(json, as: field.type) else { return false }
        return append(value, as: field.type)
    }
}
