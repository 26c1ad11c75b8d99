import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct NestedLayoutTests {
    private static func plain() -> ParquetWriterOptions {
        var options = ParquetWriterOptions(codec: .none)
        options.dictionary = false
        return options
    }

    private func field(
        _ id: Int32,
        _ name: String,
        _ type: IcebergType,
        isRequired: Bool = false
    ) -> SchemaField {
        SchemaField(id: id, name: name, type: type, isRequired: isRequired)
    }

    private func schema(_ fields: [SchemaField]) throws -> [String] {
        try FileLayout(encode(fields.map(ParquetField.init), []).bytes).schema
    }

    @Test("Groups, field ids and required-ness stand at every node of a nested column")
    func nestedSchema() throws {
        let item = IcebergType.structure([
            field(5, "price", .decimal(precision: 9, scale: 2), isRequired: true),
            field(6, "tags", .list(element: field(7, "element", .string, isRequired: true))),
        ])
        let fields = [
            field(1, "id", .long, isRequired: true),
            field(2, "items", .list(element: field(4, "element", item)), isRequired: true),
            field(
                3,
                "by name",
                .map(
                    key: field(8, "key", .string, isRequired: true),
                    value: field(9, "value", .double)
                )
            ),
        ]
        #expect(
            try schema(fields) == [
                "required int64 id = 1",
                "required group items = 2 LIST converted 3",
                "  repeated group list",
                "    optional group element = 4",
                "      required int32 price = 5 DECIMAL(9, 2) converted 5",
                "      optional group tags = 6 LIST converted 3",
                "        repeated group list",
                "          required binary element = 7 STRING converted 0",
                "optional group by name = 3 MAP converted 1",
                "  repeated group key_value",
                "    required binary key = 8 STRING converted 0",
                "    optional double value = 9",
            ]
        )
    }

    @Test("Types of format version 3 have their annotations; unknown is in no file")
    func versionThreeSchema() throws {
        let fields = [
            field(1, "a", .timestampNanos), field(2, "b", .timestamptzNanos),
            field(3, "c", .unknown), field(4, "d", .variant),
            field(5, "e", .geometry(crs: IcebergType.defaultCRS)),
            field(6, "f", .geometry(crs: "EPSG:4326"), isRequired: true),
            field(7, "g", .geography(crs: IcebergType.defaultCRS, algorithm: "spherical")),
            field(8, "h", .geography(crs: "srid:1", algorithm: "karney")),
            field(9, "i", .structure([field(10, "j", .unknown), field(11, "k", .int)])),
        ]
        #expect(
            try schema(fields) == [
                "optional int64 a = 1 TIMESTAMP(NANOS)",
                "optional int64 b = 2 TIMESTAMP(NANOS UTC)",
                "optional group d = 4 VARIANT(1)",
                "  required binary metadata",
                "  required binary value",
                "optional binary e = 5 GEOMETRY()",
                "required binary f = 6 GEOMETRY(EPSG:4326)",
                "optional binary g = 7 GEOGRAPHY(, 0)",
                "optional binary h = 8 GEOGRAPHY(srid:1, 4)",
                "optional group i = 9",
                "  optional int32 k = 11",
            ]
        )
    }

    /// Rows of `items list<struct<n int, t list<int>>>`, all optional:
    /// `[{1, [7, NULL]}, NULL, {NULL, []}]`, `NULL`, `[]`, `[{2, NULL}]`.
    private func items() -> (field: SchemaField, column: Column) {
        let element = IcebergType.structure([
            field(3, "n", .int), field(4, "t", .list(element: field(5, "element", .int))),
        ])
        let items = field(1, "items", .list(element: field(2, "element", element)))
        var builder = ColumnBuilder(items.type.columnShape, expectedRows: 4)
        builder.children[0].children[0].append(Int32(1))
        builder.children[0].children[1].children[0].append(Int32(7))
        builder.children[0].children[1].children[0].appendNull()
        builder.children[0].children[1].closeElements()
        builder.children[0].closeStructure()
        builder.children[0].appendNull()
        builder.children[0].children[0].appendNull()
        builder.children[0].children[1].closeElements()
        builder.children[0].closeStructure()
        builder.closeElements()
        builder.appendNull()
        builder.closeElements()
        builder.children[0].children[0].append(Int32(2))
        builder.children[0].children[1].appendNull()
        builder.children[0].closeStructure()
        builder.closeElements()
        return (items, builder.finish())
    }

    @Test("Levels tell NULL, empty and missing apart at every depth")
    func levels() throws {
        let (items, column) = items()
        let bytes = try encode([ParquetField(items)], [[column]], options: Self.plain()).bytes
        let chunks = try #require(FileLayout(bytes).rowGroups.first)
        #expect(
            chunks.map(\.path) == [
                ["items", "list", "element", "n"],
                ["items", "list", "element", "t", "list", "element"],
            ]
        )
        // n: repetition 0 1 1 0 0 0 a bit each; definition 4 2 3 0 1 4 in three bits each.
        #expect(
            chunks[0].pages.map(\.body) == [
                [2, 0, 0, 0, 3, 0b000110]
                    + [4, 0, 0, 0, 3, 0b11_010_100, 0b0_001_000_0, 0b10]
                    + [1, 0, 0, 0, 2, 0, 0, 0]
            ]
        )
        #expect(chunks[0].valueCount == 6)
        #expect(chunks[0].nullCount == 4)
        // t: repetition 0 2 1 1 0 0 0 in two bits each; definition 6 5 2 4 0 1 3 in three.
        #expect(
            chunks[1].pages.map(\.body) == [
                [3, 0, 0, 0, 3, 0b01_01_10_00, 0]
                    + [4, 0, 0, 0, 3, 0b10_101_110, 0b1_000_100_0, 0b011_00]
                    + [7, 0, 0, 0]
            ]
        )
        #expect(chunks[1].valueCount == 7)
        #expect(chunks[1].nullCount == 6)
    }

    @Test("Pages begin with a row, and the offset index counts rows, not elements")
    func pages() throws {
        let list = field(1, "l", .list(element: field(2, "element", .long, isRequired: true)))
        var builder = ColumnBuilder(list.type.columnShape, expectedRows: 10)
        for row in 0..<10 {
            for element in 0..<row { builder.children[0].append(Int64(element)) }
            builder.closeElements()
        }
        var options = Self.plain()
        options.pageRowsMax = 12
        let bytes = try encode([ParquetField(list)], [[builder.finish()]], options: options).bytes
        let chunk = try #require(FileLayout(bytes).rowGroups.first?.first)
        // Rows of 0 to 4 elements, then 5 and 6, then alone; the empty list is an entry too.
        #expect(chunk.pages.map(\.valueCount) == [11, 11, 7, 8, 9])
        let firstRows = chunk.offsetIndex?[1]?.list.compactMap { $0[3]?.integer }
        #expect(firstRows == [0, 5, 7, 8, 9])
        #expect(chunk.columnIndex?[5]?.list.compactMap(\.integer) == [1, 0, 0, 0, 0])
    }

    @Test("A NULL structure takes its fields' values with it, below lists as well")
    func nullStructures() throws {
        let inner = IcebergType.structure([
            field(3, "a", .int, isRequired: true),
            field(4, "l", .list(element: field(5, "element", .int, isRequired: true))),
        ])
        let outer = field(1, "s", .structure([field(2, "t", inner)]))
        var builder = ColumnBuilder(outer.type.columnShape, expectedRows: 3)
        builder.appendNull()
        builder.children[0].appendNull()
        builder.closeStructure()
        builder.children[0].children[0].append(Int32(9))
        builder.children[0].children[1].children[0].append(Int32(8))
        builder.children[0].children[1].closeElements()
        builder.children[0].closeStructure()
        builder.closeStructure()
        let column = builder.finish()
        let bytes = try encode([ParquetField(outer)], [[column]], options: Self.plain()).bytes
        let chunks = try #require(FileLayout(bytes).rowGroups.first)
        #expect(chunks[0].pages[0].body == [3, 0, 0, 0, 3, 0b10_01_00, 0] + [9, 0, 0, 0])
        #expect(
            chunks[1].pages[0].body
                == [2, 0, 0, 0, 6, 0] + [4, 0, 0, 0, 3, 0b00_001_000, 0b1, 0] + [8, 0, 0, 0]
        )
    }
}
