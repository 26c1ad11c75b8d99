import CLZ4

/// A file without room for blobs and with this footer.
func file(footer: String) -> [UInt8] {
    withFooter(of: hex("50464131 50464131 00000000 00000000 50464131"), flags: 0) { _ in
        Array(footer.utf8)
    }
}

/// The file with its footer's payload changed.
func withFooter(
    of bytes: [UInt8],
    flags: UInt8,
    _ change: ([UInt8]) -> [UInt8]
) -> [UInt8] {
    let tail = Array(bytes.suffix(12))
    let byteCount = tail[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let end = bytes.count - 12
    let payload = change(Array(bytes[end - byteCount..<end]))
    let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
    return bytes[..<(end - byteCount)] + payload + length + [flags, 0, 0, 0] + tail[8...]
}

/// One frame of the library's own making.
func lz4Frame(_ content: [UInt8], namesLength: Bool = true) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    if namesLength { preferences.frameInfo.contentSize = UInt64(content.count) }
    let bound = LZ4F_compressFrameBound(content.count, &preferences)
    return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
        count = LZ4F_compressFrame(
            target.baseAddress,
            bound,
            content,
            content.count,
            &preferences
        )
    }
}
