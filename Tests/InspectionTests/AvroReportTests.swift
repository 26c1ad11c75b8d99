import Avro
import Bytes
import Diagnostics
import Inspection
import Testing

@Suite("Reports on Avro files of any kind")
struct AvroReportTests {
    static let schema = #"""
        {"type":"record","name":"row","fields":[{"name":"n","type":"long"},
        {"name":"t","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},
        {"name":"l","type":{"type":"array","items":"string"}}]}
        """#

    /// A file of `count` blocks of two records each.
    static func file(blocks count: Int) -> [UInt8] {
        let sync = [UInt8](repeating: 7, count: 16)
        var file = ByteBuffer()
        file.append(contentsOf: [0x4F, 0x62, 0x6A, 1])
        file.appendAvroLong(2)
        file.appendAvroString("avro.schema")
        file.appendAvroString(schema)
        file.appendAvroString("k\u{1}")
        file.appendAvroBytes([0xFF])
        file.appendAvroLong(0)
        file.append(contentsOf: sync)
        for _ in 0..<count {
            let records: [UInt8] = [2, 0, 0, 4, 0, 0]
            file.appendAvroLong(2)
            file.appendAvroLong(Int64(records.count))
            file.append(contentsOf: records)
            file.append(contentsOf: sync)
        }
        return file.toArray()
    }

    @Test("schema, records and blocks are told without reading the records")
    func report() async throws {
        let bytes = Self.file(blocks: 3)
        let report = try await InspectionTests.report(on: bytes)
        #expect(
            report.text == """
                Avro file mem:/file
                bytes         \(bytes.count)
                codec         null
                records       6
                block count   3
                record bytes  18

                metadata
                  k\\u{1}  0xff

                schema
                  field      type                                 required
                  n          long                                 yes
                  t          long as timestamptz in microseconds
                  l          array                                yes
                    element  string                               yes

                """
        )
        let document = try parsed(report)
        #expect(document["kind"] == "avro")
        #expect(document["blocks"]?[1]?["records"] == 2)
        #expect(document["avro_schema"]?["name"] == "row")
    }

    @Test("a block that is cut tells where it is in the file")
    func cut() async throws {
        let bytes = Self.file(blocks: 3)
        let second = bytes.count - 2 * 24
        let error = await #expect(throws: FormatError.self) {
            try await InspectionTests.report(on: Array(bytes[..<(second + 20)]))
        }
        #expect(error?.offset == second + 2)
        #expect(error?.message.hasPrefix("the head of a block: ") == true)
    }
}
