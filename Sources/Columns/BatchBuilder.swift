/// The column builders of one table, side by side.
///
/// A class that owns raw storage, because an array cannot hold non-copyable builders. It is owned
/// by one thread; the batches it hands out cross threads, it does not.
public final class BatchBuilder {
    public let shapes: [ColumnShape]
    public let columnCount: Int
    /// The builders, one a column.
    ///
    /// Decoders hoist this pointer out of their row loop.
    public let builders: UnsafeMutablePointer<ColumnBuilder>
    private let expectedRows: Int

    public convenience init(types: [PhysicalType], expectedRows: Int) {
        self.init(shapes: types.map { ColumnShape($0) }, expectedRows: expectedRows)
    }

    public init(shapes: [ColumnShape], expectedRows: Int) {
        self.shapes = shapes
        self.expectedRows = expectedRows
        columnCount = shapes.count
        builders = .allocate(capacity: max(shapes.count, 1))
        for (index, shape) in shapes.enumerated() {
            (builders + index).initialize(to: ColumnBuilder(shape, expectedRows: expectedRows))
        }
    }

    deinit {
        builders.deinitialize(count: columnCount)
        builders.deallocate()
    }

    /// Bytes of values held so far, over all columns.
    public var memoryBytes: Int {
        var total = 0
        for index in 0..<columnCount { total += builders[index].memoryBytes }
        return total
    }

    /// Takes the finished columns out and starts empty ones.
    ///
    /// - Precondition: All builders have the same number of rows.
    public func finishColumns() -> [Column] {
        var columns: [Column] = []
        columns.reserveCapacity(columnCount)
        for index in 0..<columnCount {
            let finished = (builders + index).move()
            columns.append(finished.finish())
            (builders + index).initialize(
                to: ColumnBuilder(shapes[index], expectedRows: expectedRows)
            )
        }
        return columns
    }

    /// Takes back the rows from `rowCount` on, after a row failed halfway.
    public func truncate(toRows rowCount: Int) {
        for index in 0..<columnCount where builders[index].rowCount > rowCount {
            builders[index].truncate(toRows: rowCount)
        }
    }
}
