import ChangeModel
import Glibc
import TestKit
import Testing

@testable import PipelineConfig

@Suite("Values of the pipeline file")
struct ValueTests {
    @Test(
        "durations",
        arguments: [
            ("500ms", 500), ("10s", 10_000), ("1.5m", 90_000), ("1h", 3_600_000), ("10 s", 10_000),
            ("10", nil), ("s", nil), ("1.s", nil), ("1.2.3s", nil), ("-1s", nil), ("0.0001s", nil),
            ("99999999999999999999s", nil), ("9223372036854775s", nil), ("1d", nil), ("", nil),
        ] as [(String, Int?)]
    )
    func duration(_ text: String, _ expected: Int?) {
        #expect(parseDurationMilliseconds(text) == expected)
    }

    @Test(
        "sizes",
        arguments: [
            ("64MB", 64_000_000), ("1GiB", 1_073_741_824), ("1.5kB", 1500), ("7B", 7),
            ("0.5KiB", 512), ("64mb", nil), ("64", nil), ("0.001B", nil),
        ] as [(String, Int?)]
    )
    func size(_ text: String, _ expected: Int?) {
        #expect(parseSizeBytes(text) == expected)
    }

    @Test(
        "globs",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "abcd", false),
            ("?", "", false), ("?", "x", true), ("a?c", "abc", true), ("*ab*ab", "abxabab", true),
            ("ab", "AB", false), ("**", "x", true), ("a.b", "axb", false), ("é?", "éx", true),
        ]
    )
    func glob(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(matchesGlob(pattern, name) == expected)
    }

    @Test("an exclusion wins wherever it stands, and schema and table match apart")
    func filter() throws {
        let filter = try TableFilter(["!shop.tmp_*", "shop.*", "crm.a?"])
        func matches(_ schema: String, _ table: String) -> Bool {
            filter.matches(SourceTableName(schema: schema, table: table))
        }
        #expect(matches("shop", "orders"))
        #expect(!matches("shop", "tmp_1"))
        #expect(matches("crm", "ab"))
        #expect(!matches("crm", "abc"))
        #expect(!matches("shop.x", "orders"))
        #expect(!matches("other", "shop.orders"))
    }

    @Test("$${ stands for ${, a lone dollar for itself, and values are not searched again")
    func references() throws {
        let expanded = try expandEnvironmentReferences("a$b $${X} ${X}$") { _ in "${Y}" }
        #expect(expanded == "a$b ${X} ${Y}$")
    }

    @Test("a whole URL from the environment is percent-decoded; a part from there is not")
    func urlReferences() throws {
        let whole = try SourceURL("${URL}") { _ in "postgres://u:a%40b@h/d" }
        #expect(whole.password == "a@b")
        let part = try SourceURL("postgres://u:x%40${P}@h/d") { _ in "a%40b" }
        #expect(part.password == "x@a%40b")
        #expect(part.port == 5432)
        #expect("\(part)" == "postgres://u:…@h:5432/d")
        var dumped = ""
        dump(part, to: &dumped)
        #expect(!dumped.contains("a%40b"))
    }

    @Test(
        "the distance counts a swap of neighbours as one mistake",
        arguments: [
            ("abc", "abc", 0), ("tabels", "tables", 1), ("", "ab", 2), ("kitten", "sitting", 3),
        ]
    )
    func distance(_ left: String, _ right: String, _ expected: Int) {
        #expect(editDistance(left, right) == expected)
    }

    @Test("a file is read from disk, and its relative paths start from its own folder")
    func load() throws {
        let temporary = TemporaryFolder()
        temporary.write(Array(shortFile.utf8), "shop.yaml")
        let folder = temporary.path
        let loaded = try PipelineConfiguration.load(path: "\(folder)/shop.yaml") { _ in "x" }
        #expect(loaded.lake.warehouse == "file://\(folder)/lake/warehouse")
    }
}
