internal import Avro
internal import Bytes
internal import Diagnostics

/// An Avro file that is looked into block by block.
struct AvroContainer: Sendable {
    /// What stands before a block's records.
    struct Block {
        /// Where the block begins in the file.
        var offset: Int
        var recordCount: Int
        /// The records' bytes in the file, as they are compressed.
        var content: Range<Int>
        var end: Int
    }

    let file: StoredFile
    /// The file's bytes up to its first block.
    private let header: [UInt8]
    /// The header alone, as a file without blocks.
    let head: AvroFile

    private static let firstReadBytes = 64 << 10
    /// Bytes that a header may have; schemas of tables have some ten kilobytes.
    private static let headerBytesMax = 64 << 20

    init(_ file: StoredFile) async throws {
        self.file = file
        var count = Self.firstReadBytes
        while true {
            let bytes = try await file.read(first: count)
            if let end = Self.headerEnd(bytes) {
                header = Array(bytes[..<end])
                break
            }
            guard bytes.count < min(file.byteCount, Self.headerBytesMax) else {
                // Not for want of bytes: the reader says what is wrong with it.
                header = bytes
                break
            }
            count = min(count * 4, Self.headerBytesMax)
        }
        head = try AvroFile(header, file: file.path)
    }

    /// Where the header ends, if all of it is there.
    private static func headerEnd(_ bytes: [UInt8]) -> Int? {
        var reader = ByteReader(bytes.span.bytes)
        do throws(WireFault) {
            try reader.skip(magicByteCount)
            while true {
                let count = try reader.readAvroBlockCount()
                if count == 0 { break }
                for _ in 0..<count * 2 { try reader.skipAvro(.bytes) }
            }
            try reader.skip(syncByteCount)
            return reader.offset
        } catch {
            return nil
        }
    }

    private static let magicByteCount = 4
    private static let syncByteCount = 16
    /// Two numbers of at most ten bytes each.
    private static let blockHeadBytesMax = 20

    /// Calls `body` with each block in order; only their heads are read.
    func forEachBlock(_ body: (Block) async throws -> Bool) async throws {
        var offset = header.count
        while offset < file.byteCount {
            let block = try await block(at: offset)
            guard try await body(block) else { return }
            offset = block.end
        }
    }

    private func block(at offset: Int) async throws -> Block {
        let bytes = try await file.read(
            offset..<min(offset + Self.blockHeadBytesMax, file.byteCount)
        )
        do throws(WireFault) {
            var reader = ByteReader(bytes.span.bytes)
            let count = try reader.readAvroLong()
            let size = try reader.readAvroLong()
            let start = offset + reader.offset
            let available = file.byteCount - start - Self.syncByteCount
            guard count >= 0, size >= 0, size <= available else {
                throw WireFault(
                    .impossibleLength,
                    offset: reader.offset,
                    wanted: Int(truncatingIfNeeded: size),
                    available: available
                )
            }
            return Block(
                offset: offset,
                recordCount: Int(count),
                content: start..<start + Int(size),
                end: start + Int(size) + Self.syncByteCount
            )
        } catch {
            throw FormatError(
                file: file.path,
                "the head of a block: \(error)",
                offset: offset + error.offset
            )
        }
    }

    /// Calls `body` with each record of one block.
    func forEachRecord(
        of block: Block,
        _ body: (AvroNamedValue) throws -> Void
    ) async throws {
        // A file of this one block, for whose reader the others do not exist.
        let bytes = try await file.read(block.offset..<block.end)
        do {
            try AvroFile(header + bytes, file: file.path).forEachNamedValue(body)
        } catch var error as FormatError {
            if let offset = error.offset, offset >= header.count {
                error.offset = offset - header.count + block.offset
            }
            throw error
        }
    }
}
