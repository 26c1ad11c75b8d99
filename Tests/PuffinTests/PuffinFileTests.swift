import Bytes
import Diagnostics
import Puffin
import Testing

@Suite("Puffin file")
struct PuffinFileTests {
    private static let firstText = "abcdefghi"
    private static let secondText =
        "some blob \u{0} binary data 🤯 that is not very very very very very very long, is it?"

    /// The file that the reference implementation tests itself with.
    private func sample(_ codec: PuffinWriter.Codec) throws -> [UInt8] {
        var writer = PuffinWriter(properties: [.init("created-by", "Test 1234")], file: "s.puffin")
        try writer.add(
            Array(Self.firstText.utf8),
            type: "some-blob",
            fields: [1],
            snapshotID: 2,
            sequenceNumber: 1,
            codec: codec
        )
        try writer.add(
            Array(Self.secondText.utf8),
            type: "some-other-blob",
            fields: [2],
            snapshotID: 2,
            sequenceNumber: 1,
            codec: codec
        )
        return try writer.finish()
    }

    private func contents(_ bytes: [UInt8]) throws -> [String] {
        let footer = try PuffinFooter(file: "s.puffin", bytes: bytes)
        return try footer.blobs.map { blob in
            let content = try blob.content(Array(bytes[blob.byteRange]), file: "s.puffin")
            return String(decoding: content, as: UTF8.self)
        }
    }

    @Test(
        "a golden file without blobs is read, and written with the same bytes",
        .enabled(if: Corpora.isPresent, Corpora.absence)
    )
    func goldenEmpty() throws {
        let bytes = try Corpora.bytes("iceberg/empty-puffin-uncompressed.bin")
        let footer = try PuffinFooter(file: "e.puffin", bytes: bytes)
        #expect(footer.blobs == [])
        #expect(footer.properties == [])
        #expect(try PuffinWriter(file: "e.puffin").finish() == bytes)
    }

    @Test(
        "a golden file with blobs is written with the same bytes",
        .enabled(if: Corpora.isPresent, Corpora.absence)
    )
    func goldenWritten() throws {
        let bytes = try Corpora.bytes("iceberg/sample-metric-data-uncompressed.bin")
        #expect(try sample(.none) == bytes)
    }

    @Test(
        "golden files are read",
        .enabled(if: Corpora.isPresent, Corpora.absence),
        arguments: [("uncompressed", nil, 9, 83), ("compressed-zstd", "zstd", 22, 77)]
    )
    func goldenRead(name: String, codec: String?, firstLength: Int, secondLength: Int) throws {
        let bytes = try Corpora.bytes("iceberg/sample-metric-data-\(name).bin")
        let footer = try PuffinFooter(file: "s.puffin", bytes: bytes)
        #expect(footer.properties == [.init("created-by", "Test 1234")])
        #expect(
            footer.blobs == [
                PuffinBlob(
                    type: "some-blob",
                    fields: [1],
                    snapshotID: 2,
                    sequenceNumber: 1,
                    offset: 4,
                    lengthBytes: firstLength,
                    compressionCodec: codec
                ),
                PuffinBlob(
                    type: "some-other-blob",
                    fields: [2],
                    snapshotID: 2,
                    sequenceNumber: 1,
                    offset: 4 + firstLength,
                    lengthBytes: secondLength,
                    compressionCodec: codec
                ),
            ]
        )
        #expect(try contents(bytes) == [Self.firstText, Self.secondText])
    }

    @Test("blobs that are written with zstd are read", arguments: [1, 3, 19] as [Int32])
    func zstd(level: Int32) throws {
        let bytes = try sample(.zstd(level: level))
        #expect(try contents(bytes) == [Self.firstText, Self.secondText])
        let footer = try PuffinFooter(file: "s.puffin", bytes: bytes)
        #expect(footer.blobs.map(\.compressionCodec) == ["zstd", "zstd"])
        // The frame says how long its content is, as the format demands: one byte suffices here.
        #expect(Array(bytes[4..<8]) == [0x28, 0xB5, 0x2F, 0xFD])
        #expect(bytes[8] & 0x20 != 0)
        #expect(bytes[9] == 9)
    }

    @Test("properties of a blob keep their order, and numbers their digits")
    func properties() throws {
        var writer = PuffinWriter(file: "s.puffin")
        let blob = try writer.add(
            [7],
            type: "t",
            fields: [3, -1, 2_147_483_645],
            snapshotID: 9_007_199_254_740_993,
            sequenceNumber: -1,
            properties: [.init("z", "1"), .init("a", "\u{1F}\"\\")]
        )
        let footer = try PuffinFooter(file: "s.puffin", bytes: try writer.finish())
        #expect(footer.blobs == [blob])
        #expect(blob.property("a") == "\u{1F}\"\\")
        #expect(blob.property("b") == nil)
    }

    @Test("a file is read range by range")
    func ranges() throws {
        let bytes = try sample(.none)
        let range = try PuffinFooter.byteRange(
            tail: Array(bytes.suffix(PuffinFooter.tailByteCount)),
            fileByteCount: bytes.count,
            file: "s.puffin"
        )
        #expect(range == 96..<355)
        let footer = try PuffinFooter(
            parsing: Array(bytes[range]),
            file: "s.puffin",
            fileByteCount: bytes.count
        )
        #expect(footer.blobs.map(\.byteRange) == [4..<13, 13..<96])
    }

    @Test("a compressed footer is read")
    func compressedFooter() throws {
        let plain = try sample(.none)
        let compressed = withFooter(of: plain, flags: 1) { lz4Frame($0) }
        let footer = try PuffinFooter(file: "s.puffin", bytes: compressed)
        #expect(footer.blobs == (try PuffinFooter(file: "s.puffin", bytes: plain)).blobs)
        #expect(try contents(compressed) == [Self.firstText, Self.secondText])
    }

    @Test("blobs that are one lz4 frame are read", arguments: [1, 1000, 300_000])
    func lz4Blob(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3 + $0 * $0 / 1000) }
        let frame = lz4Frame(content)
        let blob = PuffinBlob(
            type: "t",
            fields: [],
            snapshotID: 1,
            sequenceNumber: 1,
            offset: 4,
            lengthBytes: frame.count,
            compressionCodec: "lz4"
        )
        #expect(try blob.content(frame, file: "s.puffin") == content)
        for cut in stride(from: 0, to: frame.count, by: max(1, frame.count / 200)) {
            var short = blob
            short.lengthBytes = cut
            #expect(throws: FormatError.self, "cut to \(cut) of \(frame.count) bytes") {
                try short.content(Array(frame[..<cut]), file: "s.puffin")
            }
        }
        var longer = blob
        longer.lengthBytes += 1
        #expect(throws: FormatError.self) { try longer.content(frame + [0], file: "s.puffin") }
    }

    @Test("an lz4 frame that does not say its length, or forges it, is refused before it is used")
    func lz4Length() throws {
        let content = [UInt8](repeating: 7, count: 1000)
        let silent = lz4Frame(content, namesLength: false)
        var forged = lz4Frame(content)
        // The length of the content: 2^56 more than it is.
        forged[13] = 1
        for frame in [silent, forged] {
            let blob = PuffinBlob(
                type: "t",
                fields: [],
                snapshotID: 1,
                sequenceNumber: 1,
                offset: 4,
                lengthBytes: frame.count,
                compressionCodec: "lz4"
            )
            let error = #expect(throws: FormatError.self) { try blob.content(frame, file: "s") }
            let reason = frame == forged ? "decompress to more than" : "are damaged"
            #expect(error?.message.contains(reason) == true)
        }
    }

    @Test("a blob of an unknown codec is named only when it is read")
    func unknownCodec() throws {
        let bytes = withFooter(of: try sample(.none), flags: 0) { payload in
            let text = String(decoding: payload, as: UTF8.self)
            let codec = #""length":9,"compression-codec":"brotli""#
            return Array(text.replacing(#""length":9"#, with: codec).utf8)
        }
        let footer = try PuffinFooter(file: "s.puffin", bytes: bytes)
        let second = try footer.blobs[1].content([UInt8](bytes[13..<96]), file: "s")
        #expect(second == Array(Self.secondText.utf8))
        #expect(
            throws: FormatError(
                file: "s",
                "a blob's codec is brotli; lz4 and zstd are supported",
                offset: 4
            )
        ) {
            try footer.blobs[0].content([UInt8](bytes[4..<13]), file: "s")
        }
    }

    @Test("unknown members are stepped over, nulls are as absent")
    func leniency() throws {
        let text = """
            { "extra": [1.5], "properties": null, "blobs" : [ {"type":"t","fields":[],"new":{},
              "snapshot-id":1,"sequence-number":2,"offset":4,"length":0,"properties":null,
              "compression-codec":null} ] }
            """
        let footer = try PuffinFooter(file: "s", bytes: file(footer: text))
        #expect(
            footer.blobs == [
                PuffinBlob(
                    type: "t",
                    fields: [],
                    snapshotID: 1,
                    sequenceNumber: 2,
                    offset: 4,
                    lengthBytes: 0
                )
            ]
        )
    }

    @Test(
        "a footer with a flaw is refused, with its member's name",
        arguments: [
            ("[]", "the footer's member \"blobs\" is missing or not valid"),
            (#"{"blobs":{}}"#, "the footer's member \"blobs\" is missing or not valid"),
            (#"{"blobs":[7]}"#, "the footer's member \"blobs\" is missing or not valid"),
            (#"{"blobs":[{}]}"#, "the footer's member \"type\" is missing or not valid"),
            (
                #"{"blobs":[],"properties":{"a":1}}"#,
                "the footer's member \"properties\" is missing or not valid"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[1,2147483648]}]}"#,
                "the footer's member \"fields\" is missing or not valid"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1.0}]}"#,
                "the footer's member \"snapshot-id\" is missing or not valid"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1,"sequence-number":1,"#
                    + #""offset":-1}]}"#,
                "the footer's member \"offset\" is missing or not valid"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1,"sequence-number":1,"#
                    + #""offset":3,"length":0}]}"#,
                "a blob of 0 bytes is said to be at byte 3, blobs lie between 4 and 4"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1,"sequence-number":1,"#
                    + #""offset":4,"length":1}]}"#,
                "a blob of 1 bytes is said to be at byte 4, blobs lie between 4 and 4"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1,"sequence-number":1,"#
                    + #""offset":5,"length":0}]}"#,
                "a blob of 0 bytes is said to be at byte 5, blobs lie between 4 and 4"
            ),
            (
                #"{"blobs":[{"type":"t","fields":[],"snapshot-id":1,"sequence-number":1,"#
                    + #""offset":9223372036854775807,"length":9223372036854775807}]}"#,
                "a blob of 9223372036854775807 bytes is said to be at byte 9223372036854775807, "
                    + "blobs lie between 4 and 4"
            ),
            ("{", "the footer is no JSON: expected a member's name at byte 1"),
        ]
    )
    func flawedFooter(text: String, message: String) {
        let error = #expect(throws: FormatError.self) {
            try PuffinFooter(file: "s", bytes: file(footer: text))
        }
        #expect(error?.message == message)
    }

    @Test("magic bytes, flags and the footer's length are checked")
    func flawedFrame() throws {
        let bytes = try sample(.none)
        let last = bytes.count - 1
        let cases: [(index: Int, offset: Int, message: String)] = [
            (0, 0, "it does not begin with PFA1"),
            (96, 96, "the footer does not begin with PFA1"),
            (last, last - 3, "it does not end with PFA1"),
            (last - 4, last - 7, "the footer has unknown flags: 0x80000000"),
            (last - 7, last - 7, "the footer has unknown flags: 0x80"),
            (
                last - 8, last - 11,
                "the footer is said to have 2147483891 bytes, at most 335 are possible"
            ),
        ]
        for flaw in cases {
            var damaged = bytes
            damaged[flaw.index] ^= 0x80
            #expect(throws: FormatError(file: "s", flaw.message, offset: flaw.offset)) {
                try PuffinFooter(file: "s", bytes: damaged)
            }
        }
    }

    @Test("a file cut anywhere is refused")
    func everyCut() throws {
        let bytes = try sample(.zstd(level: 3))
        for count in bytes.indices {
            #expect(throws: FormatError.self) {
                try PuffinFooter(file: "s", bytes: Array(bytes[..<count]))
            }
        }
    }

    @Test("bytes that are not as many as the blob has are refused")
    func wrongRange() throws {
        let blob = try PuffinFooter(file: "s", bytes: try sample(.none)).blobs[0]
        #expect(
            throws: FormatError(file: "s", "8 bytes of a blob of 9 bytes were read", offset: 4)
        ) {
            try blob.content([UInt8](repeating: 0, count: 8), file: "s")
        }
    }
}
