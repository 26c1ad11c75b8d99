internal import Columns

/// Encodes the chunks of row groups, one after another or several at a time.
///
/// The bytes are the same either way.
final class RowGroupEncoder {
    /// Row groups of less memory are encoded on one thread; starting others takes longer.
    private static let parallelBytesMin = 4 << 20

    private let leaves: [FieldLeaf]
    private let options: ParquetWriterOptions
    /// One a thread; the first is the only one unless columns are encoded at the same time.
    private var writers: [ChunkWriter]
    /// The file's bytes that are encoded.
    var output = EncodedBlocks()

    init(leaves: [FieldLeaf], options: ParquetWriterOptions) {
        self.leaves = leaves
        self.options = options
        writers = [ChunkWriter(options: options)]
    }

    /// Encodes the chunks of rows of which the first is the file's `firstRow`th.
    ///
    /// Fails with what the first of the columns fails with that fail.
    func encode(
        _ buffer: RowGroupBuffer,
        firstRow: Int
    ) throws(ParquetWriteError) -> [ColumnChunk] {
        let threadCount = min(options.compressionThreads, leaves.count)
        if threadCount > 1, buffer.memoryBytes >= Self.parallelBytesMin {
            return try encodeInParallel(buffer, firstRow: firstRow, threadCount: threadCount)
        }
        var chunks: [ColumnChunk] = []
        for leaf in leaves {
            let rows = buffer.rows(of: leaf)
            chunks.append(
                try writers[0].write(rows, leaf: leaf, firstRow: firstRow, into: &output)
            )
        }
        return chunks
    }

    /// A chunk that was encoded apart, and its bytes.
    private struct Part {
        var chunk: ColumnChunk
        var bytes: EncodedBlocks
    }

    private func encodeInParallel(
        _ buffer: RowGroupBuffer,
        firstRow: Int,
        threadCount: Int
    ) throws(ParquetWriteError) -> [ColumnChunk] {
        while writers.count < threadCount { writers.append(ChunkWriter(options: options)) }
        let rows = leaves.map { buffer.rows(of: $0) }
        // Long jobs first, so that no thread is left with one at the end.
        let order = rows.indices.sorted { rows[$0].valueBytes > rows[$1].valueBytes }
        var parts: [Result<Part, ParquetWriteError>?] = leaves.map { _ in nil }
        parts.withUnsafeMutableBufferPointer { parts in
            let parts = parts
            ThreadTeam.run(jobCount: leaves.count, threadCount: threadCount) { job, thread in
                let index = order[job]
                parts[index] = part(writers[thread], rows[index], leaves[index], firstRow)
            }
        }
        var chunks: [ColumnChunk] = []
        for part in parts {
            guard var part = try part?.get() else { preconditionFailure("a column was left out") }
            part.chunk.move(by: output.fileOffset)
            output.append(movingFrom: &part.bytes)
            chunks.append(part.chunk)
        }
        return chunks
    }

    private func part(
        _ writer: ChunkWriter,
        _ rows: [LeafRows],
        _ leaf: FieldLeaf,
        _ firstRow: Int
    ) -> Result<Part, ParquetWriteError> {
        var bytes = EncodedBlocks()
        return Result { () throws(ParquetWriteError) in
            let chunk = try writer.write(rows, leaf: leaf, firstRow: firstRow, into: &bytes)
            return Part(chunk: chunk, bytes: bytes)
        }
    }
}

extension [LeafRows] {
    /// Memory that the leaf's values take.
    fileprivate var valueBytes: Int {
        reduce(0) { total, rows in
            let values = rows.values
            let bytes = rows.leaf.type == .bytes ? values.totalBytes : 0
            return total + values.count * rows.leaf.type.widthBytes + bytes
        }
    }
}
