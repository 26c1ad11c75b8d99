extension AvroSchema {
    /// The fewest bytes that a value takes, and how many values in it take no byte at all.
    ///
    /// Items of arrays are not counted: they have a count of their own.
    var footprint: (bytesMin: Int, emptyValues: Int) {
        switch self {
        case .null: (0, 1)
        case .boolean, .int, .long, .bytes, .string, .enumeration, .array, .map: (1, 0)
        case .float: (4, 0)
        case .double: (8, 0)
        case .fixed(_, let lengthBytes): (lengthBytes, lengthBytes == 0 ? 1 : 0)
        case .logical(_, let base): base.footprint
        case .union(let branches):
            // The branch's number takes a byte, which pays for one null.
            branches.reduce((1, 0)) { most, branch in
                (1, Swift.max(most.1, branch.footprint.emptyValues - 1))
            }
        case .record(let record):
            record.fields.reduce((0, 1)) { sum, field in
                let part = field.schema.footprint
                return (sum.0 + part.bytesMin, sum.1 + part.emptyValues)
            }
        }
    }
}
