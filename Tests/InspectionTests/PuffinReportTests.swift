import Bytes
import Diagnostics
import Inspection
import ObjectStore
import Puffin
import Testing

@Suite("Reports on Puffin files")
struct PuffinReportTests {
    /// Vectors of two data files; the first takes some kilobytes.
    static func vectors() throws -> [UInt8] {
        var writer = DeletionVectorFileWriter(createdBy: "frazil 0.1", file: "mem:/file")
        var many = RoaringBitmap()
        for position in stride(from: 0, to: 100_000, by: 3) { many.insert(position) }
        _ = try writer.add(many, referencedDataFile: "data/a.parquet")
        var few = RoaringBitmap()
        few.insert(7)
        _ = try writer.add(few, referencedDataFile: "data/b.parquet")
        return try writer.finish()
    }

    @Test("blobs are shown with data file and deleted rows, from the footer alone")
    func vectors() async throws {
        let store = WatchedStore()
        let bytes = try Self.vectors()
        let report = try await report(on: bytes, store: store)
        let document = try parsed(report)
        #expect(document["kind"] == "puffin")
        #expect(document["properties"]?["created-by"] == "frazil 0.1")
        #expect(document["blobs"]?[0]?["type"] == "deletion-vector-v1")
        #expect(document["blobs"]?[0]?["cardinality"] == 33334)
        #expect(document["blobs"]?[0]?["referenced_data_file"] == "data/a.parquet")
        #expect(document["blobs"]?[1]?["cardinality"] == 1)
        #expect(document["blobs"]?[1]?["field_ids"] == [2_147_483_645])
        #expect(document["blobs"]?[1]?["snapshot_id"] == -1)
        #expect(report.text.contains("33,334"))
        #expect(store.readByteCount < 2000, "\(bytes.count) bytes, read: \(store.readRanges)")
    }

    @Test("a footer cut short is the reader's error, with file and offset")
    func cut() async throws {
        let bytes = Array(try Self.vectors().dropLast())
        let error = await #expect(throws: FormatError.self) { try await report(on: bytes) }
        #expect(
            error
                == FormatError(
                    file: "mem:/file",
                    "it does not end with PFA1",
                    offset: bytes.count - 4
                )
        )
    }
}
