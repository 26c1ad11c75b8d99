internal import Bytes
internal import Codecs

/// Data that MariaDB compressed with zlib: log records and columns declared COMPRESSED.
enum CompressedField {
    /// Deflate makes at most about a thousand bytes of one, so a larger claim is a lie.
    static let expansionMax = 1_040

    /// A query's text or an event's rows: `0x80 | bytes of the length`, the length, a zlib stream.
    ///
    /// Source: MariaDB `sql/log_event.cc`, `binlog_buf_uncompress`.
    static func expandLogRecord(_ record: RawSpan) throws(WireFault) -> [UInt8] {
        var reader = ByteReader(record)
        let head = try reader.readInteger(as: UInt8.self)
        guard head & 0x80 != 0, head >> 4 & 7 == 0 else {
            throw WireFault(
                .unknownTag,
                offset: 0,
                wanted: Int(head),
                available: reader.remaining
            )
        }
        let length = try readLength(&reader, byteCount: Int(head & 7))
        return try inflate(try reader.readRest(), lengthBytes: length, hasHeader: true)
    }

    /// A column's value: a zero byte and the plain bytes, or `0x80 | 8 when without zlib header |
    /// bytes of the length`, the length, the stream.
    ///
    /// Source: MariaDB `sql/field.cc`, `Field_longstr::uncompress`.
    static func expandColumn(_ value: RawSpan) throws(WireFault) -> [UInt8] {
        // An empty value is stored without its head.
        if value.byteCount == 0 { return [] }
        var reader = ByteReader(value)
        let head = try reader.readInteger(as: UInt8.self)
        if head == 0 { return try reader.readRest().withUnsafeBytes { Array($0) } }
        guard head & 0xF0 == 0x80 else {
            throw WireFault(
                .unknownTag,
                offset: 0,
                wanted: Int(head),
                available: reader.remaining
            )
        }
        let length = try readLength(&reader, byteCount: Int(head & 7))
        return try inflate(try reader.readRest(), lengthBytes: length, hasHeader: head & 8 == 0)
    }

    private static func readLength(
        _ reader: inout ByteReader,
        byteCount: Int
    ) throws(WireFault) -> Int {
        var length = 0
        for _ in 0..<byteCount {
            length = length << 8 | Int(try reader.readInteger(as: UInt8.self))
        }
        guard length <= (reader.remaining + 64) * expansionMax else {
            throw WireFault(
                .impossibleLength,
                offset: reader.offset,
                wanted: length,
                available: reader.remaining
            )
        }
        return length
    }

    private static func inflate(
        _ source: RawSpan,
        lengthBytes: Int,
        hasHeader: Bool
    ) throws(WireFault) -> [UInt8] {
        var plain = ByteBuffer(capacityBytes: lengthBytes)
        do throws(CodecError) {
            try source.withUnsafeBytes { (bytes) throws(CodecError) in
                try Inflate.append(
                    bytes,
                    format: hasHeader ? .zlib : .raw,
                    byteCountMax: lengthBytes,
                    to: &plain
                )
            }
        } catch {
            throw malformed(lengthBytes, plain.count)
        }
        guard plain.count == lengthBytes else { throw malformed(lengthBytes, plain.count) }
        return plain.toArray()
    }

    private static func malformed(_ wanted: Int, _ available: Int) -> WireFault {
        WireFault(.malformedValue, offset: 0, wanted: wanted, available: available)
    }
}
