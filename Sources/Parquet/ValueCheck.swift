internal import TableModel

/// Refuses values that their column's type cannot hold.
enum ValueCheck {
    /// The first microsecond that is no time of day any more.
    private static let dayMicroseconds: Int128 = 86_400_000_000

    /// Checks what the byte lengths and the bytes tell.
    static func check(
        _ piece: ColumnPiece,
        field: ParquetField,
        firstRow: Int,
        valueBytesMax: Int
    ) throws(ParquetWriteError) {
        if field.isRequired, piece.nullCount > 0 {
            throw error(field, "row \(firstNull(piece) + firstRow) is NULL, the column is required")
        }
        switch field.type {
        case .fixed(let lengthBytes):
            if let row = firstWrongRow(piece, where: { $0 != lengthBytes }) {
                let length = byteCount(piece, row)
                throw error(
                    field,
                    "row \(firstRow + row) has \(length) bytes, \(field.type) has \(lengthBytes)"
                )
            }
        case .string, .binary:
            if let row = firstWrongRow(piece, where: { $0 > valueBytesMax }) {
                let length = byteCount(piece, row)
                throw error(
                    field,
                    "row \(firstRow + row) has \(length) bytes, a page holds \(valueBytesMax)"
                )
            }
            if field.type == .string, let row = TextValidation.firstInvalidRow(piece) {
                throw error(
                    field,
                    "row \(firstRow + row) is not UTF-8, as a string must be; "
                        + "check the character set of the source column, or map it to binary"
                )
            }
        default: break
        }
    }

    /// Checks what the smallest and largest value of a page tell.
    static func checkRange(
        _ statistics: ValueStatistics,
        field: ParquetField,
        firstRow: Int
    ) throws(ParquetWriteError) {
        guard case .integer(let low, let high) = statistics.bounds else { return }
        let rows = "rows \(firstRow) to \(firstRow + statistics.valueCount - 1)"
        switch field.type {
        case .decimal(let precision, _):
            let limit = ColumnLayout.decimalLimit(precision: precision)
            guard low > -limit && high < limit else {
                throw error(
                    field,
                    "a value of \(rows) has more than the \(precision) digits of \(field.type)"
                )
            }
        case .time:
            guard low >= 0 && high < dayMicroseconds else {
                throw error(
                    field,
                    "a value of \(rows) is outside the \(dayMicroseconds) microseconds of a day"
                )
            }
        default: break
        }
    }

    private static func error(_ field: ParquetField, _ message: String) -> ParquetWriteError {
        ParquetWriteError(.value, column: field.name, message)
    }

    private static func firstNull(_ piece: ColumnPiece) -> Int {
        (0..<piece.count).first { !piece.isValid($0) } ?? 0
    }

    private static func byteCount(_ piece: ColumnPiece, _ row: Int) -> Int {
        Int(piece.offsets[row + 1]) - Int(piece.offsets[row])
    }

    @inline(__always)
    private static func firstWrongRow(
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
