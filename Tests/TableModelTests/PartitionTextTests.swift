import TableModel
import Testing

@Suite("Partition values as text")
struct PartitionTextTests {
    @Test(
        "results are written as people read them",
        arguments: [
            (Transform.year, IcebergType.date, SingleValue.integer(47), "2017"),
            (.year, .date, .integer(-1), "1969"), (.year, .date, .integer(-1970), "0000"),
            (.month, .date, .integer(575), "2017-12"), (.month, .date, .integer(-1), "1969-12"),
            (.day, .timestamp, .integer(17_501), "2017-12-01"),
            (.day, .timestamp, .integer(-1), "1969-12-31"),
            (.hour, .timestamp, .integer(420_042), "2017-12-01-18"),
            (.hour, .timestamp, .integer(-1), "1969-12-31-23"),
            (.bucket(count: 16), .string, .integer(7), "7"),
            (.identity, .date, .integer(17_501), "2017-12-01"),
            (.identity, .time, .integer(36_775_038_194), "10:12:55.038194"),
            (.identity, .time, .integer(36_720_000_000), "10:12"),
            (.identity, .time, .integer(36_775_000_000), "10:12:55"),
            (.identity, .time, .integer(36_775_500_000), "10:12:55.500"),
            (.identity, .timestamp, .integer(-1), "1969-12-31T23:59:59.999999"),
            (.identity, .timestamptz, .integer(0), "1970-01-01T00:00Z"),
            (.identity, .timestampNanos, .integer(1), "1970-01-01T00:00:00.000000001"),
            (.identity, .decimal(precision: 9, scale: 2), .decimal(unscaled: -5), "-0.05"),
            (.truncate(width: 5), .decimal(precision: 9, scale: 0), .decimal(unscaled: 5), "5"),
            (.identity, .boolean, .boolean(true), "true"),
            (.identity, .float, .floating(.nan), "NaN"),
            (.identity, .double, .floating(-.infinity), "-Infinity"),
            (.identity, .double, .floating(1.5), "1.5"),
            (.identity, .binary, .binary([1, 2, 3]), "AQID"),
            (.identity, .binary, .binary([255]), "/w=="),
            (.identity, .binary, .binary([0, 16]), "ABA="),
            (.identity, .uuid, .uuid(1), "00000000-0000-0000-0000-000000000001"),
            (.identity, .string, .text("a/b"), "a/b"), (.void, .string, nil, "null"),
        ] as [(Transform, IcebergType, SingleValue?, String)]
    )
    func text(_ transform: Transform, _ type: IcebergType, _ value: SingleValue?, _ text: String) {
        #expect(transform.text(of: value, type: type) == text)
    }

    @Test(
        "folder names keep every byte apart",
        arguments: [
            ("region", "eu west", "region=eu+west"), ("a=b", "x/y", "a%3Db=x%2Fy"),
            ("p", "100%", "p=100%25"), ("p", "", "p="), ("p", "\u{20AC}", "p=%E2%82%AC"),
            ("p", "..", "p=.."), ("p", "a+b?#&~", "p=a%2Bb%3F%23%26%7E"), ("p", "\u{0}", "p=%00"),
        ]
    )
    func segments(_ name: String, _ text: String, _ segment: String) {
        #expect(PartitionPath.segment(name: name, text: text) == segment)
    }

    @Test("a name too long for file systems is cut between escapes, and stays its own")
    func longSegments() {
        let long = String(repeating: "\u{20AC}", count: 100)
        let first = PartitionPath.segment(name: "name", text: long + "1")
        let second = PartitionPath.segment(name: "name", text: long + "2")
        #expect(first != second)
        #expect(first.utf8.count <= 255)
        let kept = first.prefix { $0 != "~" }
        #expect(kept.hasSuffix("%AC") || kept.hasSuffix("%82") || kept.hasSuffix("%E2"))
        #expect(
            PartitionPath.segment(name: "n", text: String(repeating: "x", count: 253)).utf8.count
                == 255
        )
    }

    @Test("fields that nobody names are named as by other engines")
    func defaultNames() {
        let names = [
            Transform.identity, .bucket(count: 4), .truncate(width: 4), .year, .month, .day, .hour,
            .void,
        ].map { $0.defaultFieldName(column: "c") }
        #expect(
            names == [
                "c", "c_bucket", "c_trunc", "c_year", "c_month", "c_day", "c_hour", "c_null",
            ]
        )
    }
}
