import Bytes
import ChangeModel

/// The start of a transaction in the stream; its rows follow, and its commit.
struct BeginMessage: Equatable {
    /// Where the commit record begins.
    var commitStart: LogSequenceNumber
    /// Microseconds since 2000-01-01.
    var commitTime: Int64
    var transactionID: UInt32

    /// Source: PostgreSQL manual, "Logical Replication Message Formats", Begin.
    init(_ reader: inout ByteReader) throws(WireFault) {
        commitStart = LogSequenceNumber(try reader.readBigEndian())
        commitTime = try reader.readBigEndian()
        transactionID = try reader.readBigEndian()
        try reader.requireEnd()
    }
}

/// The end of a transaction in the stream.
struct CommitMessage: Equatable {
    var commitStart: LogSequenceNumber
    /// Where the commit record ends; the position that is stored.
    var commitEnd: LogSequenceNumber
    /// Microseconds since 2000-01-01.
    var commitTime: Int64

    /// Source: PostgreSQL manual, "Logical Replication Message Formats", Commit.
    init(_ reader: inout ByteReader) throws(WireFault) {
        try reader.skip(1)
        commitStart = LogSequenceNumber(try reader.readBigEndian())
        commitEnd = LogSequenceNumber(try reader.readBigEndian())
        commitTime = try reader.readBigEndian()
        try reader.requireEnd()
    }
}

/// The layout of a relation's rows from here on.
struct RelationMessage: Equatable {
    struct Column: Equatable {
        var isKey: Bool
        var name: String
        var type: UInt32
        var modifier: Int32
    }

    /// What identifies a row in updates and deletes.
    enum ReplicaIdentity: UInt8 {
        case primaryKey = 0x64
        case nothing = 0x6E
        case allColumns = 0x66
        case index = 0x69
    }

    var relationID: UInt32
    var name: SourceTableName
    var replicaIdentity: ReplicaIdentity
    var columns: [Column]

    /// Source: PostgreSQL manual, "Logical Replication Message Formats", Relation.
    init(_ reader: inout ByteReader) throws(WireFault) {
        relationID = try reader.readBigEndian()
        let schema = String(wire: try reader.readZeroTerminated())
        let table = String(wire: try reader.readZeroTerminated())
        // The system schema is spelt as nothing.
        name = SourceTableName(schema: schema.isEmpty ? "pg_catalog" : schema, table: table)
        let identityOffset = reader.offset
        let identity = try reader.readInteger(as: UInt8.self)
        guard let known = ReplicaIdentity(rawValue: identity) else {
            throw WireFault(
                .unknownTag,
                offset: identityOffset,
                wanted: Int(identity),
                available: reader.remaining
            )
        }
        replicaIdentity = known
        let count = Int(try reader.readBigEndian(as: UInt16.self))
        columns = []
        for _ in 0..<count {
            let flags = try reader.readInteger(as: UInt8.self)
            let name = String(wire: try reader.readZeroTerminated())
            columns.append(
                Column(
                    isKey: flags & 1 != 0,
                    name: name,
                    type: try reader.readBigEndian(),
                    modifier: try reader.readBigEndian()
                )
            )
        }
        try reader.requireEnd()
    }
}

/// Tables that lost all their rows at once.
struct TruncateMessage: Equatable {
    var relationIDs: [UInt32]

    /// Source: PostgreSQL manual, "Logical Replication Message Formats", Truncate.
    init(_ reader: inout ByteReader) throws(WireFault) {
        let offset = reader.offset
        let count = Int(try reader.readBigEndian(as: Int32.self))
        try reader.skip(1)
        guard count >= 0, count <= reader.remaining / 4 else {
            throw WireFault(
                .impossibleLength,
                offset: offset,
                wanted: count,
                available: reader.remaining / 4
            )
        }
        relationIDs = []
        for _ in 0..<count { relationIDs.append(try reader.readBigEndian()) }
        try reader.requireEnd()
    }
}

/// The server's sign of life, with the place it has read the log to.
struct KeepaliveMessage: Equatable {
    var end: LogSequenceNumber
    var isReplyRequested: Bool

    /// Source: PostgreSQL manual, "Streaming Replication Protocol", Primary keepalive message.
    init(_ reader: inout ByteReader) throws(WireFault) {
        end = LogSequenceNumber(try reader.readBigEndian())
        try reader.skip(8)
        isReplyRequested = try reader.readInteger(as: UInt8.self) != 0
        try reader.requireEnd()
    }

    /// Reads the message with its tag; nil when it is not whole.
    init?(framed bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes.bytes)
        do throws(WireFault) {
            try reader.skip(1)
            try self.init(&reader)
        } catch {
            return nil
        }
    }
}

extension ByteReader {
    /// - Throws: ``WireFault`` `.impossibleLength` when bytes are left over.
    func requireEnd() throws(WireFault) {
        guard isAtEnd else {
            throw WireFault(.impossibleLength, offset: offset, wanted: 0, available: remaining)
        }
    }
}

extension String {
    /// A name from the wire; the session's encoding is UTF-8.
    init(wire bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
