import Avro
import Bytes
import Diagnostics
import Iceberg
import TableModel
import Testing

@Suite("Partitions in manifests")
struct PartitionManifestTests {
    /// One column of each type that can be partitioned by, with a value.
    static let columns: [(IcebergType, SingleValue)] = [
        (.boolean, .boolean(true)), (.int, .integer(-5)), (.long, .integer(.min)),
        (.float, .floating(1.5)), (.double, .floating(.nan)),
        (.decimal(precision: 9, scale: 2), .decimal(unscaled: -1420)),
        (.decimal(precision: 38, scale: 0), .decimal(unscaled: 1 << 100)),
        (.date, .integer(17_486)), (.time, .integer(1)), (.timestamp, .integer(-1)),
        (.timestamptz, .integer(2)), (.timestampNanos, .integer(3)),
        (.timestamptzNanos, .integer(4)), (.string, .text("a/b\u{301}")), (.uuid, .uuid(1 << 127)),
        (.uuid, .uuid(7)), (.fixed(lengthBytes: 3), .binary([0, 1, 255])),
        (.fixed(lengthBytes: 3), .binary([9, 9, 9])), (.binary, .binary([])),
    ]

    /// A table of version 3 that is partitioned by every column.
    static func table() throws -> TableMetadata {
        let fields = columns.enumerated().map { index, column in
            SchemaField(
                id: Int32(index + 1),
                name: "c\(index)",
                type: column.0,
                isRequired: false
            )
        }
        return try TableMetadata(
            creating: Schema(schemaID: 0, fields: fields, identifierFieldIDs: []),
            partitionSpec: PartitionSpec(
                specID: 0,
                fields: fields.map {
                    PartitionField(sourceIDs: [$0.id], name: "p.\($0.id)", transform: .identity)
                }
            ),
            properties: ["format-version": "3"],
            location: "file:///lake/t",
            nowMilliseconds: 0
        )
    }

    static func tuple(_ values: [SingleValue?]) -> PartitionTuple {
        PartitionTuple(
            fields: values.enumerated().map {
                PartitionTuple.Field(fieldID: 1000 + Int32($0.offset), value: $0.element)
            }
        )
    }

    func write(
        _ table: TableMetadata,
        _ tuples: [PartitionTuple]
    ) throws -> (bytes: [UInt8], manifest: ManifestFile) {
        let spec = table.partitionSpecs[0]
        var writer = ManifestWriter(
            path: "m.avro",
            content: .data,
            spec: spec,
            partitionType: try #require(table.partitionType(of: spec)),
            schema: table.schemas[0],
            snapshotID: 77,
            formatVersion: table.formatVersion
        )
        for (number, tuple) in tuples.enumerated() {
            var file = dataFile("f\(number)")
            file.partition = tuple
            try writer.add(file)
        }
        let written = try writer.finish()
        return (written.bytes, written.assigned(sequenceNumber: 9))
    }

    /// A table with one column of a type, partitioned by it.
    func table(of type: IcebergType, _ transform: Transform = .identity) throws -> TableMetadata {
        try TableMetadata(
            creating: Schema(
                schemaID: 0,
                fields: [SchemaField(id: 1, name: "c", type: type, isRequired: false)],
                identifierFieldIDs: []
            ),
            partitionSpec: PartitionSpec(
                specID: 0,
                fields: [
                    PartitionField(
                        sourceIDs: [1],
                        name: transform == .identity ? "c" : "p",
                        transform: transform
                    )
                ]
            ),
            location: "file:///lake/t",
            nowMilliseconds: 0
        )
    }

    @Test("values of every type, and NULLs, round-trip")
    func roundTrip() throws {
        let table = try Self.table()
        let tuples = [
            Self.tuple(Self.columns.map(\.1)),
            Self.tuple([SingleValue?](repeating: nil, count: Self.columns.count)),
        ]
        let (bytes, manifest) = try write(table, tuples)
        let contents = try ManifestReader.read(bytes, manifest: manifest)
        #expect(contents.entries.map(\.file.partition) == tuples)
        #expect(contents.partitionType.fields.map(\.type) == Self.columns.map(\.0))
        #expect(contents.partitionType.fields.map(\.fieldID) == (1000..<1019).map { $0 })
    }

    @Test("names that Avro does not allow are spelled out, and stand beside")
    func names() throws {
        let (bytes, _) = try write(try Self.table(), [])
        let file = try AvroFile(bytes, file: "m.avro")
        let text = file.schemaJSON.text
        #expect(
            text.contains(
                #"{"name":"p_x2E8","type":["null",{"type":"int","logicalType":"date"}],"#
                    + #""default":null,"iceberg-field-name":"p.8","field-id":1007}"#
            )
        )
        #expect(
            file.text("partition-spec")?.hasPrefix(
                #"[{"source-id":1,"field-id":1000,"name":"p.1","transform":"identity"},"#
            ) == true
        )
    }

    @Test("names that are spelled out alike stay apart")
    func equalNames() throws {
        var table = try Self.table()
        let names = ["a.b", "a_x2Eb", "1", "", "\u{e9}"]
        for (index, name) in names.enumerated() {
            table.partitionSpecs[0].fields[index].name = name
        }
        let (bytes, manifest) = try write(table, [Self.tuple(Self.columns.map(\.1))])
        let contents = try ManifestReader.read(bytes, manifest: manifest)
        #expect(contents.partitionType.fields.prefix(5).map(\.name) == names)
        let text = try AvroFile(bytes, file: "m.avro").schemaJSON.text
        for name in ["a_x2Eb", "a_x2Eb_1001", "_1", "_", "_xE9"] {
            #expect(text.contains(#"{"name":"\#(name)","type":["null""#), "\(name)")
        }
        #expect(contents.entries[0].file.partition == Self.tuple(Self.columns.map(\.1)))
    }

    @Test(
        "the list sums up a field's values",
        arguments: [
            (
                IcebergType.int, [.integer(5), .integer(-7), nil], true, false,
                [0xF9, 0xFF, 0xFF, 0xFF], [5, 0, 0, 0]
            ),
            (
                .string, [.text("b"), .text("\u{10000}"), .text("a")], false, false, [0x61],
                [0xF0, 0x90, 0x80, 0x80]
            ),
            (
                .float, [.floating(.nan), .floating(0.0)], false, true, [0, 0, 0, 0x80],
                [0, 0, 0, 0]
            ),
            (.double, [.floating(.nan)], false, true, nil, nil),
            (.double, [nil], true, false, nil, nil),
            (
                .decimal(precision: 4, scale: 0), [.decimal(unscaled: -128)], false, false, [0x80],
                [0x80]
            ),
            (
                .binary, [.binary([0x80]), .binary([0x7F, 0xFF])], false, false, [0x7F, 0xFF],
                [0x80]
            ),
        ] as [(IcebergType, [SingleValue?], Bool, Bool, [UInt8]?, [UInt8]?)]
    )
    func summaries(
        _ type: IcebergType,
        _ values: [SingleValue?],
        _ containsNull: Bool,
        _ containsNaN: Bool,
        _ lower: [UInt8]?,
        _ upper: [UInt8]?
    ) throws {
        let (_, manifest) = try write(try table(of: type), values.map { Self.tuple([$0]) })
        #expect(
            manifest.partitions == [
                PartitionFieldSummary(
                    containsNull: containsNull,
                    containsNaN: containsNaN,
                    lowerBound: lower,
                    upperBound: upper
                )
            ]
        )
    }

    @Test("UUIDs that engines order differently are not summed up")
    func uuidSummaries() throws {
        let small = SingleValue.uuid(1 << 100)
        let other = SingleValue.uuid(2 << 100)
        let negative = SingleValue.uuid(1 << 127)
        let table = try table(of: .uuid)
        #expect(
            try write(table, [Self.tuple([small]), Self.tuple([other])]).manifest.partitions?[0]
                .upperBound == other.binary(as: .uuid)
        )
        #expect(
            try write(table, [Self.tuple([small]), Self.tuple([negative])]).manifest.partitions
                == nil
        )
    }

    @Test("a value that its column's type does not hold is refused")
    func mismatch() throws {
        for (type, value) in [
            (IcebergType.int, SingleValue.integer(1 << 31)), (.int, .text("5")),
            (.decimal(precision: 2, scale: 0), .decimal(unscaled: 1000)),
            (.fixed(lengthBytes: 2), .binary([1])),
        ] {
            let table = try table(of: type)
            let error = #expect(throws: FormatError.self) {
                try write(table, [Self.tuple([value])])
            }
            #expect(
                error?.message
                    == "the partition of file:///lake/orders/data/f0 does not fit field c of spec 0"
            )
        }
    }

    @Test("partitions have the types that transforms make")
    func resultTypes() throws {
        for (transform, type) in [
            (Transform.bucket(count: 4), IcebergType.int), (.day, .date), (.month, .int),
            (.hour, .int), (.void, .timestamp), (.identity, .timestamp),
        ] {
            let table = try table(of: .timestamp, transform)
            #expect(table.partitionType(of: table.partitionSpecs[0])?.fields.map(\.type) == [type])
        }
        var unknown = try table(of: .timestamp)
        unknown.partitionSpecs[0].fields[0].transform = .unknown("zorder")
        #expect(unknown.partitionType(of: unknown.partitionSpecs[0]) == nil)
    }

    @Test("a column that was dropped still types its partitions; a promoted one has its new type")
    func evolvedColumns() throws {
        var table = try table(of: .int)
        let wide = Schema(
            schemaID: 0,
            fields: [SchemaField(id: 1, name: "c", type: .long, isRequired: false)],
            identifierFieldIDs: []
        )
        let other = Schema(
            schemaID: 0,
            fields: [SchemaField(id: 2, name: "d", type: .int, isRequired: false)],
            identifierFieldIDs: []
        )
        for schema in [wide, other] {
            table = try table.applying(
                [.addSchema(schema), .setCurrentSchema(-1)],
                requirements: [],
                nowMilliseconds: 1
            )
        }
        #expect(table.partitionType(of: table.partitionSpecs[0])?.fields.map(\.type) == [.long])
    }

    @Test("values are equal whatever width their column had, and whatever bits NaN has")
    func equality() throws {
        let narrow = try write(try table(of: .int), [Self.tuple([.integer(5)])])
        let wide = try write(try table(of: .long), [Self.tuple([.integer(5)])])
        let read = try [narrow, wide].map {
            try ManifestReader.read($0.bytes, manifest: $0.manifest).entries[0].file.partition
        }
        #expect(read[0] == read[1])
        let float = try write(try table(of: .float), [Self.tuple([.floating(-.nan)])])
        let double = try write(try table(of: .double), [Self.tuple([.floating(.nan)])])
        #expect(
            try ManifestReader.read(float.bytes, manifest: float.manifest).entries[0].file.partition
                == ManifestReader.read(double.bytes, manifest: double.manifest).entries[0].file
                .partition
        )
    }

    @Test("partitions of other engines' spellings are read")
    func foreign() throws {
        let schema = """
            {"type":"record","name":"manifest_entry","fields":[
            {"name":"status","type":"int","field-id":0},
            {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
            {"name":"file_path","type":"string","field-id":100},
            {"name":"file_format","type":"string","field-id":101},
            {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
            {"name":"a","type":[{"type":"fixed","name":"u","size":16,"logicalType":"uuid"},"null"]},
            {"name":"b","type":["null","u"]},
            {"name":"c","type":{"type":"bytes","logicalType":"decimal","precision":5,"scale":1}},
            {"name":"d","type":["null"]}]}},
            {"name":"record_count","type":"long","field-id":103},
            {"name":"file_size_in_bytes","type":"long","field-id":104}]}}]}
            """
        var writer = AvroFileWriter(schema: schema, metadata: [], file: "v1.avro")
        writer.record.appendAvroInt(1)
        writer.record.appendAvroString("s3://b/1.parquet")
        writer.record.appendAvroString("parquet")
        writer.record.appendAvroLong(0)
        writer.record.append(contentsOf: [UInt8](repeating: 0, count: 15) + [1])
        writer.record.appendAvroLong(1)
        writer.record.append(contentsOf: [UInt8](repeating: 0, count: 15) + [2])
        writer.record.appendAvroBytes([0xFF, 0xFE])
        writer.record.appendAvroLong(0)
        for number: Int64 in [5, 600] { writer.record.appendAvroLong(number) }
        try writer.endRecord()
        let bytes = try writer.finish()
        let (_, manifest) = try write(try table(of: .int), [])
        let contents = try ManifestReader.read(bytes, manifest: manifest)
        #expect(
            contents.entries[0].file.partition
                == Self.tuple([.uuid(1), .uuid(2), .decimal(unscaled: -2), nil])
        )
        #expect(
            contents.partitionType.fields.map(\.type)
                == [.uuid, .uuid, .decimal(precision: 5, scale: 1), .unknown]
        )
    }
}
