/// Cuts a column chunk into the rows of its pages.
struct PageCutter {
    private let pieces: [ColumnPiece]
    private let widthBytes: Int
    private let isByteString: Bool
    private let rowsMax: Int
    private let bytesMax: Int
    private var index = 0
    private var offset = 0

    /// `isCoded` pages hold dictionary codes, so that only rows count.
    init(
        _ pieces: [ColumnPiece],
        layout: ColumnLayout,
        isCoded: Bool,
        options: ParquetWriterOptions
    ) {
        self.pieces = pieces
        isByteString = !isCoded && layout == .byteString
        // Booleans and codes are far below a byte or four a row; rows alone cut them.
        widthBytes = isCoded || layout == .boolean ? 0 : layout.plainWidthBytes
        rowsMax = max(options.pageRowsMax, 1)
        bytesMax = max(options.pageBytesMax, 1)
    }

    /// The rows of the next page, at least one; `nil` after the last.
    mutating func next() -> [ColumnPiece]? {
        var page: [ColumnPiece] = []
        var rowCount = 0
        var byteCount = 0
        while index < pieces.count, rowCount < rowsMax, byteCount < bytesMax {
            let rest = pieces[index].slice(offset: offset, count: pieces[index].count - offset)
            let taken = rowsThatFit(
                rest,
                rowsMax: rowsMax - rowCount,
                bytesMax: bytesMax - byteCount,
                isFirst: rowCount == 0
            )
            guard taken > 0 else { break }
            page.append(rest.slice(offset: 0, count: taken))
            rowCount += taken
            byteCount += bytes(of: rest, rowCount: taken)
            offset += taken
            if offset == pieces[index].count {
                index += 1
                offset = 0
            }
        }
        return rowCount > 0 ? page : nil
    }

    /// Bytes of the first rows in a page before compression, NULLs counted as zeros.
    private func bytes(of piece: ColumnPiece, rowCount: Int) -> Int {
        guard isByteString else { return rowCount * widthBytes }
        return Int(piece.offsets[rowCount]) - Int(piece.offsets[0]) + rowCount * 4
    }

    private func rowsThatFit(
        _ piece: ColumnPiece,
        rowsMax: Int,
        bytesMax: Int,
        isFirst: Bool
    ) -> Int {
        let most = min(piece.count, rowsMax)
        if bytes(of: piece, rowCount: most) <= bytesMax { return most }
        // Bytes grow with rows, so the largest fitting count is found by halving.
        var fitting = isFirst ? 1 : 0
        var tooMany = most
        while tooMany - fitting > 1 {
            let middle = (fitting + tooMany) / 2
            if bytes(of: piece, rowCount: middle) <= bytesMax {
                fitting = middle
            } else {
                tooMany = middle
            }
        }
        return fitting
    }
}
