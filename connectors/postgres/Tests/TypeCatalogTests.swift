import TableModel
import Testing

@testable import PostgresConnector

@Suite("Types")
struct TypeCatalogTests {
    /// Modifiers as `pg_attribute.atttypmod` has them: precision and scale packed, plus four.
    @Test(
        "numerics of up to 38 digits are decimals, all others text",
        arguments: [
            (655_366, .decimal(precision: 10, scale: 2)), (-1, .string),
            (38 << 16 | 10 + 4, .decimal(precision: 38, scale: 10)),
            (38 << 16 | 38 + 4, .decimal(precision: 38, scale: 38)), (39 << 16 | 2 + 4, .string),
            (5 << 16 | 0x7FE + 4, .string), (2 << 16 | 3 + 4, .string),
            (1 << 16 | 0 + 4, .decimal(precision: 1, scale: 0)),
        ] as [(Int32, IcebergType)]
    )
    func numerics(_ modifier: Int32, expected: IcebergType) {
        #expect(BuiltInType.mapping(of: 1700, modifier: modifier) == .mapped(expected))
    }

    @Test("a type that nobody knows any more is refused")
    func unknown() {
        #expect(
            TypeCatalog().mapping(of: 4_000_000, modifier: -1)
                == .refused("the server does not know the type any more")
        )
    }

    @Test("names and texts are quoted")
    func quoting() {
        #expect(SQLText.identifier("a\"b") == "\"a\"\"b\"")
        #expect(SQLText.literal("it's \\") == "'it''s \\'")
        #expect(SQLText.array([1, 2]) == "{1,2}")
    }
}
