internal import Bytes

/// The nineteen bytes in front of every binlog event.
struct EventHeader: Equatable {
    static let byteCount = 19

    var timestampSeconds: UInt32
    var type: UInt8
    var serverID: UInt32
    var eventByteCount: UInt32
    /// The place behind the event in its file; zero in artificial events and in payloads.
    var nextPosition: UInt32
    var flags: UInt16

    init(_ event: RawSpan) throws(WireFault) {
        var reader = ByteReader(event)
        timestampSeconds = try reader.readInteger()
        type = try reader.readInteger()
        serverID = try reader.readInteger()
        eventByteCount = try reader.readInteger()
        nextPosition = try reader.readInteger()
        flags = try reader.readInteger()
    }

    var isArtificial: Bool { flags & EventType.artificialFlag != 0 }
}

/// How the events of one file are laid out.
struct FormatDescription: Equatable {
    static let checksumByteCount = 4

    var serverVersion = ""
    var dialect: Dialect { Dialect(serverVersion: serverVersion) }
    /// Whether each event ends with a CRC-32.
    var hasChecksums = false
    /// Bytes of the fixed part behind the header, by event type minus one.
    var postHeaderByteCounts: [UInt8] = []

    init() {}

    /// Reads the event without its header and with its checksum, which this event always has.
    init(_ body: RawSpan) throws(WireFault) {
        var reader = ByteReader(body)
        let version = try reader.readInteger(as: UInt16.self)
        guard version == 4 else {
            throw WireFault(
                .unknownTag,
                offset: 0,
                wanted: Int(version),
                available: body.byteCount
            )
        }
        let name = try reader.readBytes(50)
        serverVersion = text(name.prefix(whileNotZero: ()))
        try reader.skip(4)
        let headerByteCount = try reader.readInteger(as: UInt8.self)
        guard headerByteCount == EventHeader.byteCount else {
            throw WireFault(
                .malformedValue,
                offset: 56,
                wanted: Int(headerByteCount),
                available: reader.remaining
            )
        }
        let trailing = Self.checksumByteCount + 1
        let counts = try reader.readBytes(reader.remaining - trailing)
        postHeaderByteCounts = counts.withUnsafeBytes { Array($0) }
        hasChecksums = try reader.readInteger(as: UInt8.self) == 1
    }

    /// Bytes of a rows event's or table map's table number.
    func tableIDByteCount(of type: UInt8) -> Int {
        let index = Int(type) - 1
        guard postHeaderByteCounts.indices.contains(index) else { return 6 }
        return postHeaderByteCounts[index] == 6 ? 4 : 6
    }
}

extension RawSpan {
    /// The bytes up to the first zero, or all of them.
    @_lifetime(copy self)
    func prefix(whileNotZero: Void) -> RawSpan {
        var count = 0
        while count < byteCount, unsafeLoad(fromUncheckedByteOffset: count, as: UInt8.self) != 0 {
            count += 1
        }
        return extracting(first: count)
    }
}

/// The bytes as text; bytes that are not UTF-8 become replacement characters.
func text(_ bytes: RawSpan) -> String {
    bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

extension ByteReader {
    /// Reads a length-encoded integer that counts something, so that neither NULL nor a number
    /// beyond what the message holds can be right.
    mutating func readCount() throws(WireFault) -> Int {
        let start = offset
        guard let value = try readLengthEncodedInteger(), value <= UInt64(Int32.max) else {
            throw WireFault(.impossibleLength, offset: start, wanted: -1, available: remaining)
        }
        return Int(value)
    }

    /// Reads the little-endian six (or four) bytes of a table number.
    mutating func readTableID(byteCount: Int) throws(WireFault) -> UInt64 {
        let low = try readInteger(as: UInt32.self)
        guard byteCount == 6 else { return UInt64(low) }
        return UInt64(low) | UInt64(try readInteger(as: UInt16.self)) << 32
    }

    /// What is left, as a view.
    @_lifetime(copy self)
    mutating func readRest() throws(WireFault) -> RawSpan { try readBytes(remaining) }
}
