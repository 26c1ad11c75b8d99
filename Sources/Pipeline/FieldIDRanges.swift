/// Field ids as a table property holds them: `1-7,9,12-4096`.
///
/// A list of the ids of thousands of columns would be written anew with every commit.
struct FieldIDRanges: Equatable {
    private(set) var ranges: [ClosedRange<Int32>] = []

    init(_ ids: some Sequence<Int32>) {
        for id in ids.sorted() {
            guard let last = ranges.last, Int(id) - Int(last.upperBound) <= 1 else {
                ranges.append(id...id)
                continue
            }
            ranges[ranges.count - 1] = last.lowerBound...id
        }
    }

    /// Passes over what is no id or range of ids.
    init(parsing text: String) {
        for part in text.split(separator: ",") {
            let ends = part.split(
                separator: "-",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let first = ends.first.flatMap({ Int32($0) }),
                let last = ends.last.flatMap({ Int32($0) }), first <= last
            else { continue }
            ranges.append(first...last)
        }
    }

    /// How many ids they hold.
    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func contains(_ id: Int32) -> Bool { ranges.contains { $0.contains(id) } }

    var text: String {
        ranges.map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
        .joined(separator: ",")
    }
}
