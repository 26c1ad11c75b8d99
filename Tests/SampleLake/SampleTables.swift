import Bytes
import Catalog
import Iceberg
import ObjectStore
import TableModel

/// The tables of the sample lake; each shows what readers of other engines must get right.
struct SampleTables {
    let catalog: any Catalog
    let store: any ObjectStore
    static let namespace = ["sample"]

    private func create(
        _ name: String,
        _ fields: [SchemaField],
        partitionedBy partitionFields: [PartitionField] = [],
        version: Int = 2
    ) async throws -> SampleTable {
        let loaded = try await catalog.createTable(
            TableIdentifier(namespace: Self.namespace, name: name),
            schema: Schema(schemaID: 0, fields: fields, identifierFieldIDs: [1]),
            partitionSpec: PartitionSpec(specID: 0, fields: partitionFields),
            properties: ["format-version": String(version)],
            location: nil
        )
        return SampleTable(loaded, catalog: catalog, store: store)
    }

    private static let fields = [
        SchemaField(id: 1, name: "id", type: .long, isRequired: true),
        SchemaField(id: 2, name: "region", type: .string, isRequired: false),
        SchemaField(id: 3, name: "at", type: .timestamp, isRequired: false),
        SchemaField(
            id: 4,
            name: "amount",
            type: .decimal(precision: 9, scale: 2),
            isRequired: false
        ),
        SchemaField(id: 5, name: "day", type: .date, isRequired: false),
        SchemaField(id: 6, name: "weight", type: .double, isRequired: false),
    ]

    private static let regions: [SingleValue?] = [
        .text("eu"), .text("a/b"), .text("x=y"), .text("100%"), .text("\u{20AC} \u{1F9CA}"),
        .text(""), nil, .text("null"), .text("?#&+"),
    ]

    /// Rows around 1970 and with every odd region.
    private static func rows(_ ids: Range<Int64>) -> [[Int32: SingleValue]] {
        ids.map { id in
            var row: [Int32: SingleValue] = [
                1: .integer(id),
                3: .integer((id - 20) * 43_200_000_000 - 1),
                4: .decimal(unscaled: Int128(id - 7) * 137),
                5: .integer(id * 40 - 400),
                6: .floating(id % 5 == 0 ? .nan : Double(id) / 4),
            ]
            row[2] = regions[Int(id) % regions.count]
            if id % 11 == 3 { for field: Int32 in 3...6 { row[field] = nil } }
            return row
        }
    }

    /// Every transform, one table each, with deletes in the partitions.
    func transforms() async throws -> [SampleTable] {
        let cases: [(String, Int32, Transform)] = [
            ("by_region", 2, .identity), ("by_weight", 6, .identity), ("by_year", 3, .year),
            ("by_month", 5, .month), ("by_day", 3, .day), ("by_hour", 3, .hour),
            ("by_bucket", 1, .bucket(count: 4)), ("by_text_bucket", 2, .bucket(count: 3)),
            ("by_amount_bucket", 4, .bucket(count: 3)), ("by_truncated", 4, .truncate(width: 500)),
            ("by_beginning", 2, .truncate(width: 1)), ("by_void", 2, .void),
        ]
        var tables: [SampleTable] = []
        for version in 2...3 {
            for (name, source, transform) in cases {
                let table = try await create(
                    "\(name)_v\(version)",
                    Self.fields,
                    partitionedBy: [
                        PartitionField(sourceIDs: [source], name: "p.\(name)", transform: transform)
                    ],
                    version: version
                )
                try await table.append(Self.rows(0..<40))
                try await table.delete { row in row.values[1] == .integer(3) }
                try await table.append(Self.rows(40..<50))
                try await table.delete { row in
                    guard case .integer(let id) = row.values[1] else { return false }
                    return id % 6 == 0
                }
                tables.append(table)
            }
        }
        return tables
    }

    /// Specs that come and go, with deletes of rows under older specs, by position and by key.
    func evolved() async throws -> SampleTable {
        let table = try await create("evolved", Self.fields)
        try await table.append(Self.rows(0..<20))
        let region = PartitionField(sourceIDs: [2], name: "region", transform: .identity)
        let month = PartitionField(sourceIDs: [3], name: "month", transform: .month)
        try await table.commit([
            .addPartitionSpec(PartitionSpec(specID: 0, fields: [region])), .setDefaultSpec(-1),
        ])
        try await table.append(Self.rows(20..<40))
        try await table.delete { row in
            row.values[1] == .integer(5) || row.values[1] == .integer(25)
        }
        try await table.commit([
            .addPartitionSpec(PartitionSpec(specID: 0, fields: [region, month])),
            .setDefaultSpec(-1),
        ])
        try await table.append(Self.rows(40..<60))
        try await table.delete(byEqual: 1, values: [1, 21, 41].map { .integer($0) })
        try await table.commit([.setDefaultSpec(0)])
        try await table.append(Self.rows(60..<70))
        try await table.delete { row in
            row.values[1] == .integer(6) || row.values[1] == .integer(26)
                || row.values[1] == .integer(46) || row.values[1] == .integer(66)
        }
        return table
    }

    /// A table of version 2 with position deletes, upgraded; defaults, nested columns, a rewrite.
    func upgraded() async throws -> SampleTable {
        let table = try await create("upgraded", Self.fields)
        try await table.append(Self.rows(0..<20))
        try await table.delete { row in row.values[1] == .integer(4) }
        try await table.append(Self.rows(20..<30))
        try await table.commit([.upgradeFormatVersion(3)])
        try await table.delete { row in
            row.values[1] == .integer(5) || row.values[1] == .integer(22)
        }
        var schema = try table.metadata.currentSchema()
        let next = table.metadata.lastColumnID + 1
        schema.fields += [
            SchemaField(
                id: next,
                name: "level",
                type: .int,
                isRequired: true,
                initialDefault: 7,
                writeDefault: 8
            ),
            SchemaField(
                id: next + 1,
                name: "tags",
                type: .list(
                    element: SchemaField(
                        id: next + 2,
                        name: "element",
                        type: .string,
                        isRequired: false
                    )
                ),
                isRequired: false
            ),
        ]
        try await table.commit([.addSchema(schema), .setCurrentSchema(-1)])
        let newRows = Self.rows(30..<40).map { row in
            row.merging([
                next: .integer(9), next + 1: .list([.text("a"), nil, .text("\u{20AC}")]),
            ]) { $1 }
        }
        try await table.append(newRows)
        try await table.delete { row in row.values[1] == .integer(33) }
        return table
    }

    /// Two hundred small commits, so that manifests are merged, and a rewrite at the end.
    func manyCommits(version: Int) async throws -> SampleTable {
        let table = try await create(
            "many_commits_v\(version)",
            Self.fields,
            partitionedBy: [PartitionField(sourceIDs: [5], name: "year", transform: .year)],
            version: version
        )
        for number: Int64 in 0..<110 {
            try await table.append(Self.rows(number..<number + 1))
            if number % 9 == 8 {
                try await table.delete { row in row.values[1] == .integer(number - 3) }
            }
        }
        if version == 2 { try await table.rewrite() }
        return table
    }
}
