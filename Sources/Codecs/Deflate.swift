internal import Bytes
internal import CZlib

/// The wrapper around a DEFLATE stream.
public enum DeflateFormat: Sendable {
    /// RFC 1951: no wrapper, as Avro blocks have it.
    case raw
    /// RFC 1950: two header bytes and an Adler-32, as MySQL's compressed columns and packets.
    case zlib
    /// RFC 1952: `gzip` members.
    case gzip

    /// zlib's `windowBits`, which carries the format.
    var windowBits: Int32 {
        switch self {
        case .raw: -15
        case .zlib: 15
        case .gzip: 15 + 16
        }
    }
}

/// Compresses with DEFLATE.
public enum Deflate {
    /// zlib's own default of speed against size.
    public static let defaultLevel: Int32 = 6

    /// The compressed form of `bytes`.
    ///
    /// - Throws: ``CodecError`` `.unavailable` when zlib has no memory.
    public static func compress(
        _ bytes: [UInt8],
        format: DeflateFormat,
        level: Int32 = defaultLevel
    ) throws(CodecError) -> [UInt8] {
        var target = ByteBuffer(capacityBytes: bytes.count / 2 + 64)
        try bytes.withUnsafeBufferPointer { source throws(CodecError) in
            try append(UnsafeRawBufferPointer(source), format: format, level: level, to: &target)
        }
        return target.toArray()
    }

    /// Appends the compressed form of `source` to `target`.
    static func append(
        _ source: UnsafeRawBufferPointer,
        format: DeflateFormat,
        level: Int32,
        to target: inout ByteBuffer
    ) throws(CodecError) {
        let failure = CodecError(
            .unavailable,
            codec: .gzip,
            inputBytes: source.count,
            expectedBytes: 0
        )
        guard let sourceCount = UInt32(exactly: source.count) else { throw failure }
        var stream = z_stream()
        let prepared = deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            format.windowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard prepared == Z_OK else { throw failure }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(source.count)))
        guard let boundCount = UInt32(exactly: bound) else { throw failure }
        target.reserve(bound)
        stream.next_in = UnsafeMutablePointer(
            mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.avail_in = sourceCount
        stream.next_out = (target.pointer + target.count).assumingMemoryBound(to: UInt8.self)
        stream.avail_out = boundCount
        guard deflate(&stream, Z_FINISH) == Z_STREAM_END else { throw failure }
        target.advance(by: bound - Int(stream.avail_out))
    }
}
