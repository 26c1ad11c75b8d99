internal import Bytes

/// Turns MySQL's binary JSON into the text that the server prints for it.
///
/// Containers hold a count, a size, key entries, value entries, then the data; offsets count from
/// the container's own start. Small ones have two-byte numbers, large ones four-byte numbers.
///
/// Source: MySQL `sql-common/json_binary.h`.
struct BinaryJSON {
    /// The server's own limit on nesting.
    static let depthMax = 100

    private enum Kind {
        static let smallObject: UInt8 = 0
        static let largeObject: UInt8 = 1
        static let smallArray: UInt8 = 2
        static let largeArray: UInt8 = 3
        static let literal: UInt8 = 4
        static let int16: UInt8 = 5
        static let uint16: UInt8 = 6
        static let int32: UInt8 = 7
        static let uint32: UInt8 = 8
        static let int64: UInt8 = 9
        static let uint64: UInt8 = 10
        static let double: UInt8 = 11
        static let string: UInt8 = 12
        static let opaque: UInt8 = 15
    }

    private let bytes: UnsafeRawBufferPointer

    /// Appends the text of a whole value; a value of no bytes is JSON null.
    static func appendText(
        of bytes: UnsafeRawBufferPointer,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        guard let kind = bytes.first else {
            output.append(utf8: "null")
            return
        }
        let document = BinaryJSON(bytes: bytes)
        try document.appendValue(kind, at: 1, depth: 0, to: &output)
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fault(_ kind: WireFault.Kind, _ offset: Int, _ wanted: Int) -> WireFault {
        WireFault(kind, offset: offset, wanted: wanted, available: max(bytes.count - offset, 0))
    }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int,
        as type: T.Type
    ) throws(WireFault) -> T {
        let width = MemoryLayout<T>.size
        guard offset >= 0, offset <= bytes.count - width else {
            throw fault(.truncated, offset, width)
        }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    private func slice(_ offset: Int, _ count: Int) throws(WireFault) -> UnsafeRawBufferPointer {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw fault(.impossibleLength, offset, count)
        }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    }

    private func appendValue(
        _ kind: UInt8,
        at offset: Int,
        depth: Int,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        switch kind {
        case Kind.smallObject, Kind.largeObject, Kind.smallArray, Kind.largeArray:
            guard depth < Self.depthMax else { throw fault(.malformedValue, offset, depth) }
            try appendContainer(kind, at: offset, depth: depth, to: &output)
        case Kind.literal: try appendLiteral(try load(offset, as: UInt8.self), offset, to: &output)
        case Kind.int16: output.append(utf8: String(try load(offset, as: Int16.self)))
        case Kind.uint16: output.append(utf8: String(try load(offset, as: UInt16.self)))
        case Kind.int32: output.append(utf8: String(try load(offset, as: Int32.self)))
        case Kind.uint32: output.append(utf8: String(try load(offset, as: UInt32.self)))
        case Kind.int64: output.append(utf8: String(try load(offset, as: Int64.self)))
        case Kind.uint64: output.append(utf8: String(try load(offset, as: UInt64.self)))
        case Kind.double:
            let bits = try load(offset, as: UInt64.self)
            output.append(utf8: JSONNumber.text(of: Double(bitPattern: bits)))
        case Kind.string:
            let (start, count) = try readLength(offset)
            JSONString.append(try slice(start, count), to: &output)
        case Kind.opaque: try appendOpaque(at: offset, to: &output)
        default: throw fault(.unknownTag, offset, Int(kind))
        }
    }

    private func appendLiteral(
        _ value: UInt8,
        _ offset: Int,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        switch value {
        case 0: output.append(utf8: "null")
        case 1: output.append(utf8: "true")
        case 2: output.append(utf8: "false")
        default: throw fault(.unknownTag, offset, Int(value))
        }
    }

    private func number(_ offset: Int, isLarge: Bool) throws(WireFault) -> Int {
        isLarge ? Int(try load(offset, as: UInt32.self)) : Int(try load(offset, as: UInt16.self))
    }

    private func appendContainer(
        _ kind: UInt8,
        at start: Int,
        depth: Int,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        let isLarge = kind == Kind.largeObject || kind == Kind.largeArray
        let isObject = kind == Kind.smallObject || kind == Kind.largeObject
        let numberBytes = isLarge ? 4 : 2
        let count = try number(start, isLarge: isLarge)
        let keyEntries = start + 2 * numberBytes
        let keyBytes = isObject ? numberBytes + 2 : 0
        let valueEntries = keyEntries + count * keyBytes
        _ = try slice(valueEntries, count * (numberBytes + 1))
        output.append(UInt8(ascii: isObject ? "{" : "["))
        for index in 0..<count {
            if index > 0 { output.append(utf8: ", ") }
            if isObject {
                let entry = keyEntries + index * keyBytes
                let keyOffset = try number(entry, isLarge: isLarge)
                let keyCount = Int(try load(entry + numberBytes, as: UInt16.self))
                JSONString.append(try slice(start + keyOffset, keyCount), to: &output)
                output.append(utf8: ": ")
            }
            let entry = valueEntries + index * (numberBytes + 1)
            let valueKind = try load(entry, as: UInt8.self)
            let place =
                Self.isInlined(valueKind, isLarge: isLarge)
                ? entry + 1 : start + (try number(entry + 1, isLarge: isLarge))
            try appendValue(valueKind, at: place, depth: depth + 1, to: &output)
        }
        output.append(UInt8(ascii: isObject ? "}" : "]"))
    }

    private static func isInlined(_ kind: UInt8, isLarge: Bool) -> Bool {
        switch kind {
        case Kind.literal, Kind.int16, Kind.uint16: true
        case Kind.int32, Kind.uint32: isLarge
        default: false
        }
    }

    /// A length of seven bits a byte, least significant first.
    private func readLength(_ offset: Int) throws(WireFault) -> (start: Int, count: Int) {
        var count = 0
        for index in 0..<5 {
            let byte = try load(offset + index, as: UInt8.self)
            count |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { return (offset + index + 1, count) }
        }
        throw fault(.malformedValue, offset, 5)
    }

    // MARK: Values of SQL types

    private func appendOpaque(
        at offset: Int,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        let type = try load(offset, as: UInt8.self)
        let (start, count) = try readLength(offset + 1)
        let data = try slice(start, count)
        switch type {
        case FieldType.newDecimal: try appendDecimal(data, start, to: &output)
        case FieldType.date, FieldType.datetime, FieldType.timestamp, FieldType.time:
            guard count == 8 else { throw fault(.impossibleLength, start, count) }
            let packed = try load(start, as: Int64.self)
            output.append(UInt8(ascii: "\""))
            Self.appendTemporal(type, packed, to: &output)
            output.append(UInt8(ascii: "\""))
        default:
            output.append(utf8: "\"base64:type\(type):")
            Base64.append(data, to: &output)
            output.append(UInt8(ascii: "\""))
        }
    }

    private func appendDecimal(
        _ data: UnsafeRawBufferPointer,
        _ offset: Int,
        to output: inout ByteBuffer
    ) throws(WireFault) {
        guard data.count >= 3, let base = data.baseAddress else {
            throw fault(.impossibleLength, offset, data.count)
        }
        let precision = Int(data[0])
        let scale = Int(data[1])
        guard (1...65).contains(precision), scale <= precision,
            data.count - 2 == DecimalFormat.byteCount(precision: precision, scale: scale)
        else { throw fault(.malformedValue, offset, precision) }
        let format = DecimalFormat(precision: precision, scale: scale)
        output.append(contentsOf: format.decodeText(base + 2, scale: scale))
    }

    /// The packed form has the whole part above 24 bits of microseconds.
    private static func appendTemporal(
        _ type: UInt8,
        _ packed: Int64,
        to output: inout ByteBuffer
    ) {
        let magnitude = packed.magnitude
        let whole = magnitude >> 24
        let span = TimeSpan(
            isNegative: packed < 0,
            hours: Int(whole >> 12 & (type == FieldType.time ? 1023 : 31)),
            minutes: Int(whole >> 6 & 63),
            seconds: Int(whole & 63),
            microseconds: Int(magnitude & 0xFF_FFFF)
        )
        if type != FieldType.time {
            let date = Int(truncatingIfNeeded: whole >> 17)
            let yearMonth = date >> 5
            appendPadded(yearMonth / 13, 4, to: &output)
            output.append(UInt8(ascii: "-"))
            appendPadded(yearMonth % 13, 2, to: &output)
            output.append(UInt8(ascii: "-"))
            appendPadded(date & 31, 2, to: &output)
            if type == FieldType.date { return }
            output.append(UInt8(ascii: " "))
        }
        output.reserve(TimeSpan.textBytesMax)
        let end = output.pointer + output.count
        output.advance(by: span.write(to: end, fractionDigits: 6))
    }

    private static func appendPadded(_ value: Int, _ digits: Int, to output: inout ByteBuffer) {
        let text = String(value)
        for _ in text.utf8.count..<max(digits, text.utf8.count) { output.append(UInt8(ascii: "0")) }
        output.append(utf8: text)
    }
}
