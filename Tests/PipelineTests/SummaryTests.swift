import SourceInterface
import Testing

@testable import Pipeline

@Suite("What snapshots say of an epoch")
struct SummaryTests {
    let properties = LakeProperties(pipeline: "shop.eu")

    @Test("the pipeline, the epoch, and where it began and ended")
    func ordinary() {
        let summary = properties.summary(
            epoch: 12,
            from: SourcePosition("0-1-40"),
            to: SourcePosition("0-1-42")
        )
        #expect(
            summary == [
                "frazil.pipeline": "shop.eu", "frazil.epoch": "12",
                "frazil.epoch-start": "0-1-40", "frazil.epoch-end": "0-1-42",
            ]
        )
    }

    @Test("positions of many servers do not make metadata files large")
    func longPositions() {
        let longest = SourcePosition(String(repeating: "x", count: 800))
        let tooLong = SourcePosition(String(repeating: "\u{20AC}", count: 267))
        let summary = properties.summary(epoch: .max, from: longest, to: tooLong)
        #expect(summary["frazil.epoch-start"] == longest.text)
        #expect(summary["frazil.epoch-end"] == nil)
        let both = properties.summary(epoch: .max, from: longest, to: longest)
        #expect(both.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 2048)
    }
}
