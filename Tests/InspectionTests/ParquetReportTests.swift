import Bytes
import Columns
import Diagnostics
import Inspection
import ObjectStore
import Parquet
import TableModel
import Testing

@Suite("Reports on Parquet files, and their rows")
struct ParquetReportTests {
    static let rowCount = 5000

    /// A column of numbers in two row groups, one of texts that repeat, and one of lists.
    static func file() throws -> [UInt8] {
        let fields = [
            ParquetField(fieldID: 1, name: "id", type: .long, isRequired: true),
            ParquetField(fieldID: 2, name: "na.me", type: .string, isRequired: false),
            ParquetField(
                fieldID: 3,
                name: "days",
                type: .list(
                    element: SchemaField(id: 4, name: "element", type: .date, isRequired: true)
                ),
                isRequired: false
            ),
        ]
        var options = ParquetWriterOptions()
        options.rowGroupRowsMax = 3000
        options.pageRowsMax = 500
        options.keyValueMetadata = [("k_1", "v")]
        let writer = try ParquetWriter(fields: fields, options: options)
        try writer.append(columns())
        _ = try writer.finish()
        var bytes: [UInt8] = []
        while let chunk = writer.takeEncoded() { bytes += chunk }
        return bytes
    }

    private static func columns() -> [Column] {
        var ids = ColumnBuilder(.int64, expectedRows: rowCount)
        var names = ColumnBuilder(.bytes, expectedRows: rowCount)
        var days = ColumnBuilder(
            ColumnShape(.list, children: [ColumnShape(.int32)]),
            expectedRows: rowCount
        )
        for row in 0..<rowCount {
            ids.append(Int64(row) - 9_007_199_254_740_993)
            if row % 4 == 0 { names.appendNull() } else { names.append(utf8: "name \(row % 7)") }
            if row % 3 == 0 {
                days.appendNull()
            } else {
                for day in 0..<row % 3 { days.children[0].append(Int32(day)) }
                days.closeElements()
            }
        }
        return [ids.finish(), names.finish(), days.finish()]
    }

    @Test("row groups, chunks and pages are told from footer and page headers")
    func layout() async throws {
        let store = WatchedStore()
        let bytes = try Self.file()
        let report = try await report(on: bytes, store: store)
        let document = try parsed(report)
        #expect(document["kind"] == "parquet")
        #expect(document["rows"] == .integer(Int64(Self.rowCount)))
        #expect(document["metadata"] == ["k_1": "v"])
        #expect(document["fields"]?[2]?["element"]?["type"] == "date")
        #expect(document["parquet_schema"]?[2]?["children"]?[0]?["repetition"] == "repeated")
        let groups = document["row_groups"]
        #expect(groups?[0]?["rows"] == 3000)
        #expect(groups?[1]?["rows"] == 2000)
        let id = groups?[1]?["columns"]?[0]
        #expect(id?["column"] == "id")
        #expect(id?["lower"] == "-9007199254737993")
        #expect(id?["upper"] == "-9007199254735994")
        #expect(id?["nulls"] == 0)
        let name = groups?[0]?["columns"]?[1]
        #expect(name?["column"] == "na.me")
        #expect(name?["nulls"] == 750)
        #expect(name?["upper"] == "name 6")
        let pages = name?["pages"]?.arrayValue ?? []
        #expect(pages.first?["kind"] == "dictionary")
        #expect(pages.first?["values"] == 7)
        #expect(
            pages.dropFirst().map { $0["values"]?.integerValue } == [500, 500, 500, 500, 500, 500]
        )
        // Pages lie end to end and make up the chunk.
        let sizes = pages.map { page in
            (page["header_bytes"]?.integerValue ?? 0)
                + (page["compressed_bytes"]?.integerValue ?? 0)
        }
        #expect(sizes.reduce(0, +) == name?["compressed_bytes"]?.integerValue)
        let list = groups?[0]?["columns"]?[2]
        #expect(list?["column"] == "days.list.element")
        #expect(list?["upper"] == "1970-01-02")
        #expect(report.text.contains("    na.me   "), "\(report.text)")
        #expect(report.text.contains("1 dictionary PLAIN"), "\(report.text)")
    }

    @Test("a page header that is damaged tells where it is")
    func damaged() async throws {
        var bytes = try Self.file()
        let document = try parsed(await report(on: bytes))
        let page = document["row_groups"]?[0]?["columns"]?[0]?["pages"]?[1]
        let offset = Int(try #require(page?["offset"]?.integerValue))
        bytes[offset] = 0x0E
        let error = await #expect(throws: FormatError.self) { try await report(on: bytes) }
        #expect(error?.message.hasPrefix("a page header is damaged: ") == true)
        #expect(error?.offset == offset + 1)
    }

    @Test("rows come as JSON lines, as many as wanted", arguments: [0, 1, 2, 3001, nil] as [Int?])
    func rows(limit: Int?) async throws {
        let store = MemoryObjectStore()
        try await store.put("mem:/file", try Self.file())
        let lines = try await rowLines(of: "mem:/file", store, limit: limit)
        #expect(lines.count == min(limit ?? Self.rowCount, Self.rowCount))
        let expected = [
            #"{"id":"-9007199254740993","na.me":null,"days":null}"#,
            #"{"id":"-9007199254740992","na.me":"name 1","days":["1970-01-01"]}"#,
            #"{"id":"-9007199254740991","na.me":"name 2","days":["1970-01-01","1970-01-02"]}"#,
        ]
        #expect(Array(lines.prefix(3)) == Array(expected.prefix(limit ?? 3)))
        if limit == nil {
            #expect(
                lines.last
                    == #"{"id":"-9007199254735994","na.me":"name 1","days":["1970-01-01"]}"#
            )
        }
    }

    @Test("a limit reads no pages but those of the first rows")
    func limitedReading() async throws {
        let store = WatchedStore()
        let document = try parsed(await report(on: try Self.file()))
        let groups = document["row_groups"]
        let first = try #require(groups?[0]?["columns"]?[0]?["pages"]?[2]?["offset"]?.integerValue)
        let last = try #require(groups?[1]?["columns"]?[2]?["pages"]?[0]?["offset"]?.integerValue)
        try await store.put("mem:/file", try Self.file())
        #expect(try await rowLines(of: "mem:/file", store, limit: 10).count == 10)
        // What is read first are magic and footer; neither pages of later rows nor later row groups.
        let ranges = store.readRanges.dropFirst(2)
        #expect(!ranges.contains { $0.contains(Int(last)) }, "\(ranges)")
        #expect(ranges.contains { $0.lowerBound < Int(first) }, "\(ranges)")
    }
}

/// The lines of a file's rows.
func rowLines(of path: String, _ store: any ObjectStore, limit: Int? = nil) async throws -> [String]
{
    let lines = Lines()
    try await Inspector(store: store).writeRows(ofFile: path, limit: limit) { bytes in
        lines.bytes += bytes
    }
    return String(decoding: lines.bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
}

/// Collects what is written.
final class Lines {
    var bytes: [UInt8] = []
}
