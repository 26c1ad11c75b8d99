public import TableModel

/// One column of a file that is to be written.
public struct ParquetField: Hashable, Sendable {
    public var fieldID: Int32
    public var name: String
    public var type: IcebergType
    public var isRequired: Bool

    public init(fieldID: Int32, name: String, type: IcebergType, isRequired: Bool) {
        self.fieldID = fieldID
        self.name = name
        self.type = type
        self.isRequired = isRequired
    }

    public init(_ field: SchemaField) {
        self.init(
            fieldID: field.id,
            name: field.name,
            type: field.type,
            isRequired: field.isRequired
        )
    }
}
