internal import Bytes

/// The column types of the binlog and of the client protocol.
///
/// Source: MySQL `include/field_types.h`; MariaDB `include/mysql_com.h` for 140 and 141.
enum FieldType {
    static let decimal: UInt8 = 0
    static let tiny: UInt8 = 1
    static let short: UInt8 = 2
    static let long: UInt8 = 3
    static let float: UInt8 = 4
    static let double: UInt8 = 5
    static let null: UInt8 = 6
    static let timestamp: UInt8 = 7
    static let longLong: UInt8 = 8
    static let int24: UInt8 = 9
    static let date: UInt8 = 10
    static let time: UInt8 = 11
    static let datetime: UInt8 = 12
    static let year: UInt8 = 13
    static let newDate: UInt8 = 14
    static let varchar: UInt8 = 15
    static let bit: UInt8 = 16
    static let timestamp2: UInt8 = 17
    static let datetime2: UInt8 = 18
    static let time2: UInt8 = 19
    static let blobCompressed: UInt8 = 140
    static let varcharCompressed: UInt8 = 141
    static let vector: UInt8 = 242
    static let json: UInt8 = 245
    static let newDecimal: UInt8 = 246
    static let enumeration: UInt8 = 247
    static let set: UInt8 = 248
    static let tinyBlob: UInt8 = 249
    static let mediumBlob: UInt8 = 250
    static let longBlob: UInt8 = 251
    static let blob: UInt8 = 252
    static let varString: UInt8 = 253
    static let string: UInt8 = 254
    static let geometry: UInt8 = 255

    static func isNumeric(_ type: UInt8) -> Bool {
        switch type {
        case tiny, short, int24, long, longLong, newDecimal, float, double, year: true
        default: false
        }
    }

    static func isCharacter(_ type: UInt8) -> Bool {
        switch type {
        case string, varString, varchar, blob, tinyBlob, mediumBlob, longBlob, blobCompressed,
            varcharCompressed:
            true
        default: false
        }
    }

    static func name(_ type: UInt8) -> String {
        switch type {
        case decimal: "DECIMAL of MySQL 4"
        case vector: "VECTOR"
        case 20: "TYPED ARRAY"
        default: "binlog type \(type)"
        }
    }
}

/// One column as a table map describes it.
struct EventColumn: Equatable {
    /// The real type: enumerations and sets are told apart from strings.
    var type: UInt8
    /// Fixed width of a value in bytes; zero when a length stands in front.
    var widthBytes = 0
    /// Bytes of the length in front of a value.
    var prefixBytes = 0
    /// Declared length in bytes of strings, precision of decimals, fractional digits of times,
    /// bits of BIT.
    var size = 0
    var scale = 0
    var isNullable = false

    // From the optional metadata.
    var isUnsigned = false
    var collation: Int?
    var name: String?
    /// The strings of ENUM and SET in the column's character set.
    var labels: [[UInt8]] = []

    /// Reads the type's own metadata.
    ///
    /// - Throws: ``WireFault`` `.unknownTag` for a type that has no meaning here.
    init(type code: UInt8, metadata reader: inout ByteReader) throws(WireFault) {
        type = code
        switch code {
        case FieldType.tiny, FieldType.year: widthBytes = 1
        case FieldType.short: widthBytes = 2
        case FieldType.int24, FieldType.date, FieldType.time, FieldType.newDate: widthBytes = 3
        case FieldType.long, FieldType.timestamp: widthBytes = 4
        case FieldType.longLong, FieldType.datetime: widthBytes = 8
        case FieldType.null: widthBytes = 0
        case FieldType.float, FieldType.double:
            widthBytes = code == FieldType.float ? 4 : 8
            try reader.skip(1)
        case FieldType.newDecimal: try readDecimal(&reader)
        case FieldType.timestamp2, FieldType.datetime2, FieldType.time2:
            size = Int(try reader.readInteger(as: UInt8.self))
            guard size <= 6 else { throw malformed(code, reader) }
            let integerBytes = [FieldType.timestamp2: 4, FieldType.datetime2: 5][code] ?? 3
            widthBytes = integerBytes + (size + 1) / 2
        case FieldType.bit:
            let bits = Int(try reader.readInteger(as: UInt8.self))
            let bytes = Int(try reader.readInteger(as: UInt8.self))
            size = bytes * 8 + bits
            guard bits < 8, size >= 1, size <= 64 else { throw malformed(code, reader) }
            widthBytes = bytes + (bits > 0 ? 1 : 0)
        case FieldType.varchar, FieldType.varString, FieldType.varcharCompressed:
            size = Int(try reader.readInteger(as: UInt16.self))
            prefixBytes = size > 255 ? 2 : 1
        case FieldType.blob, FieldType.blobCompressed, FieldType.geometry, FieldType.json,
            FieldType.vector, FieldType.tinyBlob, FieldType.mediumBlob, FieldType.longBlob:
            prefixBytes = Int(try reader.readInteger(as: UInt8.self))
            guard (1...4).contains(prefixBytes) else { throw malformed(code, reader) }
        case FieldType.string, FieldType.enumeration, FieldType.set: try readString(&reader)
        default: throw malformed(code, reader)
        }
    }

    private func malformed(_ code: UInt8, _ reader: borrowing ByteReader) -> WireFault {
        WireFault(
            .unknownTag,
            offset: reader.offset,
            wanted: Int(code),
            available: reader.remaining
        )
    }

    private mutating func readDecimal(_ reader: inout ByteReader) throws(WireFault) {
        size = Int(try reader.readInteger(as: UInt8.self))
        scale = Int(try reader.readInteger(as: UInt8.self))
        guard (1...65).contains(size), scale <= size else {
            throw malformed(FieldType.newDecimal, reader)
        }
        widthBytes = DecimalFormat.byteCount(precision: size, scale: scale)
    }

    /// The two bytes of STRING hide the real type and, in two of its bits, the length's high bits.
    private mutating func readString(_ reader: inout ByteReader) throws(WireFault) {
        let first = try reader.readInteger(as: UInt8.self)
        let second = Int(try reader.readInteger(as: UInt8.self))
        if first & 0x30 != 0x30 {
            type = first | 0x30
            size = second | Int((first & 0x30) ^ 0x30) << 4
        } else {
            type = first
            size = second
        }
        switch type {
        case FieldType.enumeration, FieldType.set:
            let widest = type == FieldType.enumeration ? 2 : 8
            guard size >= 1, size <= widest else { throw malformed(type, reader) }
            widthBytes = size
        case FieldType.string: prefixBytes = size > 255 ? 2 : 1
        default: throw malformed(type, reader)
        }
    }
}
