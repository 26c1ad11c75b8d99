internal import Bytes
internal import Columns

/// Appends one column's values to its builder; the slow kinds of values.
///
/// The log's rows and the snapshot's rows come through here, so that both give the same bytes.
enum ColumnValues {
    /// ENUM: a number that counts the labels from one; zero is the empty text of a bad value.
    static func appendEnumeration(
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ context: ColumnContext,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let index = Int(truncatingIfNeeded: littleEndian(start, count))
        if index == 0 {
            builder.append(start, count: 0)
            return
        }
        guard index <= context.labels.count else {
            throw WireFault(
                .malformedValue,
                offset: 0,
                wanted: index,
                available: context.labels.count
            )
        }
        context.labels[index - 1].withUnsafeBytes { builder.append($0) }
    }

    /// SET: one bit a label, joined with commas.
    static func appendSet(
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ context: ColumnContext,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        var bits = littleEndian(start, count)
        var text: [UInt8] = []
        while bits != 0 {
            let index = bits.trailingZeroBitCount
            guard index < context.labels.count else {
                throw WireFault(
                    .malformedValue,
                    offset: 0,
                    wanted: index,
                    available: context.labels.count
                )
            }
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: context.labels[index])
            bits &= bits - 1
        }
        text.withUnsafeBytes { builder.append($0) }
    }

    /// TIME as text.
    static func appendTime(
        _ span: TimeSpan,
        fractionDigits: Int,
        to builder: inout ColumnBuilder
    ) {
        builder.appendBytes(countMax: TimeSpan.textBytesMax) { target in
            span.write(to: target, fractionDigits: fractionDigits)
        }
    }

    static func appendJSON(
        _ bytes: UnsafeRawBufferPointer,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        var text = ByteBuffer(capacityBytes: bytes.count * 2 + 16)
        try BinaryJSON.appendText(of: bytes, to: &text)
        text.withBytes { builder.append($0) }
    }

    /// Geometries carry four bytes of SRID in front of their WKB; an empty one is no geometry.
    static func appendGeometry(
        _ start: UnsafeRawPointer,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let sridBytes = 4
        guard count >= sridBytes || count == 0 else {
            throw WireFault(.truncated, offset: 0, wanted: sridBytes, available: count)
        }
        builder.append(start + min(sridBytes, count), count: max(count - sridBytes, 0))
    }

    /// Fixed-length byte strings whose trailing zeros the log strips.
    static func padded(
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ size: Int
    ) throws(WireFault) -> [UInt8] {
        guard count <= size else {
            throw WireFault(.impossibleLength, offset: 0, wanted: count, available: size)
        }
        var bytes = [UInt8](UnsafeRawBufferPointer(start: start, count: count))
        bytes.append(contentsOf: repeatElement(0, count: size - count))
        return bytes
    }

    /// UUID columns hold sixteen bytes in network order.
    static func appendUUID(
        _ start: UnsafeRawPointer,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let bytes = try padded(start, count, 16)
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) }
        builder.append(value)
    }

    static func appendAddress(
        _ start: UnsafeRawPointer,
        _ count: Int,
        isVersion6: Bool,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let bytes = try padded(start, count, isVersion6 ? 16 : 4)
        builder.append(utf8: isVersion6 ? AddressText.inet6(bytes) : AddressText.inet4(bytes))
    }

    /// A column that MariaDB stores compressed.
    static func appendCompressed(
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ context: ColumnContext,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let value = UnsafeRawBufferPointer(start: start, count: count)
        let plain = try CompressedField.expandColumn(value.bytes)
        plain.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else {
                builder.append(bytes)
                return
            }
            appendText(base, bytes.count, context.inner, context, to: &builder)
        }
    }

    /// Text and byte strings of any length.
    @inline(__always)
    static func appendText(
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ opcode: Opcode,
        _ context: ColumnContext,
        to builder: inout ColumnBuilder
    ) {
        switch opcode {
        case .latin1: Latin1.append(start, count: count, to: &builder)
        case .converted: context.converter?.append(start, count: count, to: &builder)
        default: builder.append(start, count: count)
        }
    }

    @inline(__always)
    static func littleEndian(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for offset in 0..<count {
            let byte = UInt64(start.load(fromByteOffset: offset, as: UInt8.self))
            value |= byte << UInt64(offset &* 8)
        }
        return value
    }
}
