import Bytes
import CPQ
import Glibc
import SourceInterface

/// The stream's connection: messages in, status updates out, never blocking for long.
final class ReplicationConnection {
    private let connection: PostgresConnection
    private var handle: OpaquePointer { connection.handle }
    private let statusByteCount = 34
    private var hasUnsentBytes = false

    /// Starts the stream.
    ///
    /// - Throws: ``SourceError``.
    init(
        _ configuration: PostgresSourceConfiguration,
        from start: LogSequenceNumber
    ) throws {
        connection = try PostgresConnection(configuration, purpose: .replication)
        let publication = SQLText.literal(SQLText.identifier(configuration.publicationName))
        let result = PQexec(
            connection.handle,
            "START_REPLICATION SLOT \(SQLText.identifier(configuration.slotName)) LOGICAL \(start) "
                + "(proto_version '1', publication_names \(publication))"
        )
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_BOTH else {
            throw Self.startError(connection.failure(of: result), configuration)
        }
        PQsetnonblocking(connection.handle, 1)
    }

    private static func startError(
        _ failure: ServerFailure,
        _ configuration: PostgresSourceConfiguration
    ) -> SourceError {
        let action = "start the stream of replication slot \(configuration.slotName)"
        switch failure.state {
        case "55006":
            return failure.sourceError(
                doing: action,
                remedy: "Another instance of this pipeline reads it; stop that one"
            )
        case "55000":
            var error = failure.sourceError(
                doing: action,
                remedy: "The slot is no longer usable: drop it and copy the tables anew"
            )
            error.kind = .positionLost
            return error
        default: return failure.sourceError(doing: action)
        }
    }

    enum Received {
        case message
        case nothing
    }

    /// Hands the next message that has arrived to `body`; does not wait.
    ///
    /// - Throws: ``SourceError`` when the stream ended, or what `body` throws.
    func receive(
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Received {
        var buffer: UnsafeMutablePointer<CChar>?
        let count = Int(PQgetCopyData(handle, &buffer, 1))
        if count > 0, let buffer {
            defer { PQfreemem(buffer) }
            try body(UnsafeRawBufferPointer(start: buffer, count: count))
            return .message
        }
        if count == 0 { return .nothing }
        throw endOfStream()
    }

    private func endOfStream() -> SourceError {
        guard let result = PQgetResult(handle) else {
            return connection.failure(of: nil).sourceError(doing: "read the stream")
        }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_FATAL_ERROR else {
            return SourceError(
                .connection,
                "could not read the stream: the server ended it",
                remedy: "The server is shutting down, or the stream was stopped there"
            )
        }
        return connection.failure(of: result).sourceError(doing: "read the stream")
    }

    /// Waits for bytes from the server, or for room to send.
    ///
    /// With `isMoreComing` what arrives may gather in the socket for a moment: the server sends each
    /// row by itself, and a reader that is woken for each costs both sides more than the row does.
    func wait(milliseconds: Int, isMoreComing: Bool) throws {
        if hasUnsentBytes { try flush() }
        if try isReadable(withinMilliseconds: milliseconds) {
            if isMoreComing { usleep(Limits.gatheringMicroseconds) }
            var reads = 0
            repeat {
                try consume()
                reads += 1
            } while try reads < Limits.readsAtOnceMax && isReadable(withinMilliseconds: 0)
        }
        if hasUnsentBytes { try flush() }
    }

    private func isReadable(withinMilliseconds milliseconds: Int) throws -> Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if hasUnsentBytes { descriptor.events |= Int16(POLLOUT) }
        let ready = poll(&descriptor, 1, Int32(clamping: max(0, milliseconds)))
        return ready > 0 && descriptor.revents & ~Int16(POLLOUT) != 0
    }

    /// Takes in what has arrived.
    private func consume() throws {
        guard PQconsumeInput(handle) == 1 else {
            throw connection.failure(of: nil).sourceError(doing: "read the stream")
        }
    }

    private func flush() throws {
        let outcome = PQflush(handle)
        guard outcome >= 0 else {
            throw connection.failure(of: nil).sourceError(doing: "answer the server")
        }
        hasUnsentBytes = outcome == 1
    }

    /// Tells what we have received, and what is durable in the lake.
    ///
    /// Source: PostgreSQL manual, "Streaming Replication Protocol", Standby status update.
    func sendStatus(
        received: LogSequenceNumber,
        durable: LogSequenceNumber,
        isReplyRequested: Bool
    ) throws {
        var message = ByteBuffer(capacityBytes: statusByteCount)
        message.append(UInt8(ascii: "r"))
        message.appendBigEndian(received.value)
        message.appendBigEndian(durable.value)
        message.appendBigEndian(durable.value)
        message.appendBigEndian(Self.serverClockMicroseconds)
        message.append(isReplyRequested ? 1 : 0)
        let sent = message.withBytes { bytes in
            PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
        }
        // Zero: the buffer is full because nobody reads there; the next status will do.
        guard sent >= 0 else {
            throw connection.failure(of: nil).sourceError(doing: "answer the server")
        }
        try flush()
    }

    /// Microseconds since 2000-01-01.
    private static var serverClockMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec / 1000)
            - ServerClock.epochMicroseconds
    }
}

/// The server counts time from 2000-01-01.
enum ServerClock {
    /// Microseconds from 1970-01-01 to 2000-01-01.
    static let epochMicroseconds: Int64 = 946_684_800_000_000
}
