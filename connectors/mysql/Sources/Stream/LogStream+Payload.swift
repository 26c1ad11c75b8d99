internal import Bytes
internal import Codecs
internal import SourceInterface

extension LogStream {
    private enum PayloadField {
        static let end = 0
        static let size = 1
        static let compression = 2
        static let uncompressedSize = 3
        static let zstd = 0
        static let none = 255
    }

    /// A whole transaction in one event: numbered fields, then its events end to end, mostly
    /// compressed, without checksums.
    ///
    /// Source: MySQL `libs/mysql/binlog/event/control_events.h`, `Transaction_payload_event`.
    func handlePayload(_ body: UnsafeRawBufferPointer) throws(StreamEnd) {
        let outer = header
        let compression: Int
        let payload: UnsafeRawBufferPointer
        do throws(WireFault) {
            (compression, payload) = try Self.readPayloadHead(body)
        } catch {
            throw .failed(malformed("a transaction payload", error))
        }
        switch compression {
        case PayloadField.none: try handleEvents(payload)
        case PayloadField.zstd: try handleCompressed(payload)
        default:
            throw .failed(
                SourceError(
                    .configuration,
                    "a transaction in the log is compressed by method \(compression)",
                    remedy: "SET GLOBAL binlog_transaction_compression = OFF",
                    position: place
                )
            )
        }
        header = outer
    }

    private static func readPayloadHead(
        _ body: UnsafeRawBufferPointer
    ) throws(WireFault) -> (compression: Int, payload: UnsafeRawBufferPointer) {
        var reader = ByteReader(body.bytes)
        var compression = PayloadField.none
        while true {
            let field = try reader.readCount()
            if field == PayloadField.end { break }
            var value = ByteReader(try reader.readBytes(try reader.readCount()))
            if field == PayloadField.compression { compression = try value.readCount() }
        }
        return (compression, UnsafeRawBufferPointer(rebasing: body[reader.offset...]))
    }

    /// Takes the complete events from the front of `bytes`.
    ///
    /// - Returns: The number of bytes taken.
    @discardableResult
    private func handleEvents(
        _ bytes: UnsafeRawBufferPointer,
        isWhole: Bool = true
    ) throws(StreamEnd) -> Int {
        var offset = 0
        while bytes.count - offset >= EventHeader.byteCount {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let inner: EventHeader
            do throws(WireFault) {
                inner = try EventHeader(rest.bytes)
            } catch {
                throw .failed(malformed("an event of a transaction payload", error))
            }
            let count = Int(inner.eventByteCount)
            guard count >= EventHeader.byteCount, count <= Connection.packetBytesMax,
                inner.type != EventType.transactionPayload
            else { throw .failed(malformedPayload(offset, count, rest.count)) }
            if count > rest.count { break }
            let body = UnsafeRawBufferPointer(rebasing: rest[EventHeader.byteCount..<count])
            try dispatch(inner, body)
            offset += count
        }
        if isWhole, offset != bytes.count {
            throw .failed(malformedPayload(offset, EventHeader.byteCount, bytes.count - offset))
        }
        return offset
    }

    private func malformedPayload(_ offset: Int, _ wanted: Int, _ available: Int) -> SourceError {
        let fault = WireFault(
            .impossibleLength,
            offset: offset,
            wanted: wanted,
            available: available
        )
        return malformed("a transaction payload", fault)
    }

    /// Expands piece by piece, so that a transaction need not fit into memory twice.
    private func handleCompressed(_ payload: UnsafeRawBufferPointer) throws(StreamEnd) {
        guard let stream = ZstdStream() else {
            throw .failed(malformedPayload(0, payload.count, 0))
        }
        var buffer = ByteBuffer(capacityBytes: 2 * ZstdStream.pieceBytesMax)
        var hasMore = payload.count > 0
        while hasMore {
            do throws(CodecError) {
                hasMore = try stream.appendPiece(of: payload, to: &buffer)
            } catch {
                let consumed = stream.consumedBytes
                throw .failed(malformedPayload(consumed, payload.count, payload.count - consumed))
            }
            let available = UnsafeRawBufferPointer(start: buffer.pointer, count: buffer.count)
            buffer.removeFirst(try handleEvents(available, isWhole: false))
        }
        guard buffer.isEmpty else {
            throw .failed(malformedPayload(payload.count, 0, buffer.count))
        }
    }
}

extension ByteBuffer {
    /// Moves what follows the first `count` bytes to the front.
    fileprivate mutating func removeFirst(_ count: Int) {
        let rest = self.count - count
        let moved = [UInt8](UnsafeRawBufferPointer(start: pointer + count, count: rest))
        removeAll()
        append(contentsOf: moved)
    }
}
