import Glibc
import Testing

@testable import frazil

@Suite("What the program prints")
struct LogLineTests {
    private let time = timespec(tv_sec: 1_709_251_199, tv_nsec: 5_999_999)

    @Test("a text line is a sentence with its values, and quotes what would blur")
    func text() {
        let line = logLine(
            .text,
            level: "info",
            message: "two\nlines",
            values: [("rows", "12"), ("error", "no \"way\"\n"), ("none", "")],
            time: time
        )
        #expect(
            line
                == #"2024-02-29T23:59:59.005Z info two lines rows=12 error="no \"way\"\n" none="""#
        )
    }

    @Test("a JSON line is one object with time, level and message first")
    func json() {
        let line = logLine(
            .json,
            level: "error",
            message: "a \"b\"",
            values: [("table", "shop.orders")],
            time: time
        )
        #expect(
            line
                == #"{"time":"2024-02-29T23:59:59.005Z","level":"error","message":"a \"b\"","#
                + #""table":"shop.orders"}"#
        )
    }

    @Test(
        "counts are grouped by three digits",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ]
    )
    func groups(_ number: Int, _ expected: String) {
        #expect(grouped(number) == expected)
    }
}
