import Bytes
import ParquetTestKit
import TestKit
import Testing

@testable import Parquet

/// The decoders that go on from where they stopped, held to plain ones that do all at once.
@Suite struct StreamTests {
    /// Lends bytes with the slack that pages have behind them.
    private func withPage<Result>(
        _ bytes: [UInt8],
        _ body: (PageCursor) throws -> Result
    ) rethrows -> Result {
        let padded = bytes + [UInt8](repeating: 0xEE, count: BitUnpacking.slackBytes)
        return try padded.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("there is a slack") }
            return try body(PageCursor(base: base, offset: 0, end: bytes.count))
        }
    }

    @Test("Numbers of every width come out of any place", arguments: 1...64)
    func unpacking(bitWidth: Int) {
        var generator = SeededGenerator(seed: UInt64(bitWidth))
        let mask = bitWidth == 64 ? UInt64.max : (1 << UInt64(bitWidth)) - 1
        let numbers = (0..<100).map { _ in generator.next() & mask }
        let bytes = NaiveEncoding.packed(numbers, bitWidth: bitWidth)
        withPage(bytes) { cursor in
            for first in [0, 1, 7, 8, 50, 99] {
                var found = [UInt64](repeating: 0, count: numbers.count - first)
                found.withUnsafeMutableBufferPointer { target in
                    guard let start = target.baseAddress else { return }
                    BitUnpacking.unpack(
                        cursor.base,
                        bitOffset: first * bitWidth,
                        bitWidth: bitWidth,
                        count: target.count,
                        into: start
                    )
                }
                #expect(found == Array(numbers[first...]))
            }
        }
    }

    /// Random runs of both kinds, and the numbers that they stand for.
    private func hybrid(
        bitWidth: Int,
        _ generator: inout SeededGenerator
    ) -> (bytes: [UInt8], numbers: [UInt32]) {
        var bytes: [UInt8] = []
        var numbers: [UInt32] = []
        let mask = UInt64(1) << UInt64(bitWidth) - 1
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            if generator.isOne(in: 2) {
                let count = [1, 3, 300, 1000].randomElement(using: &generator) ?? 1
                let value = generator.next() & mask
                bytes += NaiveEncoding.varint(UInt64(count) << 1)
                for byte in 0..<(bitWidth + 7) / 8 {
                    bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)))
                }
                numbers += Array(repeating: UInt32(value), count: count)
            } else {
                let groups = Int.random(in: 1...9, using: &generator)
                let values = (0..<groups * 8).map { _ in generator.next() & mask }
                bytes +=
                    NaiveEncoding.varint(UInt64(groups) << 1 | 1)
                    + NaiveEncoding.packed(values, bitWidth: bitWidth)
                numbers += values.map { UInt32($0) }
            }
        }
        return (bytes, numbers)
    }

    @Test("Runs and packed groups are read in steps of any size", arguments: UInt64(1)...40)
    func hybridSteps(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bitWidth = Int.random(in: 1...31, using: &generator)
        let (bytes, numbers) = hybrid(bitWidth: bitWidth, &generator)
        try withPage(bytes) { cursor in
            var stream = try HybridStream(cursor, bitWidth: bitWidth)
            var next = 0
            var target = [UInt32](repeating: 0, count: numbers.count)
            while next < numbers.count {
                let count = min(
                    numbers.count - next,
                    Int.random(in: 1...400, using: &generator)
                )
                let expected = Array(numbers[next..<next + count])
                try target.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: try stream.skip(cursor.base, count: count)
                    case 1:
                        try stream.read(cursor.base, count: count, limit: 1 << 31, into: start)
                        #expect(Array(buffer.prefix(count)) == expected)
                    default:
                        var copy = stream
                        let run = try copy.next(
                            cursor.base,
                            countMax: count,
                            limit: 1 << 31,
                            into: start
                        )
                        let found =
                            run.value.map { Array(repeating: UInt32($0), count: run.count) }
                            ?? Array(buffer.prefix(run.count))
                        #expect(found == Array(expected.prefix(run.count)))
                        try stream.skip(cursor.base, count: count)
                    }
                }
                next += count
            }
            #expect(throws: WireFault.self) { try stream.skip(cursor.base, count: 1) }
        }
    }

    @Test("A code that the dictionary does not have is refused, in runs and in groups")
    func codeLimit() throws {
        for bytes: [UInt8] in [[8, 3], [3, 0b11_01_00_00, 0]] {
            try withPage(bytes) { cursor in
                var stream = try HybridStream(cursor, bitWidth: 2)
                var target = [UInt32](repeating: 0, count: 4)
                #expect(throws: WireFault.self) {
                    try target.withUnsafeMutableBufferPointer {
                        guard let start = $0.baseAddress else { return }
                        try stream.read(cursor.base, count: 4, limit: 3, into: start)
                    }
                }
            }
        }
    }

    @Test(
        "Differences are read in steps of any size, and end where they end",
        arguments: UInt64(1)...40
    )
    func deltaSteps(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let numbers = (0..<Int.random(in: 0...700, using: &generator)).map { _ in
            generator.isOne(in: 9)
                ? Int64(bitPattern: generator.next()) : Int64(generator.next() % 1000)
        }
        let encoded = NaiveEncoding.delta(
            numbers,
            miniblocks: [1, 4].randomElement(using: &generator) ?? 1
        )
        let bytes = encoded + [1, 2, 3]
        try withPage(bytes) { cursor in
            var stream = try DeltaStream(cursor)
            #expect(stream.left == numbers.count)
            var next = 0
            var target = [Int64](repeating: 0, count: numbers.count + 1)
            while next < numbers.count {
                #expect(try stream.endOffset(cursor.base) == encoded.count)
                let count = min(numbers.count - next, Int.random(in: 1...200, using: &generator))
                try target.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    try stream.read(cursor.base, count: count, into: start)
                }
                #expect(Array(target.prefix(count)) == Array(numbers[next..<next + count]))
                next += count
            }
            #expect(try stream.endOffset(cursor.base) == encoded.count)
            #expect(throws: WireFault.self) {
                try target.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    try stream.read(cursor.base, count: 1, into: start)
                }
            }
        }
    }
}
