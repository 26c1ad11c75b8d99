import SourceInterface
import Testing

@testable import PostgresConnector

@Suite("PostgresPosition")
struct PostgresPositionTests {
    private func position(_ text: String) throws -> PostgresPosition {
        try PostgresPosition(parsing: SourcePosition(text))
    }

    @Test(
        "a position keeps its text",
        arguments: [
            "0/0", "0/16B3748", "FFFFFFFF/FFFFFFFF",
            "0/16B3748 snapshot 740:745:741,743 to 0/16B3800",
            "0/16B3748 snapshot 740:740:", "0/16B3748 snapshot 740:745:741,743",
        ]
    )
    func roundTrip(_ text: String) throws {
        #expect(try position(text).position.text == text)
    }

    @Test(
        "what we did not write is refused",
        arguments: [
            "", "0", "0/", "/1", "0/1/2", "0/123456789", "x/1", "0-1-42", "0/1 snapshot",
            "0/1 snapshot 5:4:", "0/1 snapshot 1:2", "0/1 snapshot 1:2:x", "0/1 view 1:2:",
            "0/1 snapshot 1:2: to", "0/1 snapshot 1:2: to x", "0/1 snapshot 1:2: at 0/2",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: SourceError.self) { try position(text) }
    }

    /// Ids 741 and 743 were running; 745 had not begun.
    @Test(
        "a snapshot sees what had ended, and nothing else",
        arguments: [
            (739, true), (740, true), (741, false), (742, true), (743, false), (744, true),
            (745, false), (746, false),
        ] as [(UInt32, Bool)]
    )
    func visibility(_ id: UInt32, isSeen: Bool) throws {
        let snapshot = try #require(VisibilitySnapshot(text: "740:745:741,743"))
        #expect(snapshot.sees(transactionID: id) == isSeen)
    }

    /// The ids of the snapshot have an epoch in front; those of the stream do not, and restart at
    /// 3 after 4294967295.
    @Test(
        "visibility holds across the wrap-around of transaction ids",
        arguments: [
            (4_294_967_290, true), (4_294_967_295, false), (3, true), (4, false), (5, true),
            (6, false), (1000, false), (2_147_483_000, false), (2_147_484_000, true),
        ] as [(UInt32, Bool)]
    )
    func wrapAround(_ id: UInt32, isSeen: Bool) throws {
        let epoch: UInt64 = 1 << 32
        let snapshot = try #require(
            VisibilitySnapshot(text: "\(epoch - 1):\(epoch + 6):\(epoch - 1),\(epoch + 4)")
        )
        #expect(snapshot.sees(transactionID: id) == isSeen)
    }

    @Test("a transaction is covered by the position, or by the snapshot below its horizon")
    func coverage() throws {
        let held = try position("0/100 snapshot 740:745:741,743 to 0/200")
        func covers(_ start: UInt64, _ id: UInt32) -> Bool {
            held.covers(commitStart: LogSequenceNumber(start), transactionID: id)
        }
        #expect(covers(0xFF, 741))
        #expect(!covers(0x100, 741))
        #expect(covers(0x100, 742))
        #expect(covers(0x1FF, 742))
        // Behind the horizon an id can only look visible, 2^31 transactions later.
        #expect(!covers(0x200, 742))
        let plain = try position("0/100")
        #expect(!plain.covers(commitStart: LogSequenceNumber(0x100), transactionID: 1))
    }

    @Test("advancing keeps the snapshot until the log has passed where it was taken")
    func advancing() throws {
        let held = try position("0/100 snapshot 740:745:741 to 0/200")
        #expect(
            held.advanced(to: LogSequenceNumber(0x1FF)).position.text
                == "0/1FF snapshot 740:745:741 to 0/200"
        )
        #expect(held.advanced(to: LogSequenceNumber(0x200)).position.text == "0/200")
        #expect(
            held.advanced(to: LogSequenceNumber(0x80)).position.text
                == "0/100 snapshot 740:745:741 to 0/200"
        )
    }

    @Test("what a snapshot saw is part of what must be covered")
    func comparing() {
        let source = PostgresSource(
            configuration: PostgresSourceConfiguration(
                host: "",
                user: "",
                password: nil,
                database: "",
                pipelineName: "",
                slotName: "",
                publicationName: "",
                isChosen: { _ in true }
            )
        )
        func isCovered(_ position: String, by watermark: String) -> Bool {
            source.isCovered(SourcePosition(position), by: SourcePosition(watermark))
        }
        let copied = "0/100 snapshot 740:745:741 to 0/200"
        #expect(isCovered("0/100", by: "0/100"))
        #expect(!isCovered("0/101", by: "0/100"))
        #expect(isCovered("A/0", by: "10/0"))
        #expect(isCovered("0/100", by: copied))
        #expect(!isCovered("0/101", by: copied))
        #expect(!isCovered(copied, by: "0/1FF"))
        #expect(isCovered(copied, by: "0/200"))
        #expect(isCovered(copied, by: copied))
    }

    @Test("a slot's name is made of what a slot's name may have")
    func streamName() {
        #expect(
            PostgresSourceConfiguration.defaultStreamName(pipelineName: "Shop-EU.1")
                == "frazil_shop_eu_1"
        )
        let long = String(repeating: "a", count: 100)
        #expect(
            PostgresSourceConfiguration.defaultStreamName(pipelineName: long).utf8.count == 63
        )
    }
}
