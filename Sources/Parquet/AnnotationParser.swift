internal import Bytes

/// Reads what a leaf's values mean, from the newer and the older annotation.
///
/// Source: apache/parquet-format, LogicalTypes.md.
enum AnnotationParser {
    /// Reads the `LogicalType` union.
    static func logicalType(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> ColumnAnnotation {
        var annotation = ColumnAnnotation.other
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            guard type == .structure else { return try reader.skip(type) }
            switch id {
            case 5:
                let pair = try integers(&reader)
                annotation = .decimal(precision: pair.second, scale: pair.first)
            case 7: annotation = .time(try timeUnit(&reader).unit)
            case 8:
                let time = try timeUnit(&reader)
                annotation = .timestamp(time.unit, isAdjustedToUTC: time.isAdjustedToUTC)
            case 10: annotation = try integerType(&reader)
            default:
                switch id {
                case 1, 4, 12: annotation = .text
                case 6: annotation = .date
                case 14: annotation = .uuid
                default: annotation = .other
                }
                try reader.skip(type)
            }
        }
        return annotation
    }

    /// The meaning of a `ConvertedType` number.
    static func convertedType(_ number: Int?, precision: Int, scale: Int) -> ColumnAnnotation {
        switch number {
        case nil: .none
        case 0, 4, 19: .text
        case 5: .decimal(precision: precision, scale: scale)
        case 6: .date
        case 7: .time(.milliseconds)
        case 8: .time(.microseconds)
        case 9: .timestamp(.milliseconds, isAdjustedToUTC: true)
        case 10: .timestamp(.microseconds, isAdjustedToUTC: true)
        case 11: .integer(bitWidth: 8, isSigned: false)
        case 12: .integer(bitWidth: 16, isSigned: false)
        case 13: .integer(bitWidth: 32, isSigned: false)
        case 14: .integer(bitWidth: 64, isSigned: false)
        case 15: .integer(bitWidth: 8, isSigned: true)
        case 16: .integer(bitWidth: 16, isSigned: true)
        case 17: .integer(bitWidth: 32, isSigned: true)
        case 18: .integer(bitWidth: 64, isSigned: true)
        default: .other
        }
    }

    private static func integers(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> (first: Int, second: Int) {
        var pair = (first: 0, second: 0)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int32): pair.first = try reader.readInteger()
            case (2, .int32): pair.second = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        return pair
    }

    private static func integerType(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> ColumnAnnotation {
        var bitWidth = 0
        var isSigned = true
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int8): bitWidth = Int(try reader.readByte())
            case (2, .booleanTrue): isSigned = true
            case (2, .booleanFalse): isSigned = false
            default: try reader.skip(type)
            }
        }
        return .integer(bitWidth: bitWidth, isSigned: isSigned)
    }

    private static func timeUnit(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> (unit: ColumnAnnotation.Unit, isAdjustedToUTC: Bool) {
        var unit = ColumnAnnotation.Unit.microseconds
        var isAdjustedToUTC = false
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .booleanTrue): isAdjustedToUTC = true
            case (2, .structure):
                try reader.readStruct { (reader, id, type) throws(WireFault) in
                    unit = id == 1 ? .milliseconds : id == 3 ? .nanoseconds : .microseconds
                    try reader.skip(type)
                }
            default: try reader.skip(type)
            }
        }
        return (unit, isAdjustedToUTC)
    }
}
