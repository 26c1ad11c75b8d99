import Bytes
import Inspection
import Testing

@Suite("Reports")
struct ReportTests {
    static let report = Report(
        title: "A file",
        [
            .init("kind", .text("file"), for: .machines),
            .init("rows", .count(1_234_567)),
            .init("long_name", .text("x\n\u{1B}[31m\"")),
            .init("not_known", .null),
            .init("share", .share(0.12345)),
            .init("ids", .list([.integer(1000), .integer(2)])),
            .init(
                "parts",
                .list([
                    .object(Report([.init("name", .text("é")), .init("bytes", .count(7))])),
                    .object(
                        Report([
                            .init("name", .text("two")), .init("bytes", .count(1000)),
                            .init("nothing", .null),
                        ])
                    ),
                ])
            ),
            .init(
                "blocks",
                .generated(count: 2) { index in
                    Report(title: "block \(index)", [.init("offset", .integer(Int64(index)))])
                }
            ),
            .init("empty", .list([])),
            .init("bound", .value(.string("9007199254740993"), text: "9007199254740993")),
        ]
    )

    @Test("people read aligned lines and tables, with controls made harmless")
    func text() {
        #expect(
            Self.report.text == #"""
                A file
                rows       1,234,567
                long name  x\u{a}\u{1b}[31m"
                share      12.3 %
                ids        1000, 2

                parts
                  name  bytes
                  é         7
                  two   1,000

                blocks
                  block 0
                    offset  0
                  block 1
                    offset  1
                bound  9007199254740993

                """#
        )
    }

    @Test("machines read one document with every member and its exact value")
    func json() {
        #expect(
            Self.report.json == #"""
                {
                  "kind": "file",
                  "rows": 1234567,
                  "long_name": "x\n\u001b[31m\"",
                  "not_known": null,
                  "share": 0.12345,
                  "ids": [1000, 2],
                  "parts": [
                    {"name": "é", "bytes": 7},
                    {"name": "two", "bytes": 1000, "nothing": null}
                  ],
                  "blocks": [
                    {"offset": 0},
                    {"offset": 1}
                  ],
                  "empty": [],
                  "bound": "9007199254740993"
                }

                """#
        )
    }
}

extension Report {
    var text: String {
        var text = ""
        writeText { text += $0 }
        return text
    }

    var json: String {
        var json = ""
        writeJSON { json += $0 }
        return json
    }
}
