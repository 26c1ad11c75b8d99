import Columns
import Parquet
import TableModel
import Testing

@Suite struct NestedWriteErrorTests {
    private func field(
        _ id: Int32,
        _ name: String,
        _ type: IcebergType,
        isRequired: Bool = false
    ) -> SchemaField {
        SchemaField(id: id, name: name, type: type, isRequired: isRequired)
    }

    /// `orders list<struct<price decimal(3, 1), note string not null>>`.
    private func orders() -> SchemaField {
        let order = IcebergType.structure([
            field(3, "price", .decimal(precision: 3, scale: 1)),
            field(4, "note", .string, isRequired: true),
        ])
        return field(1, "orders", .list(element: field(2, "element", order)))
    }

    /// Rows of one good order each, then one row of a good order and a bad one.
    private func failure(
        goodRows: Int,
        _ appendBad: (inout ColumnBuilder) -> Void
    ) throws -> ParquetWriteError {
        let orders = orders()
        var builder = ColumnBuilder(orders.type.columnShape, expectedRows: 1)
        for row in 0...goodRows {
            builder.children[0].children[0].append(Int64(row))
            builder.children[0].children[1].append(utf8: "é")
            builder.children[0].closeStructure()
            if row < goodRows { builder.closeElements() }
        }
        appendBad(&builder.children[0])
        builder.closeElements()
        let writer = try ParquetWriter(fields: [ParquetField(orders)])
        let column = builder.finish()
        return try #require(throws: ParquetWriteError.self) {
            try writer.append([column])
            _ = try writer.finish()
        }
    }

    @Test("A value below a list that does not fit is named by its full path and its row")
    func values() throws {
        let digits = try failure(goodRows: 5) { order in
            order.children[0].append(Int64(1000))
            order.children[1].append(utf8: "")
            order.closeStructure()
        }
        #expect(digits.column == "orders.element.price")
        #expect(digits.message == "row 5 has more than the 3 digits of decimal(3, 1)")
        let text = try failure(goodRows: 7) { order in
            order.children[0].appendNull()
            [0xFF].withUnsafeBytes { order.children[1].append($0) }
            order.closeStructure()
        }
        #expect(text.column == "orders.element.note")
        #expect(text.message.hasPrefix("row 7 is not UTF-8"))
    }

    @Test("NULL in a required field of a structure that is there is refused")
    func requiredInside() throws {
        let error = try failure(goodRows: 5000) { order in
            order.appendNull()
            order.children[0].append(Int64(1))
            order.children[1].appendNull()
            order.closeStructure()
        }
        #expect(error.kind == .value)
        #expect(error.column == "orders.element.note")
        #expect(error.message == "row 5000 holds a NULL, the field is required")
    }

    @Test("A child that is longer than its structure or than its list's end is refused")
    func childLengths() throws {
        let pair = field(1, "s", .structure([field(2, "a", .int), field(3, "b", .int)]))
        let builder = ColumnBuilder(pair.type.columnShape, expectedRows: 1)
        builder.children[0].append(Int32(1))
        let list = field(4, "l", .list(element: field(5, "element", .int)))
        let elements = ColumnBuilder(list.type.columnShape, expectedRows: 1)
        elements.children[0].append(Int32(1))
        for (field, column, message) in [
            (pair, builder.finish(), "a has 1 rows, the column has 0"),
            (list, elements.finish(), "element has 1 rows, the column has 0"),
        ] {
            let writer = try ParquetWriter(fields: [ParquetField(field)])
            let error = try #require(throws: ParquetWriteError.self) {
                try writer.append([column])
            }
            #expect(error.kind == .columns)
            #expect(error.column == field.name)
            #expect(error.message == message)
        }
    }

    @Test("A value inside of a structure that is NULL is refused")
    func valueInNull() throws {
        let outer = field(1, "s", .structure([field(2, "a", .int)]))
        var builder = ColumnBuilder(outer.type.columnShape, expectedRows: 2)
        // The child is one row ahead of its structure in the second row. Few rows would be copied,
        // which puts them right.
        builder.children[0].append(Int32(1))
        builder.appendNull()
        builder.closeStructure()
        for row in 0..<4998 {
            builder.children[0].append(Int32(row))
            builder.closeStructure()
        }
        let column = builder.finish()
        let writer = try ParquetWriter(fields: [ParquetField(outer)])
        let error = try #require(throws: ParquetWriteError.self) {
            try writer.append([column])
            _ = try writer.finish()
        }
        #expect(error.column == "s.a")
        #expect(error.message == "row 0 has a value inside of a structure that is NULL")
    }

    @Test("Columns of another shape are refused by the path where they differ")
    func shapes() throws {
        let outer = field(1, "s", .structure([field(2, "l", .list(element: field(3, "e", .int)))]))
        let other = ColumnShape(
            .structure,
            children: [ColumnShape(.list, children: [ColumnShape(.int64)])]
        )
        let writer = try ParquetWriter(fields: [ParquetField(outer)])
        let error = try #require(throws: ParquetWriteError.self) {
            try writer.append([ColumnBuilder(other, expectedRows: 1).finish()])
        }
        #expect(error.column == "s.l.element")
        #expect(error.message == "values are int64, int needs int32")
        let variant = try ParquetWriter(fields: [ParquetField(field(1, "v", .variant))])
        let missing = try #require(throws: ParquetWriteError.self) {
            try variant.append([ColumnBuilder(ColumnShape(.structure), expectedRows: 1).finish()])
        }
        #expect(missing.message == "it has 0 columns inside, variant needs 2")
    }

    @Test("A variant without a value and a value of type unknown are refused")
    func oddTypes() throws {
        var variant = ColumnBuilder(IcebergType.variant.columnShape, expectedRows: 1)
        variant.children[0].append(utf8: "m")
        variant.children[1].appendNull()
        variant.closeStructure()
        var unknown = ColumnBuilder(.boolean, expectedRows: 2)
        unknown.appendNull()
        unknown.append(UInt8(1))
        var numbers = ColumnBuilder(.int32, expectedRows: 2)
        for _ in 0..<2 { numbers.append(Int32(0)) }
        for (type, columns, name, message) in [
            (
                IcebergType.variant, [variant.finish()], "x.value",
                "row 0 holds a NULL, the field is required"
            ),
            (
                .unknown, [unknown.finish(), numbers.finish()], "x",
                "row 1 has a value, the type unknown is NULL always"
            ),
        ] {
            let fields = [field(1, "x", type), field(2, "n", .int)].prefix(columns.count)
            let writer = try ParquetWriter(fields: fields.map(ParquetField.init))
            let error = try #require(throws: ParquetWriteError.self) {
                try writer.append(columns)
                _ = try writer.finish()
            }
            #expect(error.column == name)
            #expect(error.message == message)
        }
    }

    @Test("Fields that make no schema are refused by their full path")
    func schemas() throws {
        let int = field(1, "a", .int)
        var deep = field(300, "deep", .int)
        for id in 1...31 { deep = field(Int32(id), "d", .structure([deep])) }
        let element = field(2, "element", .int)
        let cases: [([SchemaField], column: String?, message: String)] = [
            (
                [int, field(2, "s", .structure([field(3, "b", .list(element: int))]))],
                "s.b.element", "field id 1 is used twice"
            ),
            (
                [field(3, "s", .structure([int, field(2, "a", .int)]))],
                "s.a", "column names must be there and differ"
            ),
            (
                [field(3, "m", .map(key: element, value: int))], "m",
                "keys of a map must be required"
            ),
            (
                [field(3, "s", .structure([]))], "s",
                "a structure needs a field that is not of type unknown"
            ),
            (
                [field(3, "l", .list(element: field(4, "element", .unknown)))], "l",
                "lists and maps of type unknown cannot be written"
            ),
            (
                [int, field(3, "u", .unknown, isRequired: true)], "u",
                "unknown is always NULL and cannot be required"
            ),
            (
                [field(3, "u", .unknown)], nil,
                "a file needs at least one column that is not of type unknown, 1 columns were given"
            ),
            (
                [field(3, "g", .geography(crs: "x", algorithm: "straight"))], "g",
                "straight is not a way in which edges run"
            ),
            (
                [deep], Array(repeating: "d", count: 31).joined(separator: "."),
                "it lies 31 deep, a file has 30"
            ),
        ]
        for (fields, column, message) in cases {
            let error = try #require(throws: ParquetWriteError.self) {
                _ = try ParquetWriter(fields: fields.map(ParquetField.init))
            }
            #expect(error.kind == .schema)
            #expect(error.column == column)
            #expect(error.message == message)
        }
    }
}
