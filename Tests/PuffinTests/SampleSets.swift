import Puffin
import Testing

/// Sets whose containers take each of the forms.
enum SampleSet: String, CaseIterable, CustomTestStringConvertible {
    case empty
    case single
    case array
    case fullArray
    case bitset
    case fewRuns
    case manyRuns
    case wholeContainer
    case severalContainers
    case farKeys

    var testDescription: String { rawValue }

    /// Made once: some are long.
    private static let made = Dictionary(
        uniqueKeysWithValues: allCases.map { sample in
            let positions = sample.makePositions()
            return (sample, (positions: positions, bitmap: RoaringBitmap(positions)))
        }
    )

    var positions: [Int] { Self.made[self]?.positions ?? [] }

    var bitmap: RoaringBitmap { Self.made[self]?.bitmap ?? RoaringBitmap() }

    private func makePositions() -> [Int] {
        switch self {
        case .empty: []
        case .single: [77_777]
        case .array: Array(stride(from: 3, to: 65_536, by: 31))
        case .fullArray: Array(stride(from: 0, to: 8192, by: 2))
        case .bitset: Array(stride(from: 1, to: 65_536, by: 3))
        case .fewRuns: Array(100..<9000) + Array(20_000..<20_003) + Array(65_000..<65_536)
        case .manyRuns: (0..<65_536).filter { $0 % 40 < 17 }
        case .wholeContainer: Array(0..<65_536)
        case .severalContainers: Array(stride(from: 60_000, to: 300_000, by: 17))
        case .farKeys: [5, 1 << 32, (1 << 32) + 1, (7 << 32) + 65_536, Int.max]
        }
    }
}
