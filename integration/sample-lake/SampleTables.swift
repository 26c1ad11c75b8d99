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

    /// Every transform, one table each, with deletes in the partitions; of both format versions in
    /// turn.
    func transforms() async throws -> [SampleTable] {
        let cases: [(String, Int32, Transform)] = [
            ("by_region", 2, .identity), ("by_weight", 6, .identity), ("by_year", 3, .year),
            ("by_month", 5, .month), ("by_day", 3, .day), ("by_hour", 3, .hour),
            ("by_bucket", 1, .bucket(count: 4)), ("by_text_bucket", 2, .bucket(count: 3)),
            ("by_amount_bucket", 4, .bucket(count: 3)), ("by_truncated", 4, .truncate(width: 500)),
            ("by_beginning", 2, .truncate(width: 1)), ("by_void", 2, .void),
        ]
        var tables: [SampleTable] = []
        for (number, (name, source, transform)) in cases.enumerated() {
            let table = try await create(
                name,
                Self.fields,
                partitionedBy: [
                    PartitionField(sourceIDs: [source], name: "p.\(name)", transform: transform)
                ],
                version: 2 + number % 2
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
        return tables
    }

    /// Specs that come and go, with deletes of rows under older specs, by position and by key.
    func evolved() async throws -> SampleTable {
        let table = try await create("evolved", Self.fields)
        try await table.append(Self.rows(0..<20))
        try await table.evolvePartitions { try $0.add(.identity, of: 2) }
        try await table.append(Self.rows(20..<40))
        try await table.delete { row in
            row.values[1] == .integer(5) || row.values[1] == .integer(25)
        }
        try await table.evolvePartitions { try $0.add(.month, of: 3, name: "month") }
        try await table.append(Self.rows(40..<60))
        try await table.delete(byEqual: 1, values: [1, 21, 41].map { .integer($0) })
        try await table.evolvePartitions { evolution in
            try evolution.remove("month")
            try evolution.remove("region")
        }
        try await table.append(Self.rows(60..<70))
        try await table.delete { row in
            row.values[1] == .integer(6) || row.values[1] == .integer(26)
                || row.values[1] == .integer(46) || row.values[1] == .integer(66)
        }
        return table
    }

    /// A table of version 2 with position deletes, upgraded; columns that come with defaults, go, move,
    /// and are renamed and widened.
    func upgraded() async throws -> SampleTable {
        let table = try await create("upgraded", Self.fields)
        try await table.append(Self.rows(0..<20))
        try await table.delete { row in row.values[1] == .integer(4) }
        try await table.append(Self.rows(20..<30))
        try await table.commit([.upgradeFormatVersion(3)])
        try await table.delete { row in
            row.values[1] == .integer(5) || row.values[1] == .integer(22)
        }
        let next = table.metadata.lastColumnID + 1
        try await table.evolveSchema { evolution in
            try evolution.add("level", .int, isRequired: true, defaultValue: 7)
            let tag = SchemaField(id: 0, name: "element", type: .string, isRequired: false)
            try evolution.add("tags", .list(element: tag), at: .after(1))
            try evolution.setWriteDefault(8, of: next)
            try evolution.rename(6, to: "mass")
            try evolution.widen(4, to: .decimal(precision: 12, scale: 2))
            try evolution.drop(5)
        }
        let newRows = Self.rows(30..<40).map { row in
            row.merging([
                next: .integer(9), next + 1: .list([.text("a"), nil, .text("\u{20AC}")]),
            ]) { $1 }
        }
        try await table.append(newRows)
        try await table.delete { row in row.values[1] == .integer(33) }
        return table
    }

    /// Files and partitions that are overwritten, with deletes on some of them.
    func overwritten(version: Int) async throws -> SampleTable {
        let table = try await create(
            "overwritten_v\(version)",
            Self.fields,
            partitionedBy: [PartitionField(sourceIDs: [2], name: "region", transform: .identity)],
            version: version
        )
        try await table.append(Self.rows(0..<30))
        try await table.delete { row in row.values[1] == .integer(9) }
        try await table.append(Self.rows(30..<40))
        try await table.overwrite(
            where: { $0.values[1] == .integer(0) || $0.values[1] == .integer(31) },
            changing: { $0[4] = .decimal(unscaled: 4242) }
        )
        try await table.delete { row in row.values[1] == .integer(18) }
        try await table.overwritePartitions(
            with: Self.rows(100..<120).filter { $0[2] == .text("a/b") || $0[2] == nil }
        )
        return table
    }

    /// A history of which the most is expired and its files deleted; a branch and a tag need some.
    func expired(version: Int) async throws -> SampleTable {
        let table = try await create("expired_v\(version)", Self.fields, version: version)
        try await table.append(Self.rows(0..<10))
        try await table.delete { row in row.values[1] == .integer(3) }
        try await table.tag("early")
        try await table.append(Self.rows(10..<20), toBranch: "side")
        try await table.evolvePartitions { try $0.add(.bucket(count: 2), of: 1) }
        try await table.append(Self.rows(20..<30))
        try await table.delete { row in
            row.values[1] == .integer(4) || row.values[1] == .integer(25)
        }
        try await table.evolvePartitions { try $0.remove("id_bucket") }
        try await table.overwrite(where: { _ in true }, changing: { $0[6] = .floating(0.5) })
        try await table.append(Self.rows(30..<35))
        try await table.append(Self.rows(35..<40))
        try await table.expire(keeping: 2)
        return table
    }

    /// More than a hundred small commits, so that manifests are merged, and a rewrite at the end.
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
