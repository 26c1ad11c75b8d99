import Puffin

/// The portable form of 64-bit roaring bitmaps.
let target = FuzzTarget(
    seeds: {
        var seeds: [String: [UInt8]] = [:]
        for (name, positions) in samplePositions {
            var bitmap = RoaringBitmap(positions)
            seeds["\(name)-flat"] = bitmap.serialized()
            bitmap.optimize()
            seeds["\(name)-optimized"] = bitmap.serialized()
        }
        return seeds
    },
    run: { bytes in
        var bitmap = try RoaringBitmap(parsing: bytes)
        let original = bitmap
        let written = bitmap.serialized()
        // A bitmap that could have runs and has none takes offsets that it did not have.
        if written.count > 2 * bytes.count { fail("\(bytes.count) bytes became \(written.count)") }
        if written.count != bitmap.serializedByteCount { fail("the length was not as announced") }
        bitmap.optimize()
        let optimized = bitmap.serialized()
        if optimized.count > written.count { fail("the smallest form is longer") }
        if try RoaringBitmap(parsing: optimized) != original { fail("the smallest form differs") }
        if bitmap.union(original) != original { fail("a set united with itself differs") }
        if let last = original.last, !original.contains(last) { fail("the last is not contained") }
    },
    allows: { $0 is RoaringFault }
)

private let samplePositions: [String: [Int]] = [
    "empty": [],
    "one": [70_000],
    "array": Array(stride(from: 0, to: 900, by: 7)),
    "runs": Array(10..<400) + Array(500..<503) + Array(60_000..<65_536),
    "bits": Array(stride(from: 0, to: 65_536, by: 9)),
    "four-containers": [0, 1, 2, 3, 4, 65_536, 131_072, 196_608, 196_609],
    "far-keys": [5, 1 << 32, (7 << 32) + 65_536, Int.max],
]
