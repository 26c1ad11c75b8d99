import SourceInterface
import Testing

@testable import MySQLConnector

private let a = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
private let b = "e3f4854d-e69e-11f1-aa51-02fc00000001"

@Suite("Positions")
struct PositionTests {
    @Test(
        "GTID sets are read and written in the server's compact form",
        arguments: [
            ("", ""), ("\(a):1", "\(a):1"), ("\(a):1-5:7", "\(a):1-5:7"),
            ("\(b):1-3,\n\(a):5-6:1-4", "\(a):1-6,\(b):1-3"),
            ("\(a.uppercased()):1-3:Tag_A:2:4-5", "\(a):1-3:tag_a:2:4-5"),
            ("\(a):3-9:1-5", "\(a):1-9"),
        ]
    )
    func text(_ text: String, _ compact: String) {
        #expect(GTIDSet(text)?.description == compact)
    }

    @Test(
        "text that is no GTID set is refused",
        arguments: [
            "0-1-42", "\(a)", "\(a):", "\(a):0", "\(a):5-3", "\(a):1-2-3", "xyz:1",
            "\(a):9223372036854775808",
        ]
    )
    func refused(_ text: String) {
        #expect(GTIDSet(text) == nil)
    }

    @Test("inserting numbers in any order gives the same intervals")
    func insert() throws {
        let source = GTIDSet.Source(uuid: 1, tag: "")
        var state: UInt64 = 42
        for _ in 0..<50 {
            var numbers = Array(1...40).filter { $0 % 7 != 0 }.map { Int64($0) }
            for index in numbers.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                numbers.swapAt(index, Int(state >> 33) % numbers.count)
            }
            var set = GTIDSet()
            for number in numbers { set.insert(number, of: source) }
            let intervals = try #require(set.intervals[source])
            #expect(intervals.map(\.first) == [1, 8, 15, 22, 29, 36])
            #expect(intervals.map(\.last) == [6, 13, 20, 27, 34, 40])
            for number in Int64(0)...41 {
                #expect(set.contains(number, of: source) == numbers.contains(number))
            }
        }
    }

    @Test(
        "subset",
        arguments: [
            ("\(a):2-3", "\(a):1-5", true), ("\(a):2-6", "\(a):1-5", false),
            ("\(a):1-5:8", "\(a):1-9", true), ("\(a):1-9", "\(a):1-5:7-9", false),
            ("", "\(a):1", true), ("\(a):1", "", false), ("\(a):1,\(b):1", "\(a):1-2", false),
            ("\(a):x:1", "\(a):1-2", false), ("\(a):x:1", "\(a):1-2:x:1-3", true),
        ]
    )
    func subset(_ inner: String, _ outer: String, _ expected: Bool) throws {
        let set = try #require(GTIDSet(inner))
        #expect(set.isSubset(of: try #require(GTIDSet(outer))) == expected)
    }

    @Test("union holds both and nothing else")
    func union() throws {
        var set = try #require(GTIDSet("\(a):1-3:9"))
        set.formUnion(try #require(GTIDSet("\(a):4-6,\(b):1")))
        #expect(set.description == "\(a):1-6:9,\(b):1")
    }

    @Test("the dump command's form counts sources and intervals and excludes ends")
    func encoding() throws {
        let set = try #require(GTIDSet("\(a):1-5:7"))
        #expect(
            set.encoded()
                == bytes("0100000000000000 3e11fa4771ca11e19e33c80aa9429562 0200000000000000")
                + bytes("0100000000000000 0600000000000000 0700000000000000 0800000000000000")
        )
    }

    /// The bytes of a server's own PREVIOUS_GTIDS event.
    @Test("the dump command's form of a set with tags is the server's own")
    func taggedEncoding() throws {
        let set = try #require(GTIDSet("\(b):1-4184:tag_a:1-8"))
        #expect(
            set.encoded()
                == bytes("0102000000000001 e3f4854de69e11f1aa5102fc00000001 00 0100000000000000")
                + bytes("0100000000000000 5910000000000000")
                + bytes("e3f4854de69e11f1aa5102fc00000001 0a 7461675f61 0100000000000000")
                + bytes("0100000000000000 0900000000000000")
        )
    }

    @Test("MariaDB positions compare within each domain")
    func domains() throws {
        let position = try #require(DomainPosition("1-2-7,0-1-42"))
        #expect(position.description == "0-1-42,1-2-7")
        #expect(position.isCovered(by: try #require(DomainPosition("0-9-42,1-2-8"))))
        #expect(!position.isCovered(by: try #require(DomainPosition("0-9-41,1-2-8"))))
        #expect(!position.isCovered(by: try #require(DomainPosition("0-9-50"))))
        #expect(DomainPosition("")?.description == "")
        #expect(DomainPosition("0-1") == nil)
        #expect(DomainPosition("0-1-x") == nil)
    }

    @Test("a source answers in its own words, and joins a watermark with a boundary")
    func source() {
        let source = MySQLSource(
            configuration: MySQLSourceConfiguration(
                flavor: .mariadb,
                host: "127.0.0.1",
                user: "u",
                password: "p",
                pipelineName: "shop",
                isChosen: { _ in true }
            )
        )
        func position(_ text: String) -> SourcePosition { SourcePosition(text) }
        #expect(source.isCovered(position("0-1-5"), by: position("0-2-5")))
        #expect(!source.isCovered(position("0-1-6"), by: position("0-2-5")))
        #expect(source.isCovered(position("\(a):1-3"), by: position("\(a):1-5")))
        #expect(source.isCovered(position(""), by: position("\(a):1-5")))
        #expect(
            source.advance(position("0-1-9,1-1-2"), to: position("0-1-7,2-1-1")).text
                == "0-1-9,1-1-2,2-1-1"
        )
        #expect(
            source.advance(position("\(a):1-9"), to: position("\(a):1-5,\(b):1")).text
                == "\(a):1-9,\(b):1"
        )
        #expect(source.advance(position(""), to: position("\(a):1")).text == "\(a):1")
    }
}
