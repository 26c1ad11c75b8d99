import Columns
import Iceberg
import ObjectStore
import Parquet
import TableModel
import TableScan
import Testing

@testable import TableWriter

@Suite("Data files")
struct DataFileSizeTests {
    @Test("an epoch's pieces go into one file while that is small enough")
    func oneFile() async throws {
        let rig = try WriterRig()
        let files = try await rig.epoch(
            (0..<50).map { .insert($0, "a") },
            (50..<100).map { .insert($0, "b") },
            [.update(3, "c"), .delete(60)]
        )
        #expect(files.dataFiles.map(\.recordCount) == [101])
        #expect(files.deleteFiles.map(\.recordCount) == [2])
        #expect(try await rig.rows().count == 99)
        #expect(try await rig.rows()[3] == "c")
    }

    @Test("a file that has its size is closed and the next one begun")
    func rolled() async throws {
        let rig = try WriterRig()
        rig.fileBytesMax = 1_000
        rig.options.rowGroupRowsMax = 50
        let pieces = (0..<10 as Range<Int64>).map { piece in
            (0..<50).map { Change.insert(piece * 50 + $0, "row \(piece) \($0 * 7919 % 1000)") }
        }
        let files = try await rig.epoch(pieces)
        #expect(files.dataFiles.count > 2)
        for file in files.dataFiles.dropLast() { #expect(file.fileSizeBytes >= 1_000) }
        for file in files.dataFiles { #expect(file.fileSizeBytes < 3_000) }
        // What the index knows of rows in each of them is right.
        try await rig.epoch((0..<500).filter { $0 % 3 == 0 }.map { .delete($0) })
        #expect(try await rig.rows().keys.sorted() == (0..<500).filter { $0 % 3 != 0 })
        #expect(try await rig.liveFiles().deleteFiles.count == files.dataFiles.count)
    }

    @Test("rows that wait for row groups take no more memory than they may")
    func boundedBuffers() async throws {
        let store = MemoryObjectStore()
        var layout = TableLayout(
            dataFolder: "mem:/t/data",
            fields: [WriterRig.id, WriterRig.name],
            options: ParquetWriterOptions()
        )
        layout.bufferedBytesMax = 10_000
        let names = FileNames(prefix: "x")
        let writer = try PartitionedWriter(layout, store: store) { names.next(kind: "data") }
        for batch in 0..<20 as Range<Int64> {
            _ = try await writer.append(rows((0..<100).map { ($0 + batch * 100, "name \($0)") }))
        }
        let files = try await writer.finish()
        #expect(files.map(\.recordCount) == [2000])
        #expect(files[0].splitOffsets.count > 2)
    }

    @Test("rows of a sorted table are sorted within each file, and the index knows where they are")
    func sorted() async throws {
        let rig = try WriterRig()
        rig.sortOrder = SortOrder(
            orderID: 1,
            fields: [SortField(sourceIDs: [2], direction: .descending, nullOrder: .last)]
        )
        let files = try await rig.epoch(
            [.insert(1, "b"), .insert(2, nil), .insert(3, "c"), .insert(4, "a")],
            [.insert(5, "x"), .update(3, "z"), .insert(6, "y")]
        )
        #expect(files.dataFiles.map(\.recordCount) == [4, 3])
        #expect(files.dataFiles.map(\.sortOrderID) == [1, 1])
        var names: [String?] = []
        for file in files.dataFiles {
            let columns = try await TableScan.fetchRows(
                filePath: file.path,
                positions: Array(0..<Int(file.recordCount)),
                fields: [WriterRig.name],
                store: rig.store
            )
            names += (0..<columns[0].rowCount).map { columns[0].string(at: $0) }
        }
        #expect(names == ["c", "b", "a", nil, "z", "y", "x"])
        try await rig.epoch([.delete(2), .delete(5), .update(1, "n")])
        #expect(try await rig.rows() == [1: "n", 3: "z", 4: "a", 6: "y"])
    }

    @Test("an epoch that is given up leaves no file, open or whole")
    func abandoned() async throws {
        let rig = try WriterRig()
        rig.fileBytesMax = 500
        rig.options.rowGroupRowsMax = 10
        let writer = rig.makeWriter()
        for piece in 0..<5 as Range<Int64> {
            let changes = (0..<30).map { Change.insert(piece * 30 + $0, "row \($0)") }
            try await writer.write(rig.merged(changes))
        }
        #expect(!rig.store.paths.isEmpty)
        await writer.abandon()
        #expect(rig.store.paths.isEmpty)
        #expect(writer.isEmpty)
    }

    private func rows(_ rows: [(Int64, String)]) -> [Column] {
        let builder = BatchBuilder(types: [.int64, .bytes], expectedRows: rows.count)
        for row in rows {
            builder.builders[0].append(row.0)
            builder.builders[1].append(utf8: row.1)
        }
        return builder.finishColumns()
    }
}
