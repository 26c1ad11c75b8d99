import ChangeModel
import PipelineConfig
import TableModel
import Testing

@Suite("table-options")
struct TableOptionsTests {
    private func options(_ yaml: String, of table: String) throws -> TableOptions {
        try configuration(shortFile + "\n" + yaml)
            .options(of: SourceTableName(schema: "shop", table: table))
    }

    @Test("rules go by pattern, and later ones win key by key")
    func rules() throws {
        let yaml = """
            table-options:
              "shop.*": { partition: [day(created_at), "bucket(16, id)"], sort: primary-key }
              shop.orders: { partition: none, file-size: 10MB }
              "shop.i*":
                sort:
                  - created_at desc
                  - Order Number
            """
        #expect(
            try options(yaml, of: "orders")
                == TableOptions(partition: [], sort: [.primaryKey], fileBytesMax: 10_000_000)
        )
        let partition = [
            TransformTerm(transform: .day, column: "created_at"),
            TransformTerm(transform: .bucket(count: 16), column: "id"),
        ]
        #expect(
            try options(yaml, of: "items")
                == TableOptions(
                    partition: partition,
                    sort: [
                        .column(
                            TransformTerm(transform: .identity, column: "created_at"),
                            isDescending: true,
                            nullsFirst: false
                        ),
                        .column(
                            TransformTerm(transform: .identity, column: "Order Number"),
                            isDescending: false,
                            nullsFirst: true
                        ),
                    ]
                )
        )
        #expect(
            try options(yaml, of: "customers")
                == TableOptions(partition: partition, sort: [.primaryKey])
        )
    }

    @Test("without a rule nothing is wanted")
    func noRules() throws {
        #expect(try options("", of: "orders") == TableOptions())
        #expect(
            try options("table-options: {\"other.*\": {sort: a}}", of: "orders") == TableOptions()
        )
    }

    @Test(
        "a column of a sort order says its direction and where NULL comes",
        arguments: [
            ("a", false, true), ("a asc", false, true), ("a desc", true, false),
            ("a DESC NULLS FIRST", true, true), ("a nulls last", false, false),
            ("day(a) asc nulls last", false, false),
        ] as [(String, Bool, Bool)]
    )
    func sortTerms(text: String, isDescending: Bool, nullsFirst: Bool) {
        let transform: Transform = text.hasPrefix("day") ? .day : .identity
        #expect(
            SortTerm(text)
                == .column(
                    TransformTerm(transform: transform, column: "a"),
                    isDescending: isDescending,
                    nullsFirst: nullsFirst
                )
        )
    }

    @Test("what is not understood is refused with its line")
    func refused() {
        #expect(
            refusal(of: shortFile + "\ntable-options:\n  shop.orders:\n    partition: [week(a)]")
                == "shop.yaml line 11: table-options.shop.orders.partition has a term that is not "
                + "understood. Write a column, or identity, bucket(N, …), truncate(N, …), year, "
                + "month, day or hour with a column in parentheses"
        )
        #expect(
            refusal(of: shortFile + "\ntable-options:\n  shop.orders:\n    partitions: [a]")
                == "shop.yaml line 11: unknown key table-options.shop.orders.partitions. Did you "
                + "mean table-options.shop.orders.partition?"
        )
        #expect(
            refusal(of: shortFile + "\ntable-options:\n  orders: { sort: a }")
                == "shop.yaml line 10: table-options.orders: the pattern \"orders\" has no dot. "
                + "Write schema.table, such as \"orders.*\""
        )
        #expect(
            refusal(of: shortFile + "\ntable-options: [a]")
                == "shop.yaml line 9: table-options must be sections of keys, named by patterns "
                + "schema.table"
        )
    }
}
