internal import Columns
internal import TableModel

/// Refuses values that their column's type cannot hold.
enum ValueCheck {
    /// The first microsecond that is no time of day any more.
    private static let dayMicroseconds: Int128 = 86_400_000_000

    /// Checks what the byte lengths and the bytes tell.
    static func check(
        _ rows: LeafRows,
        leaf: FieldLeaf,
        firstRow: Int,
        valueBytesMax: Int
    ) throws(ParquetWriteError) {
        let piece = rows.values
        switch leaf.type {
        case .fixed(let lengthBytes):
            if let value = firstWrongValue(piece, where: { $0 != lengthBytes }) {
                throw error(
                    leaf,
                    "row \(firstRow + rows.row(ofValue: value)) has "
                        + "\(byteCount(piece, value)) bytes, \(leaf.type) has \(lengthBytes)"
                )
            }
        case .string, .binary, .geometry, .geography:
            if piece.totalBytes > valueBytesMax,
                let value = firstWrongValue(piece, where: { $0 > valueBytesMax })
            {
                throw error(
                    leaf,
                    "row \(firstRow + rows.row(ofValue: value)) has "
                        + "\(byteCount(piece, value)) bytes, a value has at most \(valueBytesMax)"
                )
            }
            if leaf.type == .string, let value = TextValidation.firstInvalidRow(piece) {
                throw error(
                    leaf,
                    "row \(firstRow + rows.row(ofValue: value)) is not UTF-8, as a string must be; "
                        + "check the character set of the source column, or map it to binary"
                )
            }
        default: break
        }
    }

    /// Checks what the smallest and largest value of a page tell.
    static func checkRange(
        _ statistics: ValueStatistics,
        _ page: [LeafRows],
        leaf: FieldLeaf,
        firstRow: Int
    ) throws(ParquetWriteError) {
        guard let allowed = allowedRange(leaf.type),
            case .integer(let low, let high) = statistics.bounds,
            !allowed.contains(low) || !allowed.contains(high)
        else { return }
        let row = firstRow + (firstRowOutside(allowed, page, leaf.type) ?? 0)
        if leaf.type == .time {
            throw error(leaf, "row \(row) is outside the \(dayMicroseconds) microseconds of a day")
        }
        let digits = leaf.type.decimalPrecision ?? 0
        throw error(leaf, "row \(row) has more than the \(digits) digits of \(leaf.type)")
    }

    /// The integers that values of a type may have, where not all of its width.
    private static func allowedRange(_ type: IcebergType) -> Range<Int128>? {
        switch type {
        case .decimal(let precision, _):
            let limit = ColumnLayout.decimalLimit(precision: precision)
            return 1 - limit..<limit
        case .time: return 0..<dayMicroseconds
        default: return nil
        }
    }

    private static func firstRowOutside(
        _ allowed: Range<Int128>,
        _ page: [LeafRows],
        _ type: IcebergType
    ) -> Int? {
        var rowsBefore = 0
        for rows in page {
            let piece = rows.values
            for value in 0..<piece.count where piece.isValid(value) {
                let number =
                    type.physicalType == .int128
                    ? piece.fixed(at: value, as: Int128.self)
                    : Int128(piece.fixed(at: value, as: Int64.self))
                if !allowed.contains(number) { return rowsBefore + rows.row(ofValue: value) }
            }
            rowsBefore += rows.count
        }
        return nil
    }

    private static func error(_ leaf: FieldLeaf, _ message: String) -> ParquetWriteError {
        ParquetWriteError(.value, column: leaf.name, message)
    }

    private static func byteCount(_ piece: ColumnPiece, _ row: Int) -> Int {
        Int(piece.offsets[row + 1]) - Int(piece.offsets[row])
    }

    @inline(__always)
    private static func firstWrongValue(
        _ piece: ColumnPiece,
        where isWrong: (Int) -> Bool
    ) -> Int? {
        let offsets = piece.offsets
        for row in 0..<piece.count {
            let byteCount = Int(offsets[row &+ 1]) &- Int(offsets[row])
            if isWrong(byteCount) && piece.isValid(row) { return row }
        }
        return nil
    }
}

extension IcebergType {
    fileprivate var decimalPrecision: Int? {
        if case .decimal(let precision, _) = self { return precision }
        return nil
    }
}
