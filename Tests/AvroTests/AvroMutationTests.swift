import Avro
import Bytes
import Diagnostics
import Testing

/// Readers throw their own error or read something whole, whatever the bytes are; a trap would end
/// the test run.
@Suite("Damaged Avro files")
struct AvroMutationTests {
    private static let seeds: [UInt64] = [201, 202, 203]
    private static let roundsPerSeed = 1500

    @Test("a damaged file gives a format error or values", arguments: seeds)
    func files(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let originals = [
            try AvroFileTests().write(AvroFileTests.records, codec: .null),
            try AvroFileTests().write(AvroFileTests.records),
            avroFile(
                schema: #"{"type":"array","items":{"type":"map","values":["null","string"]}}"#,
                blocks: [(2, hex("02 01 06 026b 00 00 00 00")), (1, hex("00"))],
                sizesHeader: true
            ),
        ]
        let wanted = try AvroSchema(
            json: try JSONValue(
                parsing: #"{"type":"record","name":"r","fields":["#
                    + #"{"name":"a","type":["null","double"],"field-id":1}]}"#
            ),
            file: "f"
        )
        for round in 0..<Self.roundsPerSeed {
            let bytes = mutator.mutated(originals[round % originals.count])
            // Anything but a format error fails the test by being thrown out of it.
            do {
                let file = try AvroFile(bytes, file: "f")
                try file.forEachRecord { reader in try reader.skipAvro(file.schema) }
            } catch _ as FormatError {}
            do {
                try AvroFile(bytes, file: "f").forEachNamedValue { _ = $0.json.text }
            } catch _ as FormatError {}
            do {
                try AvroFile(bytes, file: "f").forEachValue(as: wanted) { _ in }
            } catch _ as FormatError {}
        }
    }

    @Test("a value that was read is written with bytes that give the same value", arguments: seeds)
    func values(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let schema = try AvroSchema(
            json: try JSONValue(parsing: AvroFileTests.schema),
            file: "f"
        )
        var buffer = ByteBuffer()
        for record in AvroFileTests.records { try buffer.appendAvroValue(record, schema) }
        let original = buffer.toArray()
        for round in 0..<Self.roundsPerSeed {
            let bytes = mutator.mutated(original)
            var reader = ByteReader(bytes.span.bytes)
            do throws(WireFault) {
                let value = try reader.readAvroValue(schema)
                let again = try written(value, schema)
                var second = ByteReader(again.span.bytes)
                let sameValue = try second.readAvroValue(schema)
                #expect(sameValue == value, "seed \(seed), round \(round)")
            } catch {
                #expect(error.offset <= bytes.count, "seed \(seed), round \(round)")
            }
        }
    }

    private func written(_ value: AvroValue, _ schema: AvroSchema) throws(WireFault) -> [UInt8] {
        var buffer = ByteBuffer()
        do throws(AvroMismatch) {
            try buffer.appendAvroValue(value, schema)
        } catch {
            Issue.record("a value that was read does not fit its type")
        }
        return buffer.toArray()
    }
}
