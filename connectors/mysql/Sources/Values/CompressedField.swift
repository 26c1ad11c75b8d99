internal import Bytes
internal import CZlib

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
        let windowBits: Int32 = hasHeader ? 15 : -15
        var stream = z_stream()
        var status = inflateInit2_(
            &stream,
            windowBits,
            zlibVersion(),
            Int32(MemoryLayout<z_stream>.size)
        )
        var written = 0
        let plain = [UInt8](unsafeUninitializedCapacity: lengthBytes) { target, count in
            source.withUnsafeBytes { bytes in
                // zlib's field is not const, but it only reads.
                stream.next_in = UnsafeMutablePointer(
                    mutating: bytes.bindMemory(to: UInt8.self).baseAddress
                )
                stream.avail_in = UInt32(clamping: bytes.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(clamping: lengthBytes)
                if status == Z_OK { status = CZlib.inflate(&stream, Z_FINISH) }
                written = lengthBytes - Int(stream.avail_out)
            }
            count = written
        }
        inflateEnd(&stream)
        guard status == Z_STREAM_END, written == lengthBytes else {
            throw WireFault(
                .malformedValue,
                offset: 0,
                wanted: lengthBytes,
                available: written
            )
        }
        return plain
    }
}
