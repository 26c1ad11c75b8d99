import Bytes
import Puffin
import TestKit
import Testing

/// Bytes were compared with those of CRoaring 4 (pyroaring 1.2.0) after `run_optimize`.
@Suite("Roaring format")
struct RoaringFormatTests {
    /// The bytes of a set in its smallest form.
    private func bytes(_ positions: [Int]) -> [UInt8] {
        var bitmap = RoaringBitmap(positions)
        bitmap.optimize()
        return bitmap.serialized()
    }

    @Test("an empty set is a count of zero")
    func empty() throws {
        #expect(bytes([]) == [UInt8](repeating: 0, count: 8))
        #expect(try RoaringBitmap(parsing: [UInt8](repeating: 0, count: 8)).isEmpty)
    }

    @Test("positions on both sides of 16 and of 32 bits have these bytes")
    func boundaries() throws {
        let expected = hex(
            """
            0200000000000000
            00000000 3a300000 02000000 0000 0200 0100 0000 18000000 1e000000 0000 0100 ffff 0000
            01000000 3a300000 01000000 0000 0000 10000000 0000
            """
        )
        let positions = [0, 1, 65_535, 65_536, 4_294_967_296]
        #expect(bytes(positions) == expected)
        #expect(try RoaringBitmap(parsing: expected).positions() == positions)
    }

    @Test("runs in fewer than four containers have no offsets")
    func runsWithoutOffsets() throws {
        let expected = hex(
            """
            0100000000000000 00000000 3b300200 05 0000 e703 0100 0000 0200 ffff
            0100 0a00 e703 0500 0100 0000 ffff
            """
        )
        let positions = Array(10..<1010) + [65_541] + Array(131_072..<196_608)
        #expect(bytes(positions) == expected)
        #expect(try RoaringBitmap(parsing: expected).positions() == positions)
    }

    @Test("runs in four containers have offsets")
    func runsWithOffsets() throws {
        let expected = hex(
            """
            0100000000000000 00000000 3b300300 02 0000 0000 0100 0300 0200 0000 0300 0000
            25000000 27000000 2d000000 2f000000
            0000 0100 0000 0300 0000 0000
            """
        )
        let positions = [0, 65_536, 65_537, 65_538, 65_539, 131_072, 196_608]
        #expect(bytes(positions) == expected)
        #expect(try RoaringBitmap(parsing: expected).positions() == positions)
    }

    @Test("nine containers have two bytes of run flags")
    func twoFlagBytes() throws {
        let positions = (0..<9).flatMap { key in Array(key << 16..<(key << 16) + 5) }
        let bytes = bytes(positions)
        #expect(Array(bytes[12..<18]) == hex("3b300800 ff01"))
        #expect(try RoaringBitmap(parsing: bytes).positions() == positions)
    }

    @Test(
        "4096 scattered values are an array, 4097 are bits",
        arguments: [(4095, 28 + 8190), (4096, 28 + 8192), (4097, 28 + 8192)]
    )
    func largestArray(count: Int, byteCount: Int) throws {
        let positions = (0..<count).map { $0 * 3 }
        let bytes = bytes(positions)
        #expect(bytes.count == byteCount)
        // The bits of 0, 3, 6 and so on, or the values themselves.
        let head: [UInt8] = count > 4096 ? [0x49, 0x92, 0x24] : [0, 0, 3, 0, 6, 0]
        #expect(Array(bytes[28..<28 + head.count]) == head)
        #expect(try RoaringBitmap(parsing: bytes).positions() == positions)
    }

    @Test("what is neither shorter nor longer as runs stays as it is")
    func runsAtEqualLength() {
        // Three values are six bytes, as is one run.
        #expect(bytes([5, 6, 7]) == RoaringBitmap([5, 6, 7]).serialized())
        #expect(bytes([5, 6, 7, 8]).count == 8 + 4 + 5 + 4 + 6)
        // 2047 runs are shorter than bits, 2048 are longer.
        let headByteCount = 8 + 4 + 4
        let fewer = positions(ofRuns: 2047)
        #expect(bytes(fewer).count == headByteCount + 1 + 4 + 2 + 2047 * 4)
        #expect(bytes(positions(ofRuns: 2048)).count == headByteCount + 4 + 4 + 4 + 8192)
    }

    private func positions(ofRuns count: Int) -> [Int] {
        (0..<count).flatMap { run in Array(run * 32...run * 32 + 2) }
    }

    @Test("the announced length is the length", arguments: SampleSet.allCases)
    func byteCount(_ sample: SampleSet) throws {
        var bitmap = sample.bitmap
        #expect(bitmap.serializedByteCount == bitmap.serialized().count)
        #expect(try RoaringBitmap(parsing: bitmap.serialized()) == bitmap)
        bitmap.optimize()
        #expect(bitmap.serializedByteCount == bitmap.serialized().count)
        #expect(try RoaringBitmap(parsing: bitmap.serialized()) == bitmap)
    }

    @Test("equal sets have equal bytes, however they came about", arguments: SampleSet.allCases)
    func canonical(_ sample: SampleSet) throws {
        var bitmap = RoaringBitmap()
        for position in sample.positions.shuffledBySeed() { bitmap.insert(position) }
        bitmap.optimize()
        #expect(bitmap.serialized() == bytes(sample.positions))
        bitmap.optimize()
        #expect(bitmap.serialized() == bytes(sample.positions))
    }

    @Test("an empty 32-bit bitmap, as Java writes for a key that it skips, is read as nothing")
    func emptyGroup() throws {
        let bytes = hex(
            "0200000000000000 00000000 3a300000 00000000 "
                + "01000000 3a300000 01000000 0000 0000 10000000 0000"
        )
        #expect(try RoaringBitmap(parsing: bytes).positions() == [1 << 32])
    }

    @Test("runs that touch are read as one")
    func touchingRuns() throws {
        let bytes = hex("0100000000000000 00000000 3b300000 01 0000 0500 0200 0a000200 0d000200")
        let bitmap = try RoaringBitmap(parsing: bytes)
        #expect(bitmap.positions() == Array(10...15))
        #expect(bitmap == RoaringBitmap(Array(10...15)))
    }

    @Test(
        "golden maps are read, and written again with the same bytes",
        .enabled(if: Corpora.isPresent, Corpora.absence),
        arguments: [
            ("64mapempty", []),
            ("64map32bitvals", Array(0..<10)),
            ("64mapspreadvals", (0..<10).flatMap { key in (0..<10).map { key << 32 | $0 } }),
        ]
    )
    func golden(name: String, positions: [Int]) throws {
        let bytes = try Corpora.bytes("iceberg/\(name).bin")
        let bitmap = try RoaringBitmap(parsing: bytes)
        #expect(bitmap.positions() == positions)
        #expect(bitmap.serialized() == bytes)
    }

    @Test(
        "a map whose positions do not fit into a signed long is refused",
        .enabled(if: Corpora.isPresent, Corpora.absence)
    )
    func goldenHighKeys() throws {
        let bytes = try Corpora.bytes("iceberg/64maphighvals.bin")
        #expect(
            throws: RoaringFault(
                .keyTooLarge,
                offset: 8,
                found: 0xEFBD_BFEF,
                expected: 0x7FFF_FFFF
            )
        ) {
            try RoaringBitmap(parsing: bytes)
        }
    }
}

extension Array {
    fileprivate func shuffledBySeed() -> [Element] {
        var generator = SeededGenerator(seed: 11)
        return shuffled(using: &generator)
    }
}
