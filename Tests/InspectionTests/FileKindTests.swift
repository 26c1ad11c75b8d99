import Diagnostics
import Inspection
import ObjectStore
import Testing

@Suite("Kinds of files")
struct FileKindTests {
    @Test(
        "what is none of the known kinds is refused, and says what would be",
        arguments: [
            ([], "it is empty"),
            (
                Array("hello, world".utf8),
                "it is none of the files that are known: Parquet, Avro, Puffin, table metadata"
            ),
            (
                Array("SQLite format 3\0".utf8),
                "it is an SQLite database; of a catalog, name a table: mem:/file:namespace.table"
            ),
            (
                Array(" {\"format-version\": 9}".utf8),
                "the table has format version 9, versions 1 to 3 are supported"
            ),
            (Array("{]".utf8), "expected a member's name"),
        ] as [([UInt8], String)]
    )
    func refused(bytes: [UInt8], message: String) async throws {
        let error = await #expect(throws: FormatError.self) { try await report(on: bytes) }
        #expect(error?.message == message)
        #expect(error?.file == "mem:/file")
    }

    @Test("a file that is not there is the store's failure")
    func absent() async {
        let error = await #expect(throws: StoreError.self) {
            try await Inspector(store: MemoryObjectStore()).report(onFile: "mem:/nothing")
        }
        #expect(error?.kind == .notFound)
    }
}
