import Bytes
import Diagnostics
import Puffin
import Testing

@Suite("DeletionVector")
struct DeletionVectorTests {
    private func blob(_ positions: [Int]) throws -> [UInt8] {
        var target = ByteBuffer()
        try DeletionVector.append(RoaringBitmap(positions), to: &target, file: "d.puffin")
        return target.toArray()
    }

    /// Two bitmaps of 32 bits, each with an array, an array that is shorter as runs, and bits.
    private static let allContainerTypes: [Int] = {
        let second = 1 << 32
        var positions = [5, 7]
        positions += Array(65_537...66_535)
        positions += Array(131_073...196_606)
        positions += [second + 10, second + 20]
        positions += Array(second + 65_546...second + 66_035)
        positions += Array(second + 131_073...second + 196_606)
        return positions
    }()

    @Test(
        "golden blobs are read, and written with the same bytes",
        .enabled(if: Corpora.isPresent, Corpora.absence),
        arguments: [
            ("empty", []),
            ("small-alternating-values", [1, 3, 5, 7, 9]),
            ("small-and-large-values", [100, 101, 2_147_483_747, 2_147_483_748]),
            ("all-container-types", allContainerTypes),
        ]
    )
    func golden(name: String, positions: [Int]) throws {
        let bytes = try Corpora.bytes("iceberg/\(name)-position-index.bin")
        let bitmap = try DeletionVector.read(bytes, file: "golden", offset: 0)
        #expect(bitmap.positions() == positions)
        #expect(try blob(positions) == bytes)
    }

    @Test("positions on both sides of 16 and of 32 bits have these bytes")
    func boundaries() throws {
        let positions = [0, 1, 65_535, 65_536, 4_294_967_296]
        let expected = hex(
            """
            00000046 d1d33964 0200000000000000
            00000000 3a300000 02000000 0000 0200 0100 0000 18000000 1e000000 0000 0100 ffff 0000
            01000000 3a300000 01000000 0000 0000 10000000 0000 76c1bda2
            """
        )
        #expect(try blob(positions) == expected)
        let read = try DeletionVector.read(expected, file: "d.puffin", offset: 0)
        #expect(read.positions() == positions)
    }

    @Test(
        "a blob with a flaw is refused with the place in the file",
        arguments: [
            // Flaw, byte to change, what to change in it, place, message.
            ("length", 3, 0x01, 4, "its length is said to be 43, it is 42"),
            ("magic", 5, 0x10, 8, "its magic is not D1 D3 39 64"),
            ("checksum", 49, 0xFF, 50, "its checksum is 0xb3fb20be, 0xb3fb2041 was written"),
            ("content", 40, 0x02, 50, "its checksum is 0xfe3381b5, 0xb3fb20be was written"),
        ] as [(String, Int, UInt8, Int, String)]
    )
    func flawed(flaw: String, index: Int, change: UInt8, place: Int, message: String) throws {
        var bytes = try blob([1, 3, 5, 7, 9])
        bytes[index] ^= change
        #expect(
            throws: FormatError(
                file: "d.puffin",
                "a deletion vector: \(message)",
                offset: place
            )
        ) {
            try DeletionVector.read(bytes, file: "d.puffin", offset: 4)
        }
    }

    @Test("a flaw of the bitmap is told with its place in the file")
    func flawedBitmap() throws {
        var bytes = try blob([1, 3, 5, 7, 9])
        bytes[40] = 1
        let checksum = bytes[4..<46].withUnsafeBytes { crc32Checksum($0) }
        bytes.replaceSubrange(46..., with: (0..<4).map { UInt8(checksum >> (24 - 8 * $0) & 0xFF) })
        #expect(
            throws: FormatError(
                file: "d.puffin",
                "a deletion vector: 1 follows, the least possible is 4 (at byte 32 of the bitmap)",
                offset: 1040
            )
        ) {
            try DeletionVector.read(bytes, file: "d.puffin", offset: 1000)
        }
    }

    @Test("a blob cut anywhere is refused")
    func everyCut() throws {
        let bytes = try blob(Self.allContainerTypes)
        for count in bytes.indices {
            #expect(throws: FormatError.self) {
                try DeletionVector.read(Array(bytes[..<count]), file: "d.puffin", offset: 4)
            }
        }
    }
}

@Suite("DeletionVectorFileWriter")
struct DeletionVectorFileWriterTests {
    @Test("vectors of several data files lie one behind another, as the footer says")
    func several() throws {
        var writer = DeletionVectorFileWriter(createdBy: "frazil test", file: "d.puffin")
        let first = try writer.add(
            RoaringBitmap([3, 1, 2]),
            referencedDataFile: "s3://b/1.parquet"
        )
        let second = try writer.add(
            RoaringBitmap(Array(0..<100_000)),
            referencedDataFile: "s3://b/\u{e4} \"2\".parquet"
        )
        let bytes = try writer.finish()
        #expect(
            first
                == WrittenDeletionVector(
                    referencedDataFile: "s3://b/1.parquet",
                    offset: 4,
                    lengthBytes: 46,
                    cardinality: 3
                )
        )
        #expect(second.offset == 50)
        #expect(second.cardinality == 100_000)

        let text = String(decoding: bytes[(50 + Int(second.lengthBytes))...], as: UTF8.self)
        let expected =
            #"PFA1{"blobs":[{"type":"deletion-vector-v1","fields":[2147483645],"snapshot-id":-1,"#
            + #""sequence-number":-1,"offset":4,"length":46,"properties":{"referenced-data-file":"#
            + #""s3://b/1.parquet","cardinality":"3"}},{"type":"deletion-vector-v1","fields":"#
            + #"[2147483645],"snapshot-id":-1,"sequence-number":-1,"offset":50,"length":"#
            + #"\#(second.lengthBytes),"properties":{"referenced-data-file":"#
            + #""s3://b/ä \"2\".parquet","cardinality":"100000"}}],"properties":{"created-by":"#
            + #""frazil test"}}"#
        #expect(text.hasPrefix(expected))
        let footerByteCount = expected.utf8.count - 4
        #expect(
            Array(bytes.suffix(12).prefix(4))
                == (0..<4).map { UInt8(truncatingIfNeeded: footerByteCount >> (8 * $0)) }
        )
        #expect(Array(bytes.suffix(8)) == [0, 0, 0, 0, 0x50, 0x46, 0x41, 0x31])

        let footer = try PuffinFooter(file: "d.puffin", bytes: bytes)
        for (blob, positions) in zip(footer.blobs, [[1, 2, 3], Array(0..<100_000)]) {
            let content = try blob.content(Array(bytes[blob.byteRange]), file: "d.puffin")
            let bitmap = try DeletionVector.read(content, file: "d.puffin", offset: blob.offset)
            #expect(bitmap.positions() == positions)
            #expect(blob.property("cardinality") == String(positions.count))
        }
    }

    @Test("two vectors of one data file end the program")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var writer = DeletionVectorFileWriter(createdBy: "test", file: "d.puffin")
            _ = try writer.add(RoaringBitmap([1]), referencedDataFile: "a")
            _ = try writer.add(RoaringBitmap([2]), referencedDataFile: "a")
        }
    }
}
