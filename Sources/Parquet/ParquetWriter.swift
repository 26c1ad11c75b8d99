internal import Bytes
public import Columns
internal import TableModel

/// Writes the rows of one Parquet file; the caller moves the bytes to the store.
///
/// Owned by one task. Append, drain, append, ..., finish, drain.
public final class ParquetWriter {
    public let fields: [ParquetField]
    public let options: ParquetWriterOptions
    /// Rows appended so far.
    public private(set) var rowCount = 0
    private let leaves: [FieldLeaf]
    private let encoder: RowGroupEncoder
    private var buffer: RowGroupBuffer
    private var rowGroups: [RowGroup] = []
    private var encodedRowCount = 0
    private var isFinished = false
    /// The first failure, after which nothing of the file can be used.
    private var failure: ParquetWriteError?

    /// - Throws: ``ParquetWriteError`` `.schema` for names or ids that repeat and impossible types.
    public init(
        fields: [ParquetField],
        options: ParquetWriterOptions = ParquetWriterOptions()
    ) throws(ParquetWriteError) {
        try Self.check(fields)
        self.fields = fields
        self.options = options
        leaves = FieldLeaf.leaves(of: fields).map { leaf in
            var leaf = leaf
            leaf.boundBytesMax = options.boundBytesMax(ofFieldID: leaf.fieldID)
            return leaf
        }
        try Self.checkOptions(leaves, options)
        encoder = RowGroupEncoder(leaves: leaves, options: options)
        buffer = RowGroupBuffer(shapes: fields.map(\.type.columnShape))
        encoder.output.append(contentsOf: ParquetFormat.magic)
    }

    /// Bytes of appended columns that are not encoded yet.
    public var bufferedBytes: Int { buffer.memoryBytes }
    /// Bytes encoded so far, drained or not.
    public var writtenBytes: Int { encoder.output.fileOffset }
    /// Bytes that are encoded and not drained yet.
    public var encodedBytes: Int { encoder.output.count }

    /// Appends rows; columns stand in field order.
    ///
    /// - Parameters:
    ///   - columns: One a field, of the field's physical type.
    ///   - selection: The rows to take, in that order; `nil` takes all.
    /// - Throws: ``ParquetWriteError`` when columns do not match the fields, or when a value of a
    ///   row group that became full does not fit its type.
    public func append(
        _ columns: [Column],
        selection: [Int32]? = nil
    ) throws(ParquetWriteError) {
        precondition(!isFinished, "rows are appended before the file is finished")
        try remembering { () throws(ParquetWriteError) in
            let available = try checkedRowCount(columns)
            if let selection {
                try appendSelected(columns, selection, available)
            } else {
                try appendAll(columns, available)
            }
        }
    }

    /// Does what may fail, unless something failed before; then it fails so again.
    ///
    /// A file that lacks rows or has half of a row group never gets a footer.
    private func remembering<Result>(
        _ body: () throws(ParquetWriteError) -> Result
    ) throws(ParquetWriteError) -> Result {
        if let failure { throw failure }
        do throws(ParquetWriteError) {
            return try body()
        } catch {
            failure = error
            throw error
        }
    }

    /// Encodes the rows appended so far as a row group, however few they are; drain afterwards.
    ///
    /// - Throws: ``ParquetWriteError`` when a value does not fit its type.
    public func closeRowGroup() throws(ParquetWriteError) {
        precondition(!isFinished, "row groups are closed before the file is finished")
        try encodeRowGroup()
    }

    /// Lends the bytes that are ready for the store, piece by piece, and forgets them.
    public func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try encoder.output.drain(body)
    }

    /// Lends the bytes that are ready for the store to an upload, without copying them.
    ///
    /// Pieces must be written in the order they come; nothing is forgotten when `write` throws.
    public func upload(
        _ write: (UnsafeRawBufferPointer) async throws -> Void
    ) async rethrows {
        try await encoder.output.drainWaiting(write)
    }

    /// Takes all bytes that are ready for the store, copied together; `nil` when there are none.
    public func takeEncoded() -> [UInt8]? {
        guard encodedBytes > 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedBytes)
        drain { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Encodes the rest and the footer; drain afterwards.
    ///
    /// - Throws: ``ParquetWriteError`` when a value does not fit its type, now or before.
    public func finish() throws(ParquetWriteError) -> ParquetFileMetrics {
        precondition(!isFinished, "a file is finished once")
        try remembering(encodeRowGroup)
        isFinished = true
        writeIndexes()
        let footer = FooterWriter(
            fields: fields,
            leaves: leaves,
            options: options,
            rowGroups: rowGroups
        ).encoded()
        encoder.output.append(contentsOf: footer)
        encoder.output.append(contentsOf: ParquetFormat.littleEndian(footer.count))
        encoder.output.append(contentsOf: ParquetFormat.magic)
        return metrics()
    }

    /// Rows of these columns that still go into the current row group; at least one.
    private func rowsThatFit(_ columns: [Column], _ available: Int, _ wanted: Int) -> Int {
        let bytes = RowGroupBuffer.bytes(of: columns, count: available)
        let bytesPerRow = max(1, bytes / max(available, 1))
        let byBytes = (options.rowGroupBytesMax - buffer.memoryBytes) / bytesPerRow
        let byRows = options.rowGroupRowsMax - buffer.rowCount
        return max(1, min(wanted, byBytes, byRows))
    }

    private func appendAll(_ columns: [Column], _ available: Int) throws(ParquetWriteError) {
        var start = 0
        while start < available {
            let count = rowsThatFit(columns, available, available - start)
            buffer.append(columns, start: start, count: count)
            rowCount += count
            start += count
            try encodeRowGroupIfFull()
        }
    }

    private func appendSelected(
        _ columns: [Column],
        _ selection: [Int32],
        _ available: Int
    ) throws(ParquetWriteError) {
        var start = 0
        while start < selection.count {
            let count = rowsThatFit(columns, available, selection.count - start)
            let isWhole = count == selection.count
            buffer.append(
                columns,
                rows: isWhole ? selection : Array(selection[start..<start + count])
            )
            rowCount += count
            start += count
            try encodeRowGroupIfFull()
        }
    }

    private func encodeRowGroupIfFull() throws(ParquetWriteError) {
        // A hundredth is left unused, or averages would leave row groups of a few rows behind.
        let bytesEnough = options.rowGroupBytesMax - options.rowGroupBytesMax / 100
        guard buffer.memoryBytes >= bytesEnough || buffer.rowCount >= options.rowGroupRowsMax else {
            return
        }
        try encodeRowGroup()
    }

    private func encodeRowGroup() throws(ParquetWriteError) {
        guard buffer.rowCount > 0 else { return }
        buffer.seal()
        try checkNulls()
        var chunks = try encoder.encode(buffer, firstRow: encodedRowCount)
        writeBloomFilters(&chunks)
        rowGroups.append(RowGroup(rowCount: buffer.rowCount, chunks: chunks))
        encodedRowCount += buffer.rowCount
        buffer.removeAll()
    }

    /// Writes the Bloom filters of a row group behind its chunks.
    private func writeBloomFilters(_ chunks: inout [ColumnChunk]) {
        for index in chunks.indices {
            guard let filter = chunks[index].bloomFilter else { continue }
            let bytes = filter.encoded()
            chunks[index].bloomFilterOffset = encoder.output.fileOffset
            chunks[index].bloomFilterBytes = bytes.count
            chunks[index].bloomFilter = nil
            encoder.output.append(contentsOf: bytes)
        }
    }

    private func checkNulls() throws(ParquetWriteError) {
        var firstRow = encodedRowCount
        for segment in buffer.segments {
            for (column, field) in zip(segment.columns, fields) {
                try NullCheck.check(
                    column,
                    rows: segment.start..<segment.start + segment.count,
                    field: field,
                    firstRow: firstRow
                )
            }
            firstRow += segment.count
        }
    }

    /// Writes column indexes, then offset indexes, and notes where they are.
    private func writeIndexes() {
        for group in rowGroups.indices {
            for (index, leaf) in leaves.enumerated() {
                let isFull = options.metricsMode(ofFieldID: leaf.fieldID) == .full
                let bytes = PageIndexWriter.columnIndex(
                    rowGroups[group].chunks[index],
                    leaf: leaf,
                    isFull: isFull
                )
                guard let bytes else { continue }
                rowGroups[group].chunks[index].columnIndexOffset =
                    encoder.output.fileOffset
                rowGroups[group].chunks[index].columnIndexBytes = bytes.count
                encoder.output.append(contentsOf: bytes)
            }
        }
        for group in rowGroups.indices {
            for index in leaves.indices {
                let bytes = PageIndexWriter.offsetIndex(rowGroups[group].chunks[index])
                rowGroups[group].chunks[index].offsetIndexOffset =
                    encoder.output.fileOffset
                rowGroups[group].chunks[index].offsetIndexBytes = bytes.count
                encoder.output.append(contentsOf: bytes)
            }
        }
    }

    private func metrics() -> ParquetFileMetrics {
        ParquetFileMetrics(
            rowCount: rowCount,
            fileSizeBytes: encoder.output.fileOffset,
            splitOffsets: rowGroups.map { Int64($0.startOffset) },
            columns: ParquetFileMetrics.columns(
                leaves: leaves,
                rowGroups: rowGroups,
                options: options
            )
        )
    }
}
