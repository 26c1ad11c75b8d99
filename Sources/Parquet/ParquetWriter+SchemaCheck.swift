internal import TableModel

extension ParquetWriter {
    /// Refuses fields that cannot make up a file's schema.
    static func check(_ fields: [ParquetField]) throws(ParquetWriteError) {
        var names: Set<String> = []
        var ids: Set<Int32> = []
        guard !fields.isEmpty else {
            throw ParquetWriteError(.schema, "a file needs at least one column, none was given")
        }
        for field in fields {
            func failure(_ message: String) -> ParquetWriteError {
                ParquetWriteError(.schema, column: field.name, message)
            }
            guard !field.name.isEmpty, names.insert(field.name).inserted else {
                throw failure("column names must be there and differ")
            }
            guard ids.insert(field.fieldID).inserted else {
                throw failure("field id \(field.fieldID) is used twice")
            }
            switch field.type {
            case .decimal(let precision, let scale):
                guard (1...38).contains(precision), (0...precision).contains(scale) else {
                    throw failure("\(field.type) is not a decimal of 1 to 38 digits")
                }
            case .fixed(let lengthBytes):
                guard (1...Int(Int32.max)).contains(lengthBytes) else {
                    throw failure("\(field.type) must have at least one byte")
                }
            case .unknown, .variant, .structure, .list, .map:
                throw failure("\(field.type) is not written yet")
            default: break
            }
        }
    }
}
