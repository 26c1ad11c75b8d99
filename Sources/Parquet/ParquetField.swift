public import TableModel

/// One column of a file that is to be written, or a field inside one.
///
/// Fields make up a tree through their types: a structure's, list's or map's type holds the fields
/// inside.
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

    /// The fields directly inside, under the names that a file gives them.
    ///
    /// Source: apache/parquet-format, LogicalTypes.md "Nested Types".
    public var children: [ParquetField] {
        let names: [String]? =
            switch type {
            case .list: ["element"]
            case .map: ["key", "value"]
            default: nil
            }
        return type.children.enumerated().map { index, child in
            var field = ParquetField(child)
            if let names { field.name = names[index] }
            return field
        }
    }
}
