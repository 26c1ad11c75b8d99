internal import Bytes

/// The start of a MySQL transaction.
///
/// Source: MySQL `libs/mysql/binlog/event/control_events.h`, `Gtid_event`.
struct MySQLGTIDEvent: Equatable {
    var transaction: TransactionID
    /// When the transaction was committed on the server that we read from.
    var committedAtMicroseconds: Int64?

    private static let commitTimestampBit: UInt64 = 1 << 55

    init(_ body: RawSpan) throws(WireFault) {
        var reader = ByteReader(body)
        try reader.skip(1)
        let high = try reader.readBigEndian(as: UInt64.self)
        let low = try reader.readBigEndian(as: UInt64.self)
        let number = try reader.readInteger(as: Int64.self)
        let source = GTIDSet.Source(uuid: UInt128(high) << 64 | UInt128(low), tag: "")
        transaction = .mysql(source, number: number)
        guard reader.remaining >= 17 + 7, try reader.readInteger(as: UInt8.self) == 2 else {
            return
        }
        try reader.skip(16)
        let bits = UInt64(try reader.readInteger(as: UInt32.self))
        let middle = UInt64(try reader.readInteger(as: UInt16.self))
        let top = UInt64(try reader.readInteger(as: UInt8.self))
        let value = bits | middle << 32 | top << 48
        committedAtMicroseconds = Int64(value & ~Self.commitTimestampBit)
    }
}

/// The start of a MySQL transaction whose identifier may have a tag (8.3 and later).
///
/// A message of numbered fields: format version, byte count, last field that must be understood,
/// then field numbers and values as variable-length integers.
///
/// Source: MySQL `libs/mysql/serialization/readme.md`; `control_events.h`, `Gtid_event`.
extension MySQLGTIDEvent {
    private static let flagsField: UInt64 = 0
    private static let uuidField: UInt64 = 1
    private static let numberField: UInt64 = 2
    private static let tagField: UInt64 = 3
    private static let lastCommittedField: UInt64 = 4
    private static let sequenceField: UInt64 = 5
    private static let immediateCommitField: UInt64 = 6
    private static let tagCharactersMax: UInt64 = 32

    init(tagged body: RawSpan) throws(WireFault) {
        var reader = ByteReader(body)
        // Version, size, and the number of the last field that old readers must know.
        for _ in 0..<3 { _ = try reader.readSerializedInteger() }
        var uuid: UInt128?
        var number: Int64?
        var tag = ""
        var committed: Int64?
        while !reader.isAtEnd {
            switch try reader.readSerializedInteger() {
            case Self.flagsField: try reader.skip(1)
            case Self.uuidField: uuid = try reader.readSerializedUUID()
            case Self.numberField: number = try reader.readSerializedSigned()
            case Self.tagField:
                let count = try reader.readSerializedInteger()
                guard count <= Self.tagCharactersMax else {
                    throw WireFault(
                        .impossibleLength,
                        offset: reader.offset,
                        wanted: Int(clamping: count),
                        available: reader.remaining
                    )
                }
                tag = text(try reader.readBytes(Int(count)))
            case Self.lastCommittedField, Self.sequenceField:
                _ = try reader.readSerializedSigned()
            case Self.immediateCommitField:
                committed = Int64(clamping: try reader.readSerializedInteger())
                try reader.skip(reader.remaining)
            default: try reader.skip(reader.remaining)
            }
        }
        guard let uuid, let number else {
            throw WireFault(.truncated, offset: reader.offset, wanted: 1, available: 0)
        }
        transaction = .mysql(GTIDSet.Source(uuid: uuid, tag: tag), number: number)
        committedAtMicroseconds = committed
    }
}

extension ByteReader {
    /// Reads an integer whose first byte's trailing ones count the bytes that follow.
    mutating func readSerializedInteger() throws(WireFault) -> UInt64 {
        let first = try readInteger(as: UInt8.self)
        let following = (~first).trailingZeroBitCount
        if following >= 8 { return try readInteger(as: UInt64.self) }
        var value = UInt64(first) >> UInt64(following + 1)
        var shift = UInt64(7 - following)
        for _ in 0..<following {
            value |= UInt64(try readInteger(as: UInt8.self)) << shift
            shift += 8
        }
        return value
    }

    /// Signed integers carry their sign in the lowest bit.
    mutating func readSerializedSigned() throws(WireFault) -> Int64 {
        let raw = try readSerializedInteger()
        let magnitude = Int64(bitPattern: raw >> 1)
        return raw & 1 == 0 ? magnitude : ~magnitude
    }

    /// Sixteen bytes, each as an integer of one or two bytes.
    mutating func readSerializedUUID() throws(WireFault) -> UInt128 {
        var value: UInt128 = 0
        for _ in 0..<16 { value = value << 8 | UInt128(try readSerializedInteger() & 0xFF) }
        return value
    }
}

/// The start of a MariaDB transaction; no BEGIN follows.
///
/// Source: MariaDB `sql/log_event.h`, `Gtid_log_event`.
struct MariaDBGTIDEvent: Equatable {
    enum AlterPhase: Equatable {
        case start
        case commit
        case rollback
    }

    var transaction: TransactionID
    /// Exactly one event follows, which is its own transaction.
    var isStandalone: Bool
    /// The rows that follow wait for an XA COMMIT.
    var isPreparedXA: Bool
    /// An XA COMMIT or XA ROLLBACK follows.
    var isCompletedXA: Bool
    /// Which half of a two-phase ALTER TABLE follows.
    var alterPhase: AlterPhase?

    private enum Flag {
        static let standalone: UInt8 = 0x01
        static let groupCommit: UInt8 = 0x02
        static let preparedXA: UInt8 = 0x40
        static let completedXA: UInt8 = 0x80
    }

    init(_ body: RawSpan, serverID: UInt32) throws(WireFault) {
        var reader = ByteReader(body)
        let sequence = try reader.readInteger(as: UInt64.self)
        let domain = try reader.readInteger(as: UInt32.self)
        let flags = try reader.readInteger(as: UInt8.self)
        transaction = .mariadb(domain: domain, serverID: serverID, sequence: sequence)
        isStandalone = flags & Flag.standalone != 0
        isPreparedXA = flags & Flag.preparedXA != 0
        isCompletedXA = flags & Flag.completedXA != 0
        if flags & Flag.groupCommit != 0 { try reader.skip(8) }
        if flags & (Flag.preparedXA | Flag.completedXA) != 0 {
            try reader.skip(4)
            let globalBytes = Int(try reader.readInteger(as: UInt8.self))
            let branchBytes = Int(try reader.readInteger(as: UInt8.self))
            try reader.skip(globalBytes + branchBytes)
        } else if flags & Flag.groupCommit == 0 {
            try reader.skip(min(6, reader.remaining))
        }
        guard !reader.isAtEnd else { return }
        let extra = try reader.readInteger(as: UInt8.self)
        if extra & 2 != 0 { alterPhase = .start }
        if extra & 4 != 0 { alterPhase = .commit }
        if extra & 8 != 0 { alterPhase = .rollback }
    }
}

/// An XA transaction was prepared; its rows stand in front of this event.
struct XAPrepareEvent: Equatable {
    var isOnePhase: Bool
    var identifier: XAIdentifier

    init(_ body: RawSpan) throws(WireFault) {
        var reader = ByteReader(body)
        isOnePhase = try reader.readInteger(as: UInt8.self) != 0
        let format = try reader.readInteger(as: Int32.self)
        let globalBytes = Int(try reader.readInteger(as: UInt32.self))
        let branchBytes = Int(try reader.readInteger(as: UInt32.self))
        let global = try reader.readBytes(globalBytes).withUnsafeBytes { Array($0) }
        let branch = try reader.readBytes(branchBytes).withUnsafeBytes { Array($0) }
        identifier = XAIdentifier(format: format, global: global, branch: branch)
    }
}

/// What an application calls its XA transaction.
struct XAIdentifier: Hashable, CustomStringConvertible {
    var format: Int32
    var global: [UInt8]
    var branch: [UInt8]

    var description: String { "X'\(hexText(global))',X'\(hexText(branch))',\(format)" }
}

func hexText(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A statement in the log: DDL, the brackets of transactions, and statement-format changes.
struct QueryEvent {
    var schema: String
    var statement: String
    /// Whether `"name"` is an identifier rather than a text.
    var hasANSIQuotes = false

    private static let ansiQuotesMode: UInt64 = 4

    init(schema: String, statement: String, hasANSIQuotes: Bool) {
        self.schema = schema
        self.statement = statement
        self.hasANSIQuotes = hasANSIQuotes
    }

    init(_ body: RawSpan, isCompressed: Bool) throws(WireFault) {
        var reader = ByteReader(body)
        try reader.skip(8)
        let schemaBytes = Int(try reader.readInteger(as: UInt8.self))
        try reader.skip(2)
        let variableBytes = Int(try reader.readInteger(as: UInt16.self))
        var variables = ByteReader(try reader.readBytes(variableBytes))
        schema = text(try reader.readBytes(schemaBytes))
        try reader.skip(1)
        let rest = try reader.readRest()
        if isCompressed {
            let plain = try CompressedField.expandLogRecord(rest)
            statement = String(decoding: plain, as: UTF8.self)
        } else {
            statement = text(rest)
        }
        // The flags (code 0, four bytes) come first, the mode (code 1, eight bytes) second.
        while variables.remaining > 0 {
            switch try variables.readInteger(as: UInt8.self) {
            case 0 where variables.remaining >= 4: try variables.skip(4)
            case 1 where variables.remaining >= 8:
                let mode = try variables.readInteger(as: UInt64.self)
                hasANSIQuotes = mode & Self.ansiQuotesMode != 0
                return
            default: return
            }
        }
    }
}
