internal import Catalog
internal import Iceberg
internal import ObjectStore
internal import TableModel

extension CatalogBehaviour {
    /// All claims; run each one against each catalog.
    public static let claims: [Claim] = tableClaims + commitClaims

    private static let tableClaims = [
        Claim(sentence: "a table that nobody created is nil, not an error") { subject in
            let table = try await subject.catalog.loadTable(subject.identifier("nobody"))
            try expect(table == nil, "found \(String(describing: table))")
        },
        Claim(sentence: "create numbers fields anew and returns what a load returns") { subject in
            let created = try await subject.create("orders")
            let schema = try created.metadata.currentSchema()
            try expectEqual(schema.fields.map(\.id), [1, 2], "field ids")
            try expectEqual(schema.fields.map(\.name), ["id", "name"], "names")
            try expectEqual(schema.fields.map(\.doc), [nil, "a name"], "docs")
            try expectEqual(schema.identifierFieldIDs, [1], "identifier fields")
            try expectEqual(created.metadata.currentSnapshotID, nil, "current snapshot")
            let loaded = try await subject.catalog.loadTable(subject.identifier("orders"))
            try expectEqual(loaded?.metadata, created.metadata, "metadata")
            try expectEqual(loaded?.metadataLocation, created.metadataLocation, "location")
        },
        Claim(sentence: "a name can be created once") { subject in
            _ = try await subject.create("orders")
            try await expectError(.alreadyExists) { _ = try await subject.create("orders") }
        },
        Claim(sentence: "a table needs a namespace that exists") { subject in
            try await expectError(.notFound) {
                let identifier = TableIdentifier(namespace: ["not_there"], name: "orders")
                _ = try await subject.catalog.createTable(identifier, schema: schema)
            }
        },
        Claim(sentence: "a namespace may be created again") { subject in
            try await subject.catalog.createNamespace(subject.namespace)
            let found = try await subject.catalog.listNamespaces()
            let count = found.count { $0 == subject.namespace }
            try expectEqual(count, 1, "namespaces of that name")
        },
        Claim(sentence: "list shows the tables of one namespace only") { subject in
            for name in ["b", "a"] { _ = try await subject.create(name) }
            let found = try await subject.catalog.listTables(in: subject.namespace)
            let expected = ["a", "b"].map(subject.identifier)
            try expectEqual(found.sorted { $0.name < $1.name }, expected, "tables")
            let none = try await subject.catalog.listTables(in: subject.namespace + ["inner"])
            try expectEqual(none, [], "tables of another namespace")
        },
        Claim(sentence: "drop forgets a table, and says when there is none") { subject in
            _ = try await subject.create("orders")
            try await subject.catalog.dropTable(subject.identifier("orders"))
            let table = try await subject.catalog.loadTable(subject.identifier("orders"))
            try expect(table == nil, "the table is still there")
            try await expectError(.notFound) {
                try await subject.catalog.dropTable(subject.identifier("orders"))
            }
        },
        Claim(sentence: "rename keeps the table and its uuid, and takes no name away") { subject in
            let created = try await subject.create("orders")
            _ = try await subject.create("taken")
            let new = subject.identifier("orders_2")
            try await subject.catalog.renameTable(subject.identifier("orders"), to: new)
            let renamed = try await subject.catalog.loadTable(new)
            try expectEqual(renamed?.metadata.tableUUID, created.metadata.tableUUID, "uuid")
            let old = try await subject.catalog.loadTable(subject.identifier("orders"))
            try expect(old == nil, "the old name is still there")
            try await expectError(.alreadyExists) {
                try await subject.catalog.renameTable(new, to: subject.identifier("taken"))
            }
            try await expectError(.notFound) {
                let missing = subject.identifier("orders")
                try await subject.catalog.renameTable(missing, to: subject.identifier("x"))
            }
        },
    ]

    private static let commitClaims = [
        Claim(sentence: "a commit applies all of its updates at once") { subject in
            let table = try await subject.create("orders")
            let snapshot = try await snapshotChange(table, store: subject.store)
            var change = snapshot
            change.updates.append(.setProperties(["position": "42"]))
            let returned = try committedTables(try await subject.catalog.commit([change]))
            let loaded = try await subject.catalog.loadTable(table.identifier)
            try expectEqual(loaded?.metadata, returned.first?.metadata, "metadata")
            try expectEqual(loaded?.metadata.properties["position"], "42", "property")
            try expectEqual(
                loaded?.metadata.currentSnapshot?.summary["total-records"],
                "3",
                "total records"
            )
        },
        Claim(sentence: "of two commits on one base the second conflicts") { subject in
            let table = try await subject.create("orders")
            let first = try await snapshotChange(table, store: subject.store)
            let second = try await snapshotChange(table, store: subject.store)
            _ = try committedTables(try await subject.catalog.commit([first]))
            try expectConflict(try await subject.catalog.commit([second]))
            let loaded = try await subject.catalog.loadTable(table.identifier)
            try expectEqual(loaded?.metadata.snapshots.count, 1, "snapshots")
        },
        Claim(sentence: "properties alone do not conflict with a snapshot") { subject in
            let table = try await subject.create("orders")
            let snapshot = try await snapshotChange(table, store: subject.store)
            _ = try committedTables(try await subject.catalog.commit([snapshot]))
            let update = change(table, [.setProperties(["owner": "me"])])
            _ = try committedTables(try await subject.catalog.commit([update]))
            let loaded = try await subject.catalog.loadTable(table.identifier)
            try expectEqual(loaded?.metadata.snapshots.count, 1, "snapshots")
            try expectEqual(loaded?.metadata.properties["owner"], "me", "property")
        },
        Claim(sentence: "a commit to a table that was dropped and created again conflicts") {
            subject in
            let table = try await subject.create("orders")
            let stale = try await snapshotChange(table, store: subject.store)
            try await subject.catalog.dropTable(table.identifier)
            _ = try await subject.create("orders")
            try expectConflict(try await subject.catalog.commit([stale]))
        },
        Claim(sentence: "several tables change together or not at all") { subject in
            guard subject.catalog.commitsTablesTogether else { return }
            var tables: [LoadedTable] = []
            for name in ["a", "b", "c"] { tables.append(try await subject.create(name)) }
            var changes: [TableChange] = []
            for table in tables {
                changes.append(try await snapshotChange(table, store: subject.store))
            }
            let foreign = try await snapshotChange(tables[1], store: subject.store)
            _ = try committedTables(try await subject.catalog.commit([foreign]))
            try expectConflict(try await subject.catalog.commit(changes))
            for (table, expected) in zip(tables, [0, 1, 0]) {
                let loaded = try await subject.catalog.loadTable(table.identifier)
                try expectEqual(
                    loaded?.metadata.snapshots.count,
                    expected,
                    "snapshots of \(table.identifier)"
                )
            }
            changes.remove(at: 1)
            let done = try committedTables(try await subject.catalog.commit(changes))
            try expectEqual(
                done.map(\.identifier),
                changes.map(\.identifier),
                "tables in the order of the changes"
            )
        },
        Claim(sentence: "an update that makes no sense changes nothing and is an error") {
            subject in
            let table = try await subject.create("orders")
            try await expectError(.configuration) {
                let wrong = change(table, [.setCurrentSchema(99)])
                _ = try await subject.catalog.commit([wrong])
            }
            let loaded = try await subject.catalog.loadTable(table.identifier)
            try expectEqual(loaded?.metadata, table.metadata, "metadata")
        },
        Claim(sentence: "commits run one after another, each on top of the one before") { subject in
            var table = try await subject.create("orders")
            for _ in 0..<12 {
                let next = try await snapshotChange(table, store: subject.store)
                let done = try committedTables(try await subject.catalog.commit([next]))
                guard let newest = done.first else { throw Failure(description: "no table") }
                table = newest
            }
            try expectEqual(table.metadata.snapshots.count, 12, "snapshots")
            try expectEqual(table.metadata.ancestorSnapshotIDs().count, 12, "ancestors")
            try expectEqual(table.metadata.lastSequenceNumber, 12, "sequence number")
            let live = try await table.metadata.liveFiles(store: subject.store)
            try expectEqual(
                live.dataFiles.map(\.dataSequenceNumber).sorted(),
                Array(1...12),
                "sequence numbers of the data files"
            )
            let total = table.metadata.currentSnapshot?.summary["total-records"]
            try expectEqual(total, "36", "total records")
        },
    ]
}
