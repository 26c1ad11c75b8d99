import Bytes
import Diagnostics
import Puffin
import Testing

/// Readers throw their own error or read something whole, whatever the bytes are; a trap would end
/// the test run.
@Suite("Damaged bytes")
struct MutationTests {
    private static let seeds: [UInt64] = [101, 102, 103]
    private static let roundsPerSeed = 1500

    @Test("a damaged bitmap is refused, or is one that its bytes can hold", arguments: seeds)
    func roaring(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let originals = SampleSet.allCases.filter { $0 != .bitset && $0 != .severalContainers }
            .map { sample in
                var bitmap = sample.bitmap
                bitmap.optimize()
                return bitmap.serialized()
            }
        for round in 0..<Self.roundsPerSeed {
            let bytes = mutator.mutated(originals[round % originals.count])
            do throws(RoaringFault) {
                let bitmap = try RoaringBitmap(parsing: bytes)
                let again = bitmap.serialized()
                // A bitmap that could have runs and has none takes offsets that it did not have.
                #expect(again.count <= 2 * bytes.count, "seed \(seed), round \(round)")
                #expect(try RoaringBitmap(parsing: again) == bitmap, "seed \(seed), round \(round)")
                _ = bitmap.union(SampleSet.manyRuns.bitmap)
            } catch {
                #expect(error.offset <= bytes.count, "seed \(seed), round \(round)")
            }
        }
    }

    @Test("a damaged vector is refused, unless its checksum is right", arguments: seeds)
    func deletionVectors(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        var target = ByteBuffer()
        try DeletionVector.append(SampleSet.farKeys.bitmap, to: &target, file: "d")
        let original = target.toArray()
        for round in 0..<Self.roundsPerSeed {
            let bytes = mutator.mutated(original)
            guard bytes != original else { continue }
            #expect(throws: FormatError.self, "seed \(seed), round \(round)") {
                try DeletionVector.read(bytes, file: "d", offset: 0)
            }
        }
    }

    @Test("a damaged file is refused, or its blobs lie in it", arguments: seeds)
    func files(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let original = try zstdFile()
        let compressed = withFooter(of: original, flags: 1) { lz4Frame($0) }
        for round in 0..<Self.roundsPerSeed {
            let bytes = mutator.mutated(round % 2 == 0 ? original : compressed)
            do throws(FormatError) {
                let footer = try PuffinFooter(file: "f", bytes: bytes)
                for blob in footer.blobs {
                    let range = blob.byteRange
                    #expect(range.upperBound <= bytes.count, "seed \(seed), round \(round)")
                    _ = try blob.content(Array(bytes[range]), file: "f")
                }
            } catch {
                #expect((error.offset ?? 0) <= bytes.count, "seed \(seed), round \(round)")
            }
        }
    }

    private func zstdFile() throws -> [UInt8] {
        var writer = PuffinWriter(properties: [.init("created-by", "test")], file: "f")
        let text = Array("a blob that says the same: a blob that says the same".utf8)
        for codec in [PuffinWriter.Codec.none, .zstd(level: 3)] {
            try writer.add(
                text,
                type: "t",
                fields: [1, 2],
                snapshotID: 7,
                sequenceNumber: 8,
                codec: codec,
                properties: [.init("k", "v")]
            )
        }
        return try writer.finish()
    }
}
