import Bytes
import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("SchemaEvolution")
struct SchemaEvolutionTests {
    /// Columns id, spot struct<x, y>, tags list<struct<t>>, props map<string, struct<p>> and day.
    func table(version: String = "3") throws -> TableMetadata {
        func inner(_ name: String, _ type: IcebergType) -> SchemaField {
            SchemaField(id: Int32(name.utf8.first ?? 0), name: name, type: type, isRequired: false)
        }
        return try TableMetadata(
            creating: Schema(
                schemaID: 0,
                fields: [
                    SchemaField(id: 1, name: "id", type: .int, isRequired: true),
                    SchemaField(
                        id: 2,
                        name: "spot",
                        type: .structure([inner("x", .float), inner("y", .float)]),
                        isRequired: false
                    ),
                    SchemaField(
                        id: 3,
                        name: "tags",
                        type: .list(
                            element: SchemaField(
                                id: 10,
                                name: "element",
                                type: .structure([inner("t", .string)]),
                                isRequired: true
                            )
                        ),
                        isRequired: false
                    ),
                    SchemaField(
                        id: 4,
                        name: "props",
                        type: .map(
                            key: SchemaField(id: 11, name: "key", type: .string, isRequired: true),
                            value: SchemaField(
                                id: 12,
                                name: "value",
                                type: .structure([inner("p", .int)]),
                                isRequired: true
                            )
                        ),
                        isRequired: false
                    ),
                    SchemaField(id: 5, name: "day", type: .date, isRequired: true),
                ],
                identifierFieldIDs: [1]
            ),
            properties: ["format-version": version],
            location: "/t",
            nowMilliseconds: 0
        )
    }

    /// The ids of fields by their paths: `spot.x`.
    func ids(_ schema: Schema) -> [String: Int32] {
        var ids: [String: Int32] = [:]
        func collect(_ fields: [SchemaField], _ prefix: String) {
            for field in fields {
                ids[prefix + field.name] = field.id
                collect(field.type.children, "\(prefix)\(field.name).")
            }
        }
        collect(schema.fields, "")
        return ids
    }

    func evolving(
        _ table: TableMetadata? = nil,
        _ change: (inout SchemaEvolution, [String: Int32]) throws -> Void
    ) throws -> TableMetadata {
        let table = try table ?? self.table()
        var evolution = try SchemaEvolution(of: table)
        try change(&evolution, ids(evolution.schema))
        return try table.applying(
            try evolution.updates(),
            requirements: evolution.requirements,
            nowMilliseconds: 1
        )
    }

    func refusal(
        _ table: TableMetadata? = nil,
        _ change: (inout SchemaEvolution, [String: Int32]) throws -> Void
    ) throws -> String? {
        let error = #expect(throws: TableUpdateError.self) { try evolving(table, change) }
        #expect(error?.kind == .invalid)
        return error?.message
    }

    @Test("nothing done is nothing to commit")
    func nothing() throws {
        var evolution = try SchemaEvolution(of: try table())
        #expect(try evolution.updates().isEmpty)
        let id = try #require(ids(evolution.schema)["spot"])
        try evolution.rename(id, to: "place")
        try evolution.rename(id, to: "spot")
        #expect(try evolution.updates().isEmpty)
    }

    @Test("columns and nested fields are added with new ids, where they are to stand")
    func adding() throws {
        let before = try table()
        #expect(before.lastColumnID == 12)
        let after = try evolving(before) { evolution, ids in
            let note = try evolution.add("note", .string, doc: "d", at: .first)
            #expect(note == 13)
            try evolution.add(
                "z",
                .double,
                to: ids["spot"],
                at: .before(try #require(ids["spot.x"]))
            )
            try evolution.add("u", .int, to: ids["tags"])
            try evolution.add("q", .int, to: ids["props"], at: .first)
            let pair = IcebergType.structure([
                SchemaField(id: 1, name: "a", type: .int, isRequired: false),
                SchemaField(id: 1, name: "b", type: .int, isRequired: false),
            ])
            try evolution.add("pair", pair, at: .after(note))
        }
        let schema = try after.currentSchema()
        #expect(
            schema.fields.map(\.name) == ["note", "pair", "id", "spot", "tags", "props", "day"]
        )
        let found = ids(schema)
        #expect(found["spot.z"] == 14)
        #expect(found["tags.element.u"] == 15)
        #expect(found["props.value.q"] == 16)
        #expect(found["pair"] == 17)
        #expect(found["pair.a"] == 18)
        #expect(found["pair.b"] == 19)
        #expect(after.lastColumnID == 19)
        #expect(schema.path(toFieldID: 14)?[0].type.children.map(\.name) == ["z", "x", "y"])
    }

    @Test("a column that was dropped and added again is another one")
    func droppedAndAdded() throws {
        let dropped = try evolving { evolution, ids in
            try evolution.drop(try #require(ids["day"]))
        }
        let added = try evolving(dropped) { evolution, _ in try evolution.add("day", .date) }
        #expect(ids(try added.currentSchema())["day"] == 13)
        #expect(added.schemas.count == 3)
    }

    @Test("a rename keeps the id")
    func renaming() throws {
        let after = try evolving { evolution, ids in
            try evolution.rename(try #require(ids["spot.x"]), to: "east")
            try evolution.rename(try #require(ids["id"]), to: "number")
        }
        let found = ids(try after.currentSchema())
        #expect(found["spot.east"] == ids(try table().currentSchema())["spot.x"])
        #expect(found["number"] == 1)
        #expect(try after.currentSchema().identifierFieldIDs == [1])
    }

    @Test("two columns may swap their names")
    func swapped() throws {
        let after = try evolving { evolution, ids in
            let (x, y) = (try #require(ids["spot.x"]), try #require(ids["spot.y"]))
            try evolution.rename(x, to: "t")
            try evolution.rename(y, to: "x")
            try evolution.rename(x, to: "y")
        }
        let found = ids(try after.currentSchema())
        let before = ids(try table().currentSchema())
        #expect(found["spot.x"] == before["spot.y"])
        #expect(found["spot.y"] == before["spot.x"])
    }

    @Test("types are widened by the promotions, and defaults with them")
    func widening() throws {
        let table = try evolving { evolution, _ in
            try evolution.add("f", .float, defaultValue: .number("0.1"))
            try evolution.add("d", .date, defaultValue: "1969-12-31")
            try evolution.add("u", .unknown)
        }
        let after = try evolving(table) { evolution, ids in
            try evolution.widen(try #require(ids["id"]), to: .long)
            try evolution.widen(try #require(ids["spot.x"]), to: .double)
            try evolution.widen(try #require(ids["props.value.p"]), to: .long)
            try evolution.widen(try #require(ids["f"]), to: .double)
            try evolution.widen(try #require(ids["d"]), to: .timestampNanos)
            try evolution.widen(
                try #require(ids["u"]),
                to: .list(
                    element: SchemaField(id: 1, name: "element", type: .int, isRequired: false)
                )
            )
        }
        let schema = try after.currentSchema()
        #expect(schema.field(named: "id")?.type == .long)
        #expect(schema.field(named: "spot")?.type.children[0].type == .double)
        #expect(schema.field(named: "f")?.initialDefault == .number("0.10000000149011612"))
        #expect(
            schema.field(named: "d")?.writeDefault == "1969-12-31T00:00:00.000000000"
        )
        #expect(schema.field(named: "u")?.type.children[0].id == after.lastColumnID)
        #expect(after.lastColumnID == table.lastColumnID + 1)
    }

    @Test("docs, write defaults, places and identifier fields are set")
    func setting() throws {
        let after = try evolving { evolution, ids in
            let day = try #require(ids["day"])
            try evolution.setDoc("the day", of: day)
            try evolution.setWriteDefault("2020-01-01", of: day)
            try evolution.move(day, to: .first)
            try evolution.move(
                try #require(ids["spot.y"]),
                to: .before(try #require(ids["spot.x"]))
            )
            try evolution.setIdentifierFields([day, 1, day])
        }
        let schema = try after.currentSchema()
        #expect(schema.fields.map(\.name) == ["day", "id", "spot", "tags", "props"])
        #expect(schema.fields[0].doc == "the day")
        #expect(schema.fields[0].writeDefault == "2020-01-01")
        #expect(schema.fields[0].initialDefault == nil)
        #expect(schema.fields[2].type.children.map(\.name) == ["y", "x"])
        #expect(schema.identifierFieldIDs == [1, 5])
    }

    @Test("a required column may become an optional one")
    func optional() throws {
        let after = try evolving { evolution, ids in
            try evolution.makeOptional(try #require(ids["day"]))
            try evolution.makeOptional(try #require(ids["tags.element"]))
            try evolution.makeOptional(try #require(ids["props.value"]))
        }
        let schema = try after.currentSchema()
        #expect(schema.field(named: "day")?.isRequired == false)
        #expect(schema.field(named: "tags")?.type.children[0].isRequired == false)
    }

    @Test("what no engine could follow is refused")
    func refusals() throws {
        #expect(
            try refusal { evolution, _ in try evolution.add("id", .int) }
                == "there is a column id already"
        )
        #expect(
            try refusal { evolution, _ in try evolution.add("r", .int, isRequired: true) }
                == "column r cannot be added as a required one without a default"
        )
        #expect(
            try refusal { evolution, ids in try evolution.add("r", .int, to: ids["day"]) }
                == "day (date) holds no fields that another could be added to"
        )
        #expect(
            try refusal { evolution, ids in
                try evolution.add("r", .int, at: .after(try #require(ids["spot.x"])))
            } == "column r cannot be put beside field 6, which is not in the same struct"
        )
        #expect(
            try refusal { evolution, _ in try evolution.drop(1) }
                == "column id cannot be dropped: field 1 identifies rows"
        )
        #expect(
            try refusal { evolution, ids in try evolution.drop(try #require(ids["tags.element.t"]))
            }
                == "column t cannot be dropped: it is the last one there"
        )
        #expect(
            try refusal { evolution, ids in
                try evolution.rename(try #require(ids["tags.element"]), to: "e")
            } == "field 8 is the element of a list or map, and no column"
        )
        #expect(
            try refusal { evolution, _ in try evolution.makeOptional(1) }
                == "column id cannot be made optional: it identifies rows"
        )
        #expect(
            try refusal { evolution, ids in
                try evolution.makeOptional(try #require(ids["props.key"]))
            } == "field 10 is a key of a map or inside of one, and cannot be changed"
        )
        #expect(
            try refusal { evolution, _ in
                try evolution.add("r", .int, isRequired: true, defaultValue: .null)
            } == "column r cannot be added as a required one without a default"
        )
        #expect(
            try refusal { evolution, _ in try evolution.widen(1, to: .string) }
                == "column id cannot be changed from int to string in format version 3"
        )
        #expect(
            try refusal(table(version: "2")) { evolution, ids in
                try evolution.widen(try #require(ids["day"]), to: .timestamp)
            } == "column day cannot be changed from date to timestamp in format version 2"
        )
        #expect(
            try refusal { evolution, _ in try evolution.rename(99, to: "x") }
                == "no column has the field id 99"
        )
        #expect(
            try refusal { evolution, ids in
                try evolution.setIdentifierFields([try #require(ids["spot"])])
            }?.hasPrefix("column spot (struct<") == true
        )
        #expect(
            try refusal { evolution, _ in try evolution.setWriteDefault("x", of: 1) }
                == "the default of column id: expected a value of the type int: it is a string, not "
                + "an integer of its width"
        )
        #expect(
            try refusal(table(version: "2")) { evolution, _ in
                try evolution.add("n", .int, defaultValue: 7)
            } == "column n has a default, which needs format version 3; the table has version 2"
        )
    }

    @Test("columns that partitions or sort orders read stay, as they are read")
    func readColumns() throws {
        let day = try #require(ids(try table().currentSchema())["day"])
        let spec = PartitionSpec(
            specID: 0,
            fields: [PartitionField(sourceIDs: [day], name: "p", transform: .identity)]
        )
        let order = SortOrder(orderID: 0, fields: [SortField(sourceIDs: [6])])
        // Neither needs to be the default one.
        let table = try table().applying(
            [.addPartitionSpec(spec), .addSortOrder(order)],
            requirements: [],
            nowMilliseconds: 0
        )
        #expect(
            try refusal(table) { evolution, _ in try evolution.drop(day) }
                == "column day cannot be dropped: partition field p of spec 1 reads it"
        )
        #expect(
            try refusal(table) { evolution, ids in try evolution.drop(try #require(ids["spot"])) }
                == "column spot cannot be dropped: sort order 1 reads it"
        )
        #expect(
            try refusal(table) { evolution, _ in try evolution.widen(day, to: .timestamp) }
                == "column day cannot be changed to timestamp: partition field p (identity) would "
                + "make other values of it"
        )
    }

    @Test("schemas of others' making are a conflict")
    func conflict() throws {
        let before = try table()
        var evolution = try SchemaEvolution(of: before)
        try evolution.add("a", .int)
        let other = try evolving(before) { evolution, _ in try evolution.add("b", .int) }
        let error = #expect(throws: TableUpdateError.self) {
            try other.applying(
                try evolution.updates(),
                requirements: evolution.requirements,
                nowMilliseconds: 2
            )
        }
        #expect(error?.kind == .conflict)
    }

    @Test("members that are not known stay with their columns through an evolution")
    func unknownMembers() throws {
        var table = try table()
        let text = JSONValue.object(table.schemas[0].json).text
            .replacing(#""name":"day""#, with: #""name":"day","later":{"x":1}"#)
        table.schemas[0].json = try #require(JSONValue(parsing: text).objectValue)
        let after = try evolving(table) { evolution, ids in
            try evolution.rename(try #require(ids["day"]), to: "date")
        }
        #expect(
            JSONValue.object(after.schemas[1].json).text
                .contains(#""name":"date","required":true,"type":"date","later":{"x":1}"#)
        )
    }

    @Test("tables of thousands of columns work", arguments: [1600, 4096])
    func wide(_ count: Int) async throws {
        let fields = (1...count).map { number in
            SchemaField(
                id: Int32(number),
                name: "c\(number)",
                type: number % 2 == 0 ? .string : .long,
                isRequired: number == 1
            )
        }
        var table = try TableMetadata(
            creating: Schema(schemaID: 0, fields: fields, identifierFieldIDs: [1]),
            location: "file:///lake/orders",
            nowMilliseconds: 0
        )
        table = try evolving(table) { evolution, ids in
            try evolution.add("extra", .int)
            try evolution.rename(try #require(ids["c\(count)"]), to: "last")
        }
        let again = try TableMetadata(parsing: table.serialized(), file: "wide.json")
        #expect(again == table)
        #expect(try again.currentSchema().fields.count == count + 1)
        let store = MemoryObjectStore()
        var file = dataFile("a")
        for number in 1...count {
            file.columnSizes[Int32(number)] = 8
            file.valueCounts[Int32(number)] = 10
            file.nullValueCounts[Int32(number)] = 0
            file.lowerBounds[Int32(number)] = [UInt8(truncatingIfNeeded: number)]
            file.upperBounds[Int32(number)] = [0xFF]
        }
        table = try await table.committing(RowDelta(dataFiles: [file]), to: store)
        #expect(try await table.liveFiles(store: store).dataFiles.map(\.file) == [file])
    }
}
