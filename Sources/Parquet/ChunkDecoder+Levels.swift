internal import Bytes
internal import Diagnostics

extension ChunkDecoder {
    /// What a data page has before its values.
    struct Levels {
        /// One a row, `nil` when no row is NULL.
        var pointer: UnsafePointer<UInt8>?
        /// Rows that are not NULL.
        var valueCount: Int
        var values: PageCursor
    }

    /// Decompresses a data page and reads its definition levels.
    func readBody(
        _ header: PageHeader,
        _ payload: Range<Int>,
        at offset: Int
    ) throws(FormatError) -> Levels {
        page.body.removeAll()
        guard header.typeNumber == ParquetPageType.dataV2.rawValue else {
            try decompress(
                payload,
                expectedByteCount: header.uncompressedBytes,
                isCompressed: true,
                into: &page.body,
                at: offset
            )
            return try wrapped(offset) { () throws(WireFault) in try levels(header) }
        }
        return try readBodyV2(header, payload, at: offset)
    }

    private func readBodyV2(
        _ header: PageHeader,
        _ payload: Range<Int>,
        at offset: Int
    ) throws(FormatError) -> Levels {
        let definitionBytes = header.definitionLevelBytes
        let repetitionBytes = header.repetitionLevelBytes
        guard definitionBytes >= 0, repetitionBytes >= 0,
            definitionBytes <= payload.count, repetitionBytes <= payload.count - definitionBytes,
            definitionBytes + repetitionBytes <= header.uncompressedBytes
        else {
            throw error(
                "a page's levels are said to have \(repetitionBytes) and \(definitionBytes) "
                    + "bytes, the page has \(payload.count)",
                at: offset
            )
        }
        let levelBytes = definitionBytes + repetitionBytes
        let split = payload.lowerBound + levelBytes
        try decompress(
            payload.lowerBound..<split,
            expectedByteCount: levelBytes,
            isCompressed: false,
            into: &page.body,
            at: offset
        )
        // Some writers leave out the values' bytes altogether when every row is NULL.
        if split < payload.upperBound {
            try decompress(
                split..<payload.upperBound,
                expectedByteCount: header.uncompressedBytes - levelBytes,
                isCompressed: header.isCompressed,
                into: &page.body,
                at: offset
            )
        }
        return try wrapped(offset) { () throws(WireFault) in
            var cursor = PageCursor(base: page.body.pointer, offset: 0, end: page.body.count)
            _ = try cursor.take(repetitionBytes)
            var runs = try cursor.takeCursor(definitionBytes)
            guard isOptional else {
                return Levels(pointer: nil, valueCount: header.valueCount, values: cursor)
            }
            return try decodeLevels(&runs, header.valueCount, values: cursor)
        }
    }

    /// Reads the levels of a data page of version 1.
    private func levels(_ header: PageHeader) throws(WireFault) -> Levels {
        var cursor = PageCursor(base: page.body.pointer, offset: 0, end: page.body.count)
        guard isOptional else {
            return Levels(pointer: nil, valueCount: header.valueCount, values: cursor)
        }
        switch ParquetEncoding(rawValue: header.levelEncodingNumber) {
        case .rle:
            var runs = try cursor.takeCursor(try cursor.readLength())
            return try decodeLevels(&runs, header.valueCount, values: cursor)
        case .bitPacked:
            let start = try cursor.take((header.valueCount + 7) / 8)
            let target = page.levels.claim(header.valueCount, as: UInt8.self)
            // The old encoding packs from the most significant bit on.
            for row in 0..<header.valueCount {
                let byte = cursor.base.load(fromByteOffset: start + row >> 3, as: UInt8.self)
                target[row] = byte >> UInt8(truncatingIfNeeded: 7 - row & 7) & 1
            }
            return counted(target, header.valueCount, values: cursor)
        default: throw cursor.fault(.unknownTag, wanted: header.levelEncodingNumber)
        }
    }

    private func decodeLevels(
        _ runs: inout PageCursor,
        _ rowCount: Int,
        values: PageCursor
    ) throws(WireFault) -> Levels {
        let target = page.levels.claim(rowCount, as: UInt8.self)
        try HybridDecoder.decode(&runs, bitWidth: 1, count: rowCount, limit: 2, into: target)
        return counted(target, rowCount, values: values)
    }

    private func counted(
        _ levels: UnsafeMutablePointer<UInt8>,
        _ rowCount: Int,
        values: PageCursor
    ) -> Levels {
        var valueCount = 0
        for row in 0..<rowCount { valueCount &+= Int(levels[row]) }
        return Levels(
            pointer: valueCount == rowCount ? nil : UnsafePointer(levels),
            valueCount: valueCount,
            values: values
        )
    }
}
