import Glibc
import PipelineConfig
import Testing

@Suite("schemas/pipeline.schema.json")
struct SchemaTests {
    @Test("is what the code generates; frazil schema writes it anew")
    func committedSchema() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/schemas/pipeline.schema.json", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        let committed = String(decoding: bytes[..<count], as: UTF8.self)
        #expect(committed == pipelineJSONSchema())
    }
}
