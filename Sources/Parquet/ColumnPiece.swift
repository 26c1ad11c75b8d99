internal import Columns

/// Rows of one column, lying one after another: the unit that the encoders loop over.
///
/// It borrows the column's memory; whoever holds pieces keeps their columns alive.
struct ColumnPiece {
    let values: UnsafeRawPointer
    /// The run of bytes of a `bytes` column.
    let bytes: UnsafeRawPointer
    /// Bytes in that run; what reads past a value's end are held to.
    let byteCount: Int
    let validity: UnsafePointer<UInt8>?
    /// The first row, and how many.
    var start: Int
    var count: Int

    init(_ column: Column, start: Int, count: Int) {
        precondition(start >= 0 && count >= 0 && start + count <= column.rowCount)
        values = column.values
        bytes = column.bytes
        byteCount = column.byteCount
        validity = column.validity
        self.start = start
        self.count = count
    }

    /// Values without NULLs that lie in memory as a column's do.
    init(
        values: UnsafeRawPointer,
        bytes: UnsafeRawPointer,
        byteCount: Int,
        count: Int
    ) {
        self.values = values
        self.bytes = bytes
        self.byteCount = byteCount
        validity = nil
        start = 0
        self.count = count
    }

    /// The piece's rows from its `offset`th on, `count` of them.
    func slice(offset: Int, count: Int) -> ColumnPiece {
        var piece = self
        piece.start = start + offset
        piece.count = count
        return piece
    }

    /// The offsets of a `bytes` column, from the piece's first row on.
    @inline(__always)
    var offsets: UnsafePointer<UInt32> {
        values.assumingMemoryBound(to: UInt32.self) + start
    }

    /// The value of a fixed-width column at a row, zero where it is NULL.
    @inline(__always)
    func fixed<T: BitwiseCopyable>(at row: Int, as type: T.Type) -> T {
        values.loadUnaligned(
            fromByteOffset: (start &+ row) &* MemoryLayout<T>.size,
            as: T.self
        )
    }

    @inline(__always)
    func isValid(_ row: Int) -> Bool {
        guard let validity else { return true }
        let absolute = start &+ row
        return validity[absolute >> 3] & (1 &<< UInt8(truncatingIfNeeded: absolute & 7)) != 0
    }

    /// The bytes of a row of a `bytes` column, none where it is NULL.
    @inline(__always)
    func byteString(at row: Int) -> UnsafeRawBufferPointer {
        let start = Int(offsets[row])
        return UnsafeRawBufferPointer(
            start: bytes + start,
            count: Int(offsets[row &+ 1]) &- start
        )
    }

    /// Bytes of all values of a `bytes` column.
    var totalBytes: Int { Int(offsets[count]) - Int(offsets[0]) }

    /// Rows that are NULL.
    var nullCount: Int {
        guard let validity else { return 0 }
        return count - BitRuns.countOnes(validity, start: start, count: count)
    }
}

/// Runs of bits, least significant first, that start anywhere in a byte.
enum BitRuns {
    /// Ones among `count` bits.
    static func countOnes(_ bits: UnsafePointer<UInt8>, start: Int, count: Int) -> Int {
        var ones = 0
        var position = start
        let end = start + count
        while position < end && position & 7 != 0 {
            ones &+= Int(bits[position >> 3] >> UInt8(truncatingIfNeeded: position & 7) & 1)
            position &+= 1
        }
        let raw = UnsafeRawPointer(bits)
        while end &- position >= 64 {
            let word = raw.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self)
            ones &+= word.nonzeroBitCount
            position &+= 64
        }
        while position < end {
            ones &+= Int(bits[position >> 3] >> UInt8(truncatingIfNeeded: position & 7) & 1)
            position &+= 1
        }
        return ones
    }

    /// Copies `count` bits into memory whose bits from `targetStart` on are zero.
    ///
    /// A missing source stands for ones.
    static func copy(
        _ source: UnsafePointer<UInt8>?,
        start: Int,
        count: Int,
        to target: UnsafeMutablePointer<UInt8>,
        targetStart: Int
    ) {
        var done = 0
        while done < count {
            let position = targetStart &+ done
            let room = min(8 &- position & 7, count &- done)
            var bits: UInt8 = 0xFF
            if let source {
                let from = start &+ done
                let shift = from & 7
                bits = source[from >> 3] >> UInt8(truncatingIfNeeded: shift)
                if shift &+ room > 8 {
                    bits |= source[(from >> 3) &+ 1] << UInt8(truncatingIfNeeded: 8 &- shift)
                }
            }
            let mask = UInt8(truncatingIfNeeded: (1 &<< room) &- 1)
            target[position >> 3] |= (bits & mask) << UInt8(truncatingIfNeeded: position & 7)
            done &+= room
        }
    }
}
