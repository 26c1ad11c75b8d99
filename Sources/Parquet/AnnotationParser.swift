internal import Bytes

/// Reads what a node's values mean, from the newer and the older annotation.
///
/// Source: apache/parquet-format, LogicalTypes.md.
enum AnnotationParser {
    /// Reads the `LogicalType` union.
    static func logicalType(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> ColumnAnnotation {
        var annotation = ColumnAnnotation.none
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            guard type == .structure else { return try reader.skip(type) }
            switch id {
            case 5:
                let pair = try integers(&reader)
                annotation = .decimal(precision: pair.second, scale: pair.first)
            case 7:
                let time = try timeUnit(&reader)
                annotation = .time(time.unit, isAdjustedToUTC: time.isAdjustedToUTC)
            case 8:
                let time = try timeUnit(&reader)
                annotation = .timestamp(time.unit, isAdjustedToUTC: time.isAdjustedToUTC)
            case 10: annotation = try integerType(&reader)
            case 17: annotation = .geometry(crs: try spatial(&reader).crs)
            case 18:
                let spatial = try spatial(&reader)
                annotation = .geography(crs: spatial.crs, algorithm: spatial.algorithm)
            default:
                annotation = plain[id] ?? .other(number: id)
                try reader.skip(type)
            }
        }
        return annotation
    }

    /// The members of the union that have no fields.
    private static let plain: [Int: ColumnAnnotation] = [
        1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 11: .null, 12: .json,
        13: .bson, 14: .uuid, 15: .float16, 16: .variant,
    ]

    /// The meaning of a `ConvertedType` number.
    static func convertedType(_ number: Int?, precision: Int, scale: Int) -> ColumnAnnotation {
        switch number {
        case nil: .none
        case 0: .string
        case 1: .map
        case 2: .mapKeyValue
        case 3: .list
        case 4: .enumeration
        case 5: .decimal(precision: precision, scale: scale)
        case 6: .date
        case 7: .time(.milliseconds, isAdjustedToUTC: true)
        case 8: .time(.microseconds, isAdjustedToUTC: true)
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
        case 19: .json
        case 20: .bson
        case 21: .interval
        case .some(let number): .other(number: number)
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

    /// Names of the `EdgeInterpolationAlgorithm` numbers, as Iceberg spells them.
    private static let edgeAlgorithms = [
        "spherical", "vincenty", "thomas", "andoyer", "karney",
    ]

    private static func spatial(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> (crs: String?, algorithm: String?) {
        var crs: String?
        var algorithm: String?
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .binary):
                let text = try reader.readText()
                crs = text.isEmpty ? nil : text
            case (2, .int32):
                let number = try reader.readInteger()
                algorithm =
                    edgeAlgorithms.indices.contains(number)
                    ? edgeAlgorithms[number] : "algorithm \(number)"
            default: try reader.skip(type)
            }
        }
        return (crs, algorithm)
    }
}
