import Bytes
import Testing

@Suite("ByteReader")
struct ByteReaderTests {
    @Test("integers come in both byte orders and every width")
    func integers() throws {
        let bytes: [UInt8] = [1, 0x34, 0x12, 0x12, 0x34, 0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 9]
        var reader = ByteReader(bytes.span.bytes)
        let first = try reader.readInteger(as: UInt8.self)
        let second = try reader.readInteger(as: UInt16.self)
        let third = try reader.readBigEndian(as: UInt16.self)
        let fourth = try reader.readInteger(as: Int32.self)
        let fifth = try reader.readBigEndian(as: UInt32.self)
        #expect(first == 1)
        #expect(second == 0x1234)
        #expect(third == 0x1234)
        #expect(fourth == -2)
        #expect(fifth == 9)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    @Test(
        "length-encoded integers decode in all four widths",
        arguments: [
            ([0x00], 0), ([0xFA], 250), ([0xFB], nil), ([0xFC, 0xFB, 0x00], 251),
            ([0xFD, 0x00, 0x00, 0x01], 65_536), ([0xFE, 0, 0, 0, 1, 0, 0, 0, 0], 16_777_216),
        ] as [([UInt8], UInt64?)]
    )
    func lengthEncoded(_ bytes: [UInt8], _ expected: UInt64?) throws {
        var reader = ByteReader(bytes.span.bytes)
        let value = try reader.readLengthEncodedInteger()
        #expect(value == expected)
        let remaining = reader.remaining
        #expect(remaining == 0)
    }

    @Test("the reserved tag 0xFF is no length")
    func reservedTag() {
        let fault = fault([0xFF, 1, 2]) { reader throws(WireFault) in
            _ = try reader.readLengthEncodedInteger()
        }
        #expect(fault.0 == WireFault(.unknownTag, offset: 0, wanted: 0xFF, available: 2))
        #expect(fault.offset == 0)
    }

    @Test(
        "varints of one to ten bytes decode; zig-zag puts the sign last",
        arguments: [
            ([0x00], 0), ([0x01], -1), ([0x02], 1), ([0xFF, 0x01], -128), ([0x80, 0x02], 128),
            (Array(repeating: 0xFF, count: 9) + [0x01], Int64.min),
            ([0xFE] + Array(repeating: 0xFF, count: 8) + [0x01], Int64.max),
        ] as [([UInt8], Int64)]
    )
    func zigZag(_ bytes: [UInt8], _ expected: Int64) throws {
        var reader = ByteReader(bytes.span.bytes)
        let value = try reader.readZigZag()
        #expect(value == expected)
        let remaining = reader.remaining
        #expect(remaining == 0)
        var buffer = ByteBuffer()
        buffer.appendZigZag(expected)
        #expect(buffer.toArray() == bytes)
    }

    @Test(
        "a varint of more than 64 bits is malformed, not wrapped",
        arguments: [
            Array(repeating: 0xFF, count: 9) + [0x02],
            Array(repeating: 0x80, count: 10) + [0x00],
        ] as [[UInt8]]
    )
    func longVarint(_ bytes: [UInt8]) {
        let fault = fault(bytes) { reader throws(WireFault) in _ = try reader.readVarint() }
        #expect(fault.0?.kind == .malformedValue)
        #expect(fault.0?.offset == 0)
        #expect(fault.offset == 0)
    }

    /// The whole message: 0x01, a 16-bit 2, a length of 3 in its three-byte form with "abc", the
    /// varint 300, and "é" with its zero byte.
    private static let message: [UInt8] = [
        0x01, 0x02, 0x00, 0xFC, 0x03, 0x00, 0x61, 0x62, 0x63, 0xAC, 0x02, 0xC3, 0xA9, 0x00,
    ]

    @Test(
        "a message cut anywhere names the field that is missing bytes",
        arguments: [
            (0, WireFault(.truncated, offset: 0, wanted: 1, available: 0)),
            (1, WireFault(.truncated, offset: 1, wanted: 2, available: 0)),
            (2, WireFault(.truncated, offset: 1, wanted: 2, available: 1)),
            (3, WireFault(.truncated, offset: 3, wanted: 1, available: 0)),
            (4, WireFault(.truncated, offset: 4, wanted: 2, available: 0)),
            (5, WireFault(.truncated, offset: 4, wanted: 2, available: 1)),
            (6, WireFault(.impossibleLength, offset: 6, wanted: 3, available: 0)),
            (7, WireFault(.impossibleLength, offset: 6, wanted: 3, available: 1)),
            (8, WireFault(.impossibleLength, offset: 6, wanted: 3, available: 2)),
            (9, WireFault(.truncated, offset: 9, wanted: 1, available: 0)),
            (10, WireFault(.truncated, offset: 9, wanted: 2, available: 1)),
            (11, WireFault(.truncated, offset: 11, wanted: 1, available: 0)),
            (12, WireFault(.truncated, offset: 11, wanted: 2, available: 1)),
            (13, WireFault(.truncated, offset: 11, wanted: 3, available: 2)),
            (14, nil),
        ]
    )
    func everyCut(_ keptBytes: Int, _ expected: WireFault?) {
        let fault = fault(Array(Self.message[..<keptBytes])) { reader throws(WireFault) in
            _ = try reader.readInteger(as: UInt8.self)
            _ = try reader.readInteger(as: UInt16.self)
            let count = try reader.readLengthEncodedInteger() ?? 0
            _ = try reader.readBytes(Int(count))
            _ = try reader.readVarint()
            _ = try reader.readZeroTerminated()
        }
        #expect(fault.0 == expected)
    }

    enum Read: CaseIterable {
        case integer, bigEndian, lengthEncoded, bytes, negativeBytes, skip, farSkip, zeroTerminated
        case varint
    }

    @Test("a failed read leaves the reader where it was", arguments: Read.allCases)
    func failedReadStays(_ read: Read) {
        let fault = fault([0xFE, 0xFF, 0xFF]) { reader throws(WireFault) in
            switch read {
            case .integer: _ = try reader.readInteger(as: UInt64.self)
            case .bigEndian: _ = try reader.readBigEndian(as: UInt64.self)
            case .lengthEncoded: _ = try reader.readLengthEncodedInteger()
            case .bytes: _ = try reader.readBytes(4)
            case .negativeBytes: _ = try reader.readBytes(-1)
            case .skip: try reader.skip(4)
            case .farSkip: try reader.skip(Int.max)
            case .zeroTerminated: _ = try reader.readZeroTerminated()
            case .varint: _ = try reader.readVarint()
            }
        }
        #expect(fault.0 != nil)
        #expect(fault.offset == 0)
    }

    private func fault(
        _ bytes: [UInt8],
        _ body: (inout ByteReader) throws(WireFault) -> Void
    ) -> (WireFault?, offset: Int) {
        var reader = ByteReader(bytes.span.bytes)
        var fault: WireFault?
        do throws(WireFault) { try body(&reader) } catch { fault = error }
        return (fault, reader.offset)
    }
}
