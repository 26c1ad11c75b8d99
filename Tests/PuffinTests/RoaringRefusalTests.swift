import Puffin
import Testing

@Suite("Roaring refusals")
struct RoaringRefusalTests {
    @Test(
        "what is no bitmap is refused with its place and both numbers",
        arguments: [
            // A count that the bytes cannot hold.
            ("ffffffffffffffff", RoaringFault(.impossibleCount, offset: 8, found: -1, expected: 0)),
            (
                "0200000000000000 00000000 3a300000 00000000",
                RoaringFault(.impossibleCount, offset: 8, found: 2, expected: 1)
            ),
            // A cookie that is none.
            (
                "0100000000000000 00000000 3c300000 00000000",
                RoaringFault(.unknownCookie, offset: 12, found: 12_348, expected: 0)
            ),
            // A plain cookie has nothing in its high half.
            (
                "0100000000000000 00000000 3a300100 00000000",
                RoaringFault(.unknownCookie, offset: 12, found: 77_882, expected: 0)
            ),
            // Keys of 32 bits that do not ascend.
            (
                "0200000000000000 01000000 3a300000 00000000 01000000 3a300000 00000000",
                RoaringFault(.notAscending, offset: 20, found: 1, expected: 2)
            ),
            // A key beyond signed longs.
            (
                "0100000000000000 00000080 3a300000 00000000",
                RoaringFault(
                    .keyTooLarge,
                    offset: 8,
                    found: 0x8000_0000,
                    expected: 0x7FFF_FFFF
                )
            ),
            // More containers than there are keys.
            (
                "0100000000000000 00000000 3a300000 01000100",
                RoaringFault(.impossibleCount, offset: 12, found: 65_537, expected: 65_536)
            ),
            // More containers than the bytes can hold.
            (
                "0100000000000000 00000000 3a300000 02000000 0000 0000 1000 0000 0000",
                RoaringFault(.impossibleCount, offset: 20, found: 2, expected: 1)
            ),
            // Keys of 16 bits that do not ascend.
            (
                "0100000000000000 00000000 3a300000 02000000 0100 0000 0100 0000 18000000 1a000000 "
                    + "0000 0000",
                RoaringFault(.notAscending, offset: 24, found: 1, expected: 2)
            ),
            // An offset that points elsewhere.
            (
                "0100000000000000 00000000 3a300000 01000000 0000 0000 11000000 0000",
                RoaringFault(.wrongOffset, offset: 28, found: 17, expected: 16)
            ),
            // Values of an array that are equal.
            (
                "0100000000000000 00000000 3a300000 01000000 0000 0100 10000000 0700 0700",
                RoaringFault(.notAscending, offset: 30, found: 7, expected: 8)
            ),
            // An array that is cut.
            (
                "0100000000000000 00000000 3a300000 01000000 0000 0100 10000000 0700",
                RoaringFault(.truncated, offset: 28, found: 2, expected: 4)
            ),
            // Runs that overlap.
            (
                "0100000000000000 00000000 3b300000 01 0000 0500 0200 0a000200 0c000200",
                RoaringFault(.notAscending, offset: 27, found: 12, expected: 13)
            ),
            // A run past the end.
            (
                "0100000000000000 00000000 3b300000 01 0000 0500 0100 ffff0100",
                RoaringFault(.runTooLong, offset: 23, found: 65_536, expected: 65_535)
            ),
            // More runs than bytes.
            (
                "0100000000000000 00000000 3b300000 01 0000 0500 0200 0a000200",
                RoaringFault(.impossibleCount, offset: 23, found: 2, expected: 1)
            ),
            // Runs that hold fewer values than announced, and none at all.
            (
                "0100000000000000 00000000 3b300000 01 0000 0500 0100 0a000400",
                RoaringFault(.wrongCardinality, offset: 21, found: 5, expected: 6)
            ),
            (
                "0100000000000000 00000000 3b300000 01 0000 0000 0000 0000",
                RoaringFault(.wrongCardinality, offset: 21, found: 0, expected: 1)
            ),
            // Bytes behind the end.
            ("0000000000000000 00", RoaringFault(.trailingBytes, offset: 8, found: 1, expected: 0)),
        ]
    )
    func flawed(text: String, fault: RoaringFault) {
        #expect(throws: fault) { try RoaringBitmap(parsing: hex(text)) }
    }

    @Test("bits that are more than announced are refused")
    func wrongBits() throws {
        var bytes = SampleSet.bitset.bitmap.serialized()
        bytes[28] ^= 1
        #expect(
            throws: RoaringFault(
                .wrongCardinality,
                offset: 28,
                found: SampleSet.bitset.positions.count + 1,
                expected: SampleSet.bitset.positions.count
            )
        ) {
            try RoaringBitmap(parsing: bytes)
        }
    }

    @Test("a bitmap cut anywhere is refused", arguments: SampleSet.allCases)
    func everyCut(_ sample: SampleSet) {
        var bitmap = sample.bitmap
        for _ in 0..<2 {
            let bytes = bitmap.serialized()
            for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 2000)) {
                #expect(throws: RoaringFault.self) {
                    try RoaringBitmap(parsing: Array(bytes[..<count]))
                }
            }
            bitmap.optimize()
        }
    }

    @Test("a fault says its reason, both numbers and the place")
    func description() {
        let fault = RoaringFault(.wrongOffset, offset: 28, found: 17, expected: 16)
        #expect(
            "\(fault)" == "a container is said to be at 17, it is at 16 (at byte 28 of the bitmap)"
        )
    }
}
