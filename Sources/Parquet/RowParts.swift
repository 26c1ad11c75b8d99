/// Cuts rows where pages begin, so that the pages of each part have a bounded size.
struct RowParts {
    /// The pages of each leaf, ascending.
    let pages: [[PageLocation]]
    let bytesMax: Int

    /// The parts of `rows`, in order.
    func cut(_ rows: [Range<Int>]) -> [[Range<Int>]] {
        guard let first = rows.first, let last = rows.last else { return [] }
        let begins = Set(pages.joined().map(\.rows.lowerBound)).sorted()
        let ends = begins.filter { $0 > first.lowerBound && $0 < last.upperBound }
        var parts: [[Range<Int>]] = []
        var start = first.lowerBound
        var end = start
        for next in ends + [last.upperBound] {
            if end > start, byteCount(of: start..<next) > bytesMax {
                parts.append(Self.clip(rows, to: start..<end))
                start = end
            }
            end = next
        }
        parts.append(Self.clip(rows, to: start..<end))
        return parts.filter { !$0.isEmpty }
    }

    private func byteCount(of rows: Range<Int>) -> Int {
        var total = 0
        for leaf in pages {
            var index = leaf.partitioningIndex { $0.rows.upperBound > rows.lowerBound }
            while index < leaf.count, leaf[index].rows.lowerBound < rows.upperBound {
                total += leaf[index].bytes.count
                index += 1
            }
        }
        return total
    }

    private static func clip(_ rows: [Range<Int>], to part: Range<Int>) -> [Range<Int>] {
        rows.map { $0.clamped(to: part) }.filter { !$0.isEmpty }
    }
}

extension Array {
    /// The first index whose element `isInSecondPart` holds for, in an array that it parts in two.
    fileprivate func partitioningIndex(where isInSecondPart: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
