import Diagnostics
import Iceberg
import ObjectStore
import Puffin
import TableModel
import Testing

@testable import TableScan

@Suite("Deletion vectors")
struct DeletionVectorTests {
    /// Writes one Puffin file with the vectors of data files, and gives their entries.
    private func vectors(
        _ lake: TestLake,
        _ rows: [(file: String, positions: [Int])]
    ) async throws -> [DataFile] {
        let path = "mem:/lake/table/data/dv.puffin"
        var writer = DeletionVectorFileWriter(createdBy: "test", file: path)
        var written: [WrittenDeletionVector] = []
        for row in rows {
            written.append(
                try writer.add(
                    RoaringBitmap(row.positions),
                    referencedDataFile: TestLake.path(row.file)
                )
            )
        }
        let bytes = try writer.finish()
        try await lake.store.put(path, bytes)
        return written.map { vector in
            DataFile(
                content: .positionDeletes,
                path: path,
                format: "PUFFIN",
                recordCount: vector.cardinality,
                fileSizeBytes: Int64(bytes.count),
                referencedDataFile: vector.referencedDataFile,
                contentOffset: vector.offset,
                contentSizeBytes: vector.lengthBytes
            )
        }
    }

    @Test("take rows away by their positions, each of its own data file")
    func applied() async throws {
        let lake = try TestLake(formatVersion: 3)
        try await lake.commit(
            data: [lake.rows("a", [10, 11, 12, 13], rowGroupRows: 2), lake.rows("b", [20, 21])]
        )
        // A row that the file does not have is no harm.
        try await lake.commit(deletes: vectors(lake, [("a", [1, 2, 99]), ("b", [0])]))
        #expect(try await lake.liveRows() == ["10 10", "13 13", "21 21"])
    }

    @Test("only the bytes of the vectors that are needed are read")
    func boundedReads() async throws {
        let lake = try TestLake(formatVersion: 3)
        try await lake.commit(data: [lake.rows("a", [10, 11]), lake.rows("b", [20, 21])])
        let entries = try await vectors(lake, [("a", [1]), ("b", [0])])
        try await lake.commit(deletes: entries)
        let counting = CountingStore(base: lake.store)
        let rows = try await TableScan.fetchDeletedRows(
            listedBy: entries[1],
            of: DataFile(content: .data, path: "b", recordCount: 2, fileSizeBytes: 0),
            store: counting
        )
        #expect(rows.positions() == [0])
        let size = entries[1].contentSizeBytes.map { Int($0) }
        #expect(counting.bytesRead(of: entries[1].path) == size)
    }

    @Test("hide the position delete files of their data file, and no others")
    func overPositionDeletes() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10, 11, 12]), lake.rows("b", [20, 21])])
        try await lake.commit(
            deletes: [
                lake.positionDeletes("own", [("a", 0)], referencedDataFile: "a"),
                lake.positionDeletes("shared", [("a", 1), ("b", 1)]),
            ]
        )
        try lake.upgrade()
        #expect(try await lake.liveRows() == ["12 12", "20 20"])
        try await lake.commit(deletes: vectors(lake, [("a", [2])]))
        #expect(try await lake.liveRows() == ["10 10", "11 11", "20 20"])
        let shared = try await TableScan.fetchSharedDeletedRows(
            lake.metadata.liveFiles(store: lake.store),
            store: lake.store
        )
        #expect(shared.mapValues { $0.positions() } == [TestLake.path("b"): [1]])
    }

    /// What is wrong with an entry of a vector.
    enum Flaw: CaseIterable {
        case beyondTheFile
        case negativeOffset
        case otherCount
        case otherVector
        case noDataFile
    }

    @Test("that do not fit their entry are refused", arguments: Flaw.allCases)
    func damaged(flaw: Flaw) async throws {
        let lake = try TestLake(formatVersion: 3)
        try await lake.commit(data: [lake.rows("a", [10, 11])])
        var entry = try await vectors(lake, [("a", [1])])[0]
        var message: String
        switch flaw {
        case .beyondTheFile:
            message =
                "a deletion vector of \(entry.contentSizeBytes ?? 0) bytes at \(Int64.max - 5) does "
                + "not lie in a file of \(entry.fileSizeBytes) bytes"
            entry.contentOffset = Int64.max - 5
        case .negativeOffset:
            message =
                "a deletion vector of \(entry.contentSizeBytes ?? 0) bytes at -4 does not lie in a "
                + "file of \(entry.fileSizeBytes) bytes"
            entry.contentOffset = -4
        case .otherCount:
            message = "a deletion vector has 1 rows, its manifest says 7"
            entry.recordCount = 7
        case .otherVector:
            message = "a deletion vector: its length is said to be"
            entry.contentOffset = 5
        case .noDataFile:
            message = "a deletion vector names no data file"
            entry.referencedDataFile = nil
        }
        var thrown: (any Error)?
        do {
            var live = try await lake.metadata.liveFiles(store: lake.store)
            live.deleteFiles = [
                LiveFile(
                    file: entry,
                    dataSequenceNumber: 2,
                    fileSequenceNumber: 2,
                    snapshotID: 2
                )
            ]
            try await lake.scan.forEachBatch(of: live, fields: [TestLake.id]) { _ in }
        } catch {
            thrown = error
        }
        let fault = try #require(thrown as? FormatError)
        #expect(fault.message.hasPrefix(message))
    }

    @Test(
        "do not apply to a data file that is newer",
        arguments: [(1, [1]), (2, [1]), (3, [0, 1])] as [(Int64, [Int32])]
    )
    func newerDataFile(dataSequenceNumber: Int64, liveRows: [Int32]) async throws {
        let lake = try TestLake(formatVersion: 3)
        try await lake.commit(data: [lake.rows("a", [10, 11])])
        var live = try await lake.metadata.liveFiles(store: lake.store)
        live.dataFiles[0].dataSequenceNumber = dataSequenceNumber
        live.deleteFiles = try await vectors(lake, [("a", [0])]).map {
            LiveFile(file: $0, dataSequenceNumber: 2, fileSequenceNumber: 2, snapshotID: 2)
        }
        var found: [Int32] = []
        try await lake.scan.forEachBatch(of: live, fields: [TestLake.id]) { batch in
            found += batch.liveRows ?? (0..<Int32(batch.rowCount)).map { $0 }
        }
        #expect(found == liveRows)
    }

    @Test("of one data file there is one, or the snapshot is damaged")
    func two() async throws {
        let lake = try TestLake(formatVersion: 3)
        try await lake.commit(data: [lake.rows("a", [10, 11])])
        var live = try await lake.metadata.liveFiles(store: lake.store)
        let entries = try await vectors(lake, [("a", [1])])
        live.deleteFiles = (entries + entries).map {
            LiveFile(file: $0, dataSequenceNumber: 2, fileSequenceNumber: 2, snapshotID: 2)
        }
        #expect(throws: FormatError.self) { try DeletionVectors(live, store: lake.store) }
    }
}
