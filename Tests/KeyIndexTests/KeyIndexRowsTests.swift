import Bytes
import Columns
import TableModel
import Testing

@testable import KeyIndex

@Suite("Rows without a key")
struct KeyIndexRowsTests {
    private let fingerprinter = KeyFingerprinter(
        rowFieldIDs: [1, 2],
        hasher: SipHash128(key0: 1, key1: 2)
    )

    private func row(_ number: UInt64) -> KeyFingerprint {
        KeyFingerprint(high: number &* 0x1234_5678_9ABC_DEF1, low: number)
    }

    @Test("every copy of equal rows is kept, and the last one goes first")
    func copies() throws {
        let index = KeyIndex(fingerprinter: fingerprinter)
        let file = index.addFile("a")
        let rows = [row(1), row(2), row(1), row(1)]
        try index.addRows(rows, file: file, positions: RowPositions(first: 10))
        #expect(index.count == 4)
        #expect(index.copyCount(of: row(1)) == 3)
        try index.addRows([row(1)], file: index.addFile("b"), positions: RowPositions(first: 0))
        #expect(index.removeRow(row(1)) == RowLocation(file: 1, position: 0))
        #expect(index.removeRow(row(1)) == RowLocation(file: 0, position: 13))
        #expect(index.removeRow(row(1)) == RowLocation(file: 0, position: 12))
        #expect(index.removeRow(row(1)) == RowLocation(file: 0, position: 10))
        #expect(index.removeRow(row(1)) == nil)
        #expect(index.removeRow(row(2)) == RowLocation(file: 0, position: 11))
        #expect(index.count == 0)
    }

    @Test("copies are counted rightly, however many there are", arguments: [1, 2, 3, 8, 9, 999])
    func counts(count: Int) throws {
        let index = KeyIndex(fingerprinter: fingerprinter)
        let file = index.addFile("a")
        let rows = [KeyFingerprint](repeating: row(5), count: count)
        try index.addRows(rows, file: file, positions: RowPositions(first: 0))
        for left in (0...count).reversed() {
            #expect(index.copyCount(of: row(5)) == left)
            #expect((index.removeRow(row(5)) == nil) == (left == 0))
        }
    }

    @Test("a column added without values, wherever it stands, changes no fingerprint")
    func addedColumn() {
        let wider = KeyFingerprinter(rowFieldIDs: [1, 3, 2], hasher: fingerprinter.hasher)
        let ids = column([1, nil, 3])
        let others = column([7, 8, nil])
        let added = column([nil, nil, nil])
        let before = fingerprinter.fingerprints(of: [ids, others])
        #expect(wider.fingerprints(of: [ids, added, others]) == before)
        #expect(
            KeyFingerprinter(rowFieldIDs: [1, 2, 9], hasher: fingerprinter.hasher)
                .fingerprints(of: [ids, others, added]) == before
        )
        #expect(Set(before).count == 3)
        // The same values in other fields are other rows.
        #expect(
            KeyFingerprinter(rowFieldIDs: [1, 9], hasher: fingerprinter.hasher)
                .fingerprints(of: [ids, others])[0] != before[0]
        )
    }

    private func column(_ values: [Int64?]) -> Column {
        var builder = ColumnBuilder(.int64, expectedRows: values.count)
        for value in values {
            if let value { builder.append(value) } else { builder.appendNull() }
        }
        return builder.finish()
    }
}
