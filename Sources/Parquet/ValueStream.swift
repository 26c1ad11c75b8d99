internal import Bytes

/// Turns the encoded values of one page into blocks of them, some at a time.
///
/// It holds only where it is, so a copy of it goes on from the same place.
enum ValueStream {
    case plainFixed(offset: Int, end: Int)
    case plainBooleans(bitOffset: Int, bitEnd: Int)
    case plainByteStrings(offset: Int, end: Int)
    case runBooleans(HybridStream)
    case codes(HybridStream, dictionaryCount: Int)
    case deltaNumbers(DeltaStream)
    case deltaLengths(DeltaStream, offset: Int, end: Int)
    case deltaStrings(DeltaStrings)
    case streamSplit(offset: Int, stride: Int, next: Int)

    /// The stream of the bytes that `cursor` has left; `nil` when the encoding does not go with the
    /// type.
    init?(
        _ cursor: PageCursor,
        encoding: ParquetEncoding,
        type: FileLeafType,
        dictionary: ValueBlock?
    ) throws(WireFault) {
        var cursor = cursor
        switch (encoding, type.physicalType) {
        case (.plainDictionary, _), (.rleDictionary, _):
            guard let dictionary else { return nil }
            // A page of NULLs alone may have no bytes at all.
            let bitWidth = cursor.remaining > 0 ? Int(try cursor.readByte()) : 0
            self = .codes(
                try HybridStream(cursor, bitWidth: bitWidth),
                dictionaryCount: dictionary.count
            )
        case (.plain, .boolean):
            self = .plainBooleans(bitOffset: cursor.offset * 8, bitEnd: cursor.end * 8)
        case (.plain, .byteArray):
            self = .plainByteStrings(offset: cursor.offset, end: cursor.end)
        case (.plain, _): self = .plainFixed(offset: cursor.offset, end: cursor.end)
        case (.rle, .boolean):
            guard cursor.remaining > 0 else {
                self = .plainBooleans(bitOffset: 0, bitEnd: 0)
                return
            }
            let runs = try cursor.takeCursor(try cursor.readLength())
            self = .runBooleans(try HybridStream(runs, bitWidth: 1))
        case (.deltaBinaryPacked, .int32), (.deltaBinaryPacked, .int64):
            self = try Self.delta(cursor, type) { .deltaNumbers($0) }
        case (.deltaLengthByteArray, .byteArray):
            let base = cursor.base
            self = try Self.delta(cursor, type) { lengths throws(WireFault) in
                .deltaLengths(lengths, offset: try lengths.endOffset(base), end: cursor.end)
            }
        case (.deltaByteArray, .byteArray), (.deltaByteArray, .fixedLengthByteArray):
            self = try Self.delta(cursor, type) { prefixes throws(WireFault) in
                .deltaStrings(try DeltaStrings(prefixes, cursor))
            }
        case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
            (.byteStreamSplit, .double), (.byteStreamSplit, .fixedLengthByteArray):
            guard cursor.remaining % type.widthBytes == 0 else {
                throw cursor.fault(.malformedValue, wanted: type.widthBytes)
            }
            self = .streamSplit(
                offset: cursor.offset,
                stride: cursor.remaining / type.widthBytes,
                next: 0
            )
        default: return nil
        }
    }

    /// A page of NULLs alone may have no bytes at all, not even a head.
    private static func delta(
        _ cursor: PageCursor,
        _ type: FileLeafType,
        _ make: (DeltaStream) throws(WireFault) -> ValueStream
    ) throws(WireFault) -> ValueStream {
        guard cursor.remaining > 0 else {
            return type.physicalType == .byteArray
                ? .plainByteStrings(offset: 0, end: 0) : .plainFixed(offset: 0, end: 0)
        }
        return try make(try DeltaStream(cursor))
    }
}
