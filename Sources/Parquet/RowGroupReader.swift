public import Columns
public import Diagnostics
internal import TableModel

/// Rows of one row group, in the file's order.
public struct RowBatch: Sendable {
    /// One a field that was asked for.
    public let columns: [Column]
    public let rowCount: Int
    /// The rows, counted from the row group's first; ascending and apart.
    public let rows: [Range<Int>]
}

/// Hands out the rows of a ``ReadPlan`` in batches.
///
/// Memory: one decompressed page and one dictionary a leaf, and one batch. Owned by one task.
public final class RowGroupReader {
    private let file: String
    private let plan: ReadPlan
    private let leaves: [LeafReader]
    private let limits: BatchLimits
    /// Rows of the plan that were not handed out.
    private var rows: ArraySlice<Range<Int>>
    /// Rows that a batch holds whose rows are small.
    private let rowsMax: Int
    /// Rows that the next batch tries to hold.
    private var rowsHint: Int

    init(file: String, plan: ReadPlan, leaves: [LeafReader], limits: BatchLimits) {
        precondition(limits.rowsMax > 0 && limits.bytesMax > 0, "a batch holds at least one row")
        self.file = file
        self.plan = plan
        self.leaves = leaves
        self.limits = limits
        rows = plan.rows[...]
        rowsMax = Self.rowsMax(plan.projection, limits)
        rowsHint = rowsMax
    }

    /// No more rows than fit the limit even if they are all NULL.
    private static func rowsMax(_ projection: ParquetProjection, _ limits: BatchLimits) -> Int {
        let widths = projection.fields.map { rowBytesMin($0.type.columnShape) }
        let bytesPerRow = widths.reduce(0, +)
        return max(1, min(limits.rowsMax, limits.bytesMax / max(1, bytesPerRow)))
    }

    private static func rowBytesMin(_ shape: ColumnShape) -> Int {
        guard shape.type == .structure else { return shape.type.widthBytes }
        return shape.children.map(rowBytesMin).reduce(0, +)
    }

    /// The next rows; `nil` when there are no more.
    public func next() throws(FormatError) -> RowBatch? {
        let left = rows.reduce(0) { $0 + $1.count }
        guard left > 0 else { return nil }
        let positions = leaves.map(\.position)
        var count = min(rowsHint, left)
        while true {
            let wanted = firstRows(count)
            let bytesMax = count == 1 ? ParquetLimits.rowBytesMax : limits.bytesMax
            if let columns = try read(wanted, count, bytesMax: bytesMax) {
                drop(count)
                let byteCount = columns.reduce(0) { $0 + $1.memoryBytes }
                if byteCount < limits.bytesMax / 4 { rowsHint = min(rowsMax, rowsHint * 2) }
                return RowBatch(columns: columns, rowCount: count, rows: wanted)
            }
            guard count > 1 else {
                throw FormatError(
                    file: file,
                    "row \(wanted[0].lowerBound) of row group \(plan.rowGroup) expands to more than "
                        + "\(bytesMax) bytes"
                )
            }
            // Too much for one batch: the same rows again, but fewer of them.
            for (leaf, position) in zip(leaves, positions) { leaf.position = position }
            count /= 2
            rowsHint = count
        }
    }

    private func firstRows(_ count: Int) -> [Range<Int>] {
        var left = count
        var first: [Range<Int>] = []
        for range in rows where left > 0 {
            let taken = min(left, range.count)
            first.append(range.lowerBound..<range.lowerBound + taken)
            left -= taken
        }
        return first
    }

    private func drop(_ count: Int) {
        var left = count
        while left > 0, let range = rows.first {
            if range.count > left {
                rows[rows.startIndex] = range.lowerBound + left..<range.upperBound
            } else {
                rows.removeFirst()
            }
            left -= min(left, range.count)
        }
    }

    /// Reads rows of all leaves and closes the groups around them; `nil` when they take more than
    /// `bytesMax`.
    private func read(
        _ wanted: [Range<Int>],
        _ count: Int,
        bytesMax: Int
    ) throws(FormatError) -> [Column]? {
        let batch = BatchBuilder(
            shapes: plan.projection.fields.map(\.type.columnShape),
            expectedRows: count
        )
        var targets = [UnsafeMutablePointer<ColumnBuilder>?](repeating: nil, count: leaves.count)
        for (index, node) in plan.projection.nodes.enumerated() {
            Self.collect(node, batch.builders + index, &targets)
        }
        var bytesLeft = bytesMax
        for (leaf, target) in zip(leaves, targets) {
            leaf.trace.removeAll()
            for range in wanted {
                try leaf.skip(toRow: range.lowerBound)
                let isDone = try leaf.read(
                    rows: range.count,
                    into: target,
                    bytesMax: bytesLeft,
                    isOneRow: count == 1
                )
                guard isDone else { return nil }
            }
            if count > 1 { bytesLeft -= target?.pointee.memoryBytes ?? 0 }
        }
        let assembly = GroupAssembly(file: file, leaves: leaves)
        for (index, node) in plan.projection.nodes.enumerated() {
            try assembly.close(
                node,
                batch.builders + index,
                GroupAssembly.Slots(count: count, isValid: nil)
            )
        }
        return batch.finishColumns()
    }

    /// Finds the builder of each leaf whose values are wanted.
    private static func collect(
        _ node: ReadNode,
        _ builder: UnsafeMutablePointer<ColumnBuilder>,
        _ targets: inout [UnsafeMutablePointer<ColumnBuilder>?]
    ) {
        let children: [ReadNode]
        switch node.content {
        case .missing: return
        case .leaf(let index):
            targets[index] = builder
            return
        case .structure(let nodes): children = nodes
        case .list(let element): children = [element]
        case .map(let key, let value): children = [key, value]
        }
        for (index, child) in children.enumerated() {
            collect(child, builder.pointee.children + index, &targets)
        }
    }
}
