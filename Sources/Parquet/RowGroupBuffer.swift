internal import Columns

/// Rows that wait to become a row group.
///
/// Large appends are kept as they came; small ones and selections are copied together, so that a
/// few chosen rows never keep a whole batch in memory.
struct RowGroupBuffer {
    /// An append of at least so many rows is not copied.
    private static let referencedRowsMin = 4096
    /// Copied rows become a segment of their own at so many rows or bytes.
    private static let gatheredRowsMax = 64 << 10
    private static let gatheredBytesMax = 64 << 20

    /// Rows of all columns, lying side by side.
    struct Segment {
        var columns: [Column]
        var start: Int
        var count: Int
    }

    private(set) var segments: [Segment] = []
    private(set) var rowCount = 0
    private var segmentBytes = 0
    private let gathered: BatchBuilder
    private var gatheredRows = 0

    init(shapes: [ColumnShape]) {
        gathered = BatchBuilder(shapes: shapes, expectedRows: 256)
    }

    /// Bytes of memory that the rows take.
    var memoryBytes: Int { segmentBytes + (gatheredRows > 0 ? gathered.memoryBytes : 0) }

    /// Adds the rows `start..<start + count` of columns.
    mutating func append(_ columns: [Column], start: Int, count: Int) {
        guard count > 0 else { return }
        if count >= Self.referencedRowsMin {
            closeGathered()
            segments.append(Segment(columns: columns, start: start, count: count))
            segmentBytes += Self.bytes(of: columns, count: count)
        } else {
            gather(columns, rows: (Int32(start)..<Int32(start + count)).map { $0 })
        }
        rowCount += count
    }

    /// Adds chosen rows of columns.
    mutating func append(_ columns: [Column], rows: [Int32]) {
        guard !rows.isEmpty else { return }
        gather(columns, rows: rows)
        rowCount += rows.count
    }

    private mutating func gather(_ columns: [Column], rows: [Int32]) {
        for (index, column) in columns.enumerated() {
            gathered.builders[index].append(rows: rows, of: column)
        }
        gatheredRows += rows.count
        if gatheredRows >= Self.gatheredRowsMax || gathered.memoryBytes >= Self.gatheredBytesMax {
            closeGathered()
        }
    }

    private mutating func closeGathered() {
        guard gatheredRows > 0 else { return }
        segmentBytes += gathered.memoryBytes
        let columns = gathered.finishColumns()
        segments.append(Segment(columns: columns, start: 0, count: gatheredRows))
        gatheredRows = 0
    }

    /// Closes the last segment; the rows are then all in ``segments``.
    mutating func seal() { closeGathered() }

    /// Forgets all rows.
    mutating func removeAll() {
        segments.removeAll()
        rowCount = 0
        segmentBytes = 0
    }

    /// The rows of one leaf, in order.
    func rows(of leaf: FieldLeaf) -> [LeafRows] {
        segments.map { segment in
            LeafRows(
                segment.columns[leaf.columnIndex],
                leaf,
                start: segment.start,
                count: segment.count
            )
        }
    }

    /// Bytes that `count` rows of columns take on average.
    static func bytes(of columns: [Column], count: Int) -> Int {
        guard let rowCount = columns.first?.rowCount, rowCount > 0 else { return 0 }
        let total = columns.reduce(0) { $0 + $1.memoryBytes }
        return total / rowCount * count + total % rowCount * count / rowCount
    }
}
