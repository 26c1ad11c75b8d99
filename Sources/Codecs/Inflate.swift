public import Bytes
internal import CZlib

/// Decompresses DEFLATE streams with a bound on what comes out.
public enum Inflate {
    /// Decompresses a zlib stream (RFC 1950) of a known result size.
    ///
    /// - Throws: ``CodecError`` `.damaged`, `.wrongSize`, or `.overLimit` when it is longer.
    public static func zlib(
        _ bytes: [UInt8],
        expectedByteCount: Int
    ) throws(CodecError) -> [UInt8] {
        try exact(bytes, format: .zlib, expectedByteCount: expectedByteCount)
    }

    /// Decompresses a bare DEFLATE stream (RFC 1951) of a known result size.
    ///
    /// - Throws: ``CodecError`` `.damaged`, `.wrongSize`, or `.overLimit` when it is longer.
    public static func raw(
        _ bytes: [UInt8],
        expectedByteCount: Int
    ) throws(CodecError) -> [UInt8] {
        try exact(bytes, format: .raw, expectedByteCount: expectedByteCount)
    }

    /// Decompresses a stream whose result may have any size up to `byteCountMax`.
    ///
    /// Several gzip members in a row are joined.
    /// - Throws: ``CodecError`` `.damaged`, or `.overLimit` past `byteCountMax`.
    public static func decompress(
        _ bytes: [UInt8],
        format: DeflateFormat,
        byteCountMax: Int
    ) throws(CodecError) -> [UInt8] {
        var target = ByteBuffer(capacityBytes: min(byteCountMax, bytes.count * 4) + 64)
        try bytes.withUnsafeBufferPointer { source throws(CodecError) in
            try append(
                UnsafeRawBufferPointer(source),
                format: format,
                byteCountMax: byteCountMax,
                to: &target
            )
        }
        return target.toArray()
    }

    private static func exact(
        _ bytes: [UInt8],
        format: DeflateFormat,
        expectedByteCount: Int
    ) throws(CodecError) -> [UInt8] {
        let result = try decompress(bytes, format: format, byteCountMax: expectedByteCount)
        guard result.count == expectedByteCount else {
            throw CodecError(
                .wrongSize,
                codec: .gzip,
                inputBytes: bytes.count,
                expectedBytes: expectedByteCount
            )
        }
        return result
    }

    /// Appends what `source` decompresses to.
    ///
    /// The buffer grows as bytes come out, so a forged size cannot make it allocate.
    /// - Throws: ``CodecError`` `.damaged`, or `.overLimit` past `byteCountMax`.
    public static func append(
        _ source: UnsafeRawBufferPointer,
        format: DeflateFormat,
        byteCountMax: Int,
        to target: inout ByteBuffer
    ) throws(CodecError) {
        func failure(_ kind: CodecError.Kind) -> CodecError {
            CodecError(kind, codec: .gzip, inputBytes: source.count, expectedBytes: byteCountMax)
        }
        guard let sourceCount = UInt32(exactly: source.count), byteCountMax >= 0 else {
            throw failure(.unavailable)
        }
        var stream = z_stream()
        stream.next_in = UnsafeMutablePointer(
            mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.avail_in = sourceCount
        let prepared = inflateInit2_(
            &stream,
            format.windowBits,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard prepared == Z_OK else { throw failure(.unavailable) }
        defer { inflateEnd(&stream) }
        let start = target.count
        while true {
            // One byte more than allowed tells "too long" from "exactly full".
            let room = min(
                byteCountMax - (target.count - start) + 1,
                max(target.count - start, minimumStepBytes)
            )
            target.reserve(room)
            stream.next_out = (target.pointer + target.count).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(truncatingIfNeeded: room)
            let status = inflate(&stream, Z_NO_FLUSH)
            target.advance(by: room - Int(stream.avail_out))
            guard target.count - start <= byteCountMax else { throw failure(.overLimit) }
            if status == Z_STREAM_END {
                guard format == .gzip, stream.avail_in > 0 else { return }
                guard inflateReset(&stream) == Z_OK else { throw failure(.damaged) }
            } else if status != Z_OK || (stream.avail_out > 0 && stream.avail_in == 0) {
                throw failure(.damaged)
            }
        }
    }

    /// The smallest step by which the result grows.
    private static let minimumStepBytes = 64 * 1024
}
