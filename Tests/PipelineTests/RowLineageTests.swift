import Catalog
import ChangeModel
import Columns
import Iceberg
import PipelineTestKit
import SourceInterface
import TableModel
import TableScan
import Testing

@Suite("Row lineage in format version 3")
struct RowLineageTests {
    private struct Lineage: Equatable {
        var rowID: Int64
        var lastUpdated: Int64
    }

    /// What readers take for the ids and ages of live rows, by the rows' keys.
    ///
    /// Source: Iceberg specification, "Row Lineage".
    private func lineage(_ rig: PipelineRig) async throws -> [Int64: Lineage] {
        let metadata = try await rig.loaded(rig.names[0]).metadata
        let files = Dictionary(
            uniqueKeysWithValues: try await metadata.liveFiles(store: rig.store).dataFiles
                .map { ($0.file.path, $0) }
        )
        let fields = [
            try #require(try metadata.currentSchema().fields.first),
            SchemaField(id: 2_147_483_540, name: "_row_id", type: .long, isRequired: false),
            SchemaField(id: 2_147_483_539, name: "_last", type: .long, isRequired: false),
        ]
        var found: [Int64: Lineage] = [:]
        try await TableScan(table: metadata, store: rig.store).forEachBatch(fields: fields) {
            batch in
            let file = try #require(files[batch.filePath])
            let firstRowID = try #require(file.file.firstRowID)
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                let row = Int(row)
                func value(_ column: Int, orElse inherited: Int64) -> Int64 {
                    batch.columns[column].isNull(row)
                        ? inherited : batch.columns[column].value(at: row, as: Int64.self)
                }
                found[batch.columns[0].value(at: row, as: Int64.self)] = Lineage(
                    rowID: value(1, orElse: firstRowID + Int64(batch.firstPosition + row)),
                    lastUpdated: value(2, orElse: file.dataSequenceNumber)
                )
            }
        }
        #expect(Set(found.values.map(\.rowID)).count == found.count)
        #expect(found.values.allSatisfy { $0.rowID < metadata.nextRowID })
        return found
    }

    @Test("rows that are folded into other files, again and again, keep their ids and ages")
    func folded() async throws {
        var rig = PipelineRig(["orders"])
        rig.formatVersion = 3
        let orders = rig.names[0]
        rig.source.commit((0..<5).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        var expected = try await lineage(rig)
        var fileCounts: [Int] = []
        for number in 1...16 as ClosedRange<Int64> {
            let id = number * 100
            rig.source.commit(
                (id..<id + 5).map { (orders, .insert(id: $0, name: "order \($0)")) }
                    + [(orders, .delete(id: id - 99))]
            )
            try await rig.runUntilCaughtUp()
            let found = try await lineage(rig)
            expected[id - 99] = nil
            for id in id..<id + 5 { expected[id] = found[id] }
            #expect(found == expected, "commit \(number)")
            let metadata = try await rig.loaded(orders).metadata
            fileCounts.append(try await metadata.liveFiles(store: rig.store).dataFiles.count)
        }
        // Four of them, the folded one among them from the second time on, become one beside the newest.
        #expect(fileCounts == [2, 3, 4, 2, 3, 4, 2, 3, 4, 2, 3, 4, 2, 3, 4, 2])
        try await rig.expectEqualTables()
    }

    @Test("so do rows of a file that is read in more than one piece")
    func severalBatches() async throws {
        var rig = PipelineRig(["orders"])
        rig.formatVersion = 3
        rig.keysReadAtStart = .max
        let orders = rig.names[0]
        let rows = 0..<Int64(ScanLimits.batchRowsMax) + 100
        rig.source.commit(rows.map { (orders, .insert(id: $0, name: nil)) })
        try await rig.runUntilCaughtUp()
        for number in 1...3 as ClosedRange<Int64> {
            rig.source.commit([(orders, .insert(id: -number, name: nil))])
            try await rig.runUntilCaughtUp()
        }
        var expected = try await lineage(rig)
        rig.source.commit([(orders, .delete(id: 1)), (orders, .delete(id: rows.upperBound - 1))])
        try await rig.runUntilCaughtUp()
        expected[1] = nil
        expected[rows.upperBound - 1] = nil
        #expect(try await lineage(rig) == expected)
        let metadata = try await rig.loaded(orders).metadata
        #expect(try await metadata.liveFiles(store: rig.store).dataFiles.count == 1)
        // The index knows where they are now.
        rig.source.commit([(orders, .delete(id: rows.upperBound - 2))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }
}
