import Bytes
import Testing

@Suite("Hashes and checksums")
struct HashTests {
    /// Key 00 01 … 0f, input 00 01 … of each length.
    ///
    /// Source: the reference implementation of SipHash, `vectors.h`, `vectors_sip128`.
    @Test(
        "SipHash-2-4 with 128 bits gives the reference implementation's vectors",
        arguments: [
            (0, "a3817f04ba25a8e66df67214c7550293"),
            (1, "da87c1d86b99af44347659119b22fc45"),
            (2, "8177228da4a45dc7fca38bdef60affe4"),
            (3, "9c70b60c5267a94e5f33b6b02985ed51"),
            (4, "f88164c12d9c8faf7d0f6e7c7bcd5579"),
            (5, "1368875980776f8854527a07690e9627"),
            (6, "14eeca338b208613485ea0308fd7a15e"),
            (7, "a1f1ebbed8dbc153c0b84aa61ff08239"),
            (8, "3b62a9ba6258f5610f83e264f31497b4"),
            (9, "264499060ad9baabc47f8b02bb6d71ed"),
            (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
            (16, "6ee2a4ca67b054bbfd3315bf85230577"),
        ]
    )
    func sipHash(_ byteCount: Int, _ expected: String) {
        func word(_ first: UInt64) -> UInt64 {
            (0..<8).reduce(0) { $0 | (first + $1) << ($1 * 8) }
        }
        let hasher = SipHash128(key0: word(0), key1: word(8))
        let input = (0..<byteCount).map { UInt8($0) }
        let hash = input.withUnsafeBytes { hasher.hash($0) }
        let bytes = [hash.low, hash.high].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        #expect(bytes.map(hexadecimal).joined() == expected)
    }

    /// Byte `i` of the input is `37 * i + 11`, modulo 256.
    ///
    /// Source: the reference implementation, libxxhash 0.8.1.
    @Test(
        "XXH64 gives the reference implementation's sums, with and without a seed",
        arguments: [
            (0, 0xEF46_DB37_51D8_E999, 0x51E2_4C0E_9077_A48C),
            (1, 0xF592_C0C7_639C_4CB6, 0x0F61_4199_DD19_AD7A),
            (3, 0x22C0_8528_601D_4F27, 0xDCEE_5FB6_F091_A017),
            (4, 0xFB1E_5CF2_F1AE_4D95, 0x40CE_9F1D_ABE9_5D5F),
            (7, 0x5613_AC51_0496_C04E, 0x07E4_5F7A_37E0_5AA2),
            (8, 0x57CB_2B75_21F3_E21A, 0x32BA_9CBA_145A_A3AF),
            (12, 0x2F53_B002_6603_9E64, 0xFDF8_E3BC_8F31_DD6D),
            (31, 0xE4A0_E629_E519_A4AE, 0xBF14_EA58_DC6C_8120),
            (32, 0xCC6B_8AAA_DA79_0B2D, 0x360B_F82D_E03A_ED92),
            (33, 0x35EC_4985_0475_A832, 0x8333_C1DD_24E3_2B2F),
            (63, 0xBF9F_0BA3_CF95_B28A, 0x7E32_9D4A_AFB1_273C),
            (64, 0x155C_CCE4_BF32_BEFC, 0x5FF0_3629_286B_7838),
            (100, 0x4826_E367_566E_A023, 0xC9A6_1A19_C33D_9006),
            (1000, 0x128D_A10C_FBDC_59D9, 0x275D_68C4_DEA2_E48C),
        ] as [(Int, UInt64, UInt64)]
    )
    func xxHash(byteCount: Int, plain: UInt64, seeded: UInt64) {
        let input = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        #expect(input.withUnsafeBytes { xxHash64($0) } == plain)
        #expect(input.withUnsafeBytes { xxHash64($0, seed: 0x0123_4567_89AB_CDEF) } == seeded)
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    @Test("two random keys hash one input differently")
    func randomKeys() {
        let input: [UInt8] = [1, 2, 3]
        let first = input.withUnsafeBytes { SipHash128.withRandomKey().hash($0) }
        let second = input.withUnsafeBytes { SipHash128.withRandomKey().hash($0) }
        #expect(first != second)
    }

    /// Source: ITU-T V.42 check value of the digits 1 to 9.
    @Test("CRC-32 of the digits is the standard's check value, in one run or two")
    func checksum() {
        let digits = Array("123456789".utf8)
        let whole = digits.withUnsafeBytes { crc32Checksum($0) }
        #expect(whole == 0xCBF4_3926)
        let start = digits[..<4].withUnsafeBytes { crc32Checksum($0) }
        let both = digits[4...].withUnsafeBytes { crc32Checksum($0, startingWith: start) }
        #expect(both == whole)
        let nothing = [UInt8]().withUnsafeBytes { crc32Checksum($0, startingWith: 7) }
        #expect(nothing == 7)
    }
}

@Suite("Murmur3")
struct Murmur3Tests {
    /// Lengths of every remainder, and seeds, from the reference implementation's well-known values.
    @Test(
        "32-bit hashes are those of the reference",
        arguments: [
            ("", UInt32(0), UInt32(0)), ("", 1, 0x514E_28B7), ("", 0xFFFF_FFFF, 0x81F1_6F39),
            ("test", 0, 0xBA6B_D213), ("test", 0x9747_B28C, 0x704B_81DC),
            ("Hello, world!", 0, 0xC036_3E43), ("Hello, world!", 0x9747_B28C, 0x2488_4CBA),
            ("The quick brown fox jumps over the lazy dog", 0, 0x2E4F_F723),
            ("a", 0x9747_B28C, 0x7FA0_9EA6), ("aa", 0x9747_B28C, 0x5D21_1726),
            ("aaa", 0x9747_B28C, 0x283E_0130), ("aaaa", 0x9747_B28C, 0x5A97_808A),
        ]
    )
    func reference(_ text: String, _ seed: UInt32, _ hash: UInt32) {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { murmur3Hash32($0, seed: seed) }
        #expect(UInt32(bitPattern: result) == hash)
    }

    @Test("an integer has the hash of its bytes", arguments: [0, 1, -1, 34, Int64.min, Int64.max])
    func integers(_ value: Int64) {
        let hash = withUnsafeBytes(of: value.littleEndian) { murmur3Hash32($0) }
        #expect(murmur3Hash32(of: value) == hash)
    }
}
