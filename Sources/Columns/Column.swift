/// One immutable column: values of one physical type and one validity bit a row.
///
/// Layout is Arrow's. Fixed-width types hold `rowCount` values of `type.widthBytes`; NULL rows hold
/// zero. `bytes` columns hold `rowCount + 1` UInt32 offsets into one run of bytes; `list` and `map`
/// columns hold them into the rows of their children, and NULL rows have no elements. The children
/// of a `structure` have its row count, and are NULL where it is. The validity bitmap is least
/// significant bit first and exists only when `nullCount > 0`; bits past the last row are ones.
///
/// `@unchecked Sendable`: the memory is written by the builder before the column exists and never
/// after, so tasks only ever read it.
public final class Column: @unchecked Sendable {
    public let type: PhysicalType
    public let rowCount: Int
    public let nullCount: Int
    /// Bytes in the run of a `bytes` column, otherwise zero.
    public let byteCount: Int
    /// The columns inside: the fields of a `structure`, the element of a `list`, key and value of a
    /// `map`.
    public let children: [Column]
    @usableFromInline let valuesMemory: UnsafeMutableRawPointer
    @usableFromInline let bytesMemory: UnsafeMutableRawPointer?
    @usableFromInline let validityMemory: UnsafeMutablePointer<UInt8>?

    @inlinable
    init(
        type: PhysicalType,
        rowCount: Int,
        nullCount: Int,
        byteCount: Int,
        values: UnsafeMutableRawPointer,
        bytes: UnsafeMutableRawPointer?,
        validity: UnsafeMutablePointer<UInt8>?,
        children: [Column] = []
    ) {
        self.type = type
        self.rowCount = rowCount
        self.nullCount = nullCount
        self.byteCount = byteCount
        self.valuesMemory = values
        self.bytesMemory = bytes
        self.validityMemory = validity
        self.children = children
    }

    @inlinable
    deinit {
        valuesMemory.deallocate()
        bytesMemory?.deallocate()
        validityMemory?.deallocate()
    }

    /// The values buffer: `rowCount` values, or `rowCount + 1` UInt32 offsets.
    @inlinable @inline(__always)
    public var values: UnsafeRawPointer { UnsafeRawPointer(valuesMemory) }

    /// The run of bytes of a `bytes` column.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawPointer { UnsafeRawPointer(bytesMemory ?? valuesMemory) }

    /// The validity bitmap, `nil` when no row is NULL.
    @inlinable @inline(__always)
    public var validity: UnsafePointer<UInt8>? { validityMemory.map { UnsafePointer($0) } }

    /// Bytes of memory the column holds; what budgets are charged with.
    @inlinable
    public var memoryBytes: Int {
        let own = rowCount &* type.widthBytes &+ byteCount &+ (nullCount > 0 ? rowCount / 8 : 0)
        return type.isNested ? children.reduce(own) { $0 &+ $1.memoryBytes } : own
    }

    /// The physical types of the column and of those inside it.
    public var shape: ColumnShape { ColumnShape(type, children: children.map(\.shape)) }

    /// The rows of the children that row `row` of a `list` or `map` column holds.
    @inlinable @inline(__always)
    public func elements(at row: Int) -> Range<Int> {
        precondition(row >= 0 && row < rowCount && type.hasOffsets, "not a row with offsets")
        let offsets = valuesMemory.assumingMemoryBound(to: UInt32.self)
        return Int(offsets[row])..<Int(offsets[row &+ 1])
    }

    @inlinable @inline(__always)
    public func isNull(_ row: Int) -> Bool {
        guard let bits = validityMemory else { return false }
        return bits[row >> 3] & (1 << UInt8(truncatingIfNeeded: row & 7)) == 0
    }

    /// The value of a fixed-width column at `row`; zero where it is NULL.
    ///
    /// - Precondition: `T` is the Swift type of `type`, and `row` is inside the column.
    @inlinable @inline(__always)
    public func value<T: BitwiseCopyable>(at row: Int, as type: T.Type) -> T {
        precondition(row >= 0 && row < rowCount, "row is outside of the column")
        return valuesMemory.loadUnaligned(fromByteOffset: row &* MemoryLayout<T>.size, as: T.self)
    }

    /// The bytes of row `row` of a `bytes` column, empty where it is NULL.
    ///
    /// Valid while the column is: hold the column, not a temporary, while they are read.
    @inlinable @inline(__always)
    public func bytes(at row: Int) -> UnsafeRawBufferPointer {
        precondition(row >= 0 && row < rowCount && type == .bytes, "not a row of a bytes column")
        let offsets = valuesMemory.assumingMemoryBound(to: UInt32.self)
        let start = Int(offsets[row])
        return UnsafeRawBufferPointer(start: bytes + start, count: Int(offsets[row &+ 1]) &- start)
    }

    /// The text of row `row` of a string column, or `nil` where it is NULL.
    public func string(at row: Int) -> String? {
        isNull(row) ? nil : String(decoding: bytes(at: row), as: UTF8.self)
    }
}
