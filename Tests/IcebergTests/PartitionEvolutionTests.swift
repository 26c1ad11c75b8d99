import Iceberg
import TableModel
import Testing

@Suite("PartitionEvolution")
struct PartitionEvolutionTests {
    func evolving(
        _ table: TableMetadata,
        _ change: (inout PartitionEvolution) throws -> Void
    ) throws -> TableMetadata {
        var evolution = try PartitionEvolution(of: table)
        try change(&evolution)
        return try table.applying(
            try evolution.updates(),
            requirements: evolution.requirements,
            nowMilliseconds: 1
        )
    }

    /// The default spec's fields: `name id transform`.
    func fields(_ table: TableMetadata) -> [String] {
        (table.defaultPartitionSpec?.fields ?? []).map {
            "\($0.name) \($0.fieldID) \($0.transform)"
        }
    }

    @Test("fields are added, removed and renamed; what is made again has its old id")
    func steps() throws {
        var table = try evolving(try emptyTable()) { evolution in
            try evolution.add(.bucket(count: 16), of: 1)
            try evolution.add(.truncate(width: 2), of: 2)
        }
        #expect(fields(table) == ["id_bucket 1000 bucket[16]", "name_trunc 1001 truncate[2]"])
        #expect(table.defaultSpecID == 1)
        table = try evolving(table) { evolution in
            try evolution.remove("id_bucket")
            try evolution.rename("name_trunc", to: "start")
        }
        #expect(fields(table) == ["start 1001 truncate[2]"])
        table = try evolving(table) { evolution in
            try evolution.add(.bucket(count: 16), of: 1, name: "again")
            try evolution.add(.bucket(count: 8), of: 1)
        }
        #expect(
            fields(table) == [
                "start 1001 truncate[2]", "again 1000 bucket[16]", "id_bucket_2 1002 bucket[8]",
            ]
        )
        #expect(table.lastPartitionID == 1002)
        table = try evolving(table) { evolution in
            for name in ["start", "again", "id_bucket_2"] { try evolution.remove(name) }
        }
        #expect(table.defaultSpecID == 0)
        #expect(table.partitionSpecs.count == 4)
        table = try evolving(table) { try $0.add(.truncate(width: 2), of: 2) }
        #expect(fields(table) == ["name_trunc 1001 truncate[2]"])
    }

    @Test("a name that is taken gets a number")
    func names() throws {
        let table = try evolving(try emptyTable()) { evolution in
            try evolution.add(.bucket(count: 16), of: 1)
            try evolution.add(.bucket(count: 8), of: 1)
            try evolution.add(.identity, of: 2)
        }
        #expect(
            table.defaultPartitionSpec?.fields.map(\.name) == ["id_bucket", "id_bucket_2", "name"]
        )
    }

    @Test("nothing done is nothing to commit")
    func nothing() throws {
        var evolution = try PartitionEvolution(of: try emptyTable())
        try evolution.add(.identity, of: 2)
        try evolution.remove("name")
        #expect(try evolution.updates().isEmpty)
    }

    @Test("what makes no partitions is refused")
    func refusals() throws {
        func refusal(_ change: (inout PartitionEvolution) throws -> Void) throws -> String? {
            let error = #expect(throws: TableUpdateError.self) {
                try evolving(try emptyTable(), change)
            }
            return error?.message
        }
        #expect(
            try refusal { try $0.add(.identity, of: 9) } == "no column has the field id 9"
        )
        #expect(
            try refusal { try $0.add(.day, of: 2) }
                == "partition field name_day: day cannot be used on column name (string)"
        )
        #expect(
            try refusal {
                try $0.add(.identity, of: 2)
                try $0.add(.identity, of: 2, name: "twice")
            } == "partition field twice makes nothing of its column that name does not make already"
        )
        #expect(try refusal { try $0.remove("x") } == "no partition field has the name x")
    }

    @Test("in version 1 a dropped field stays as void, and comes back in its place")
    func versionOne() throws {
        let text = #"""
            {"format-version":1,"location":"s3://b/t","last-updated-ms":5,"last-column-id":2,
            "schema":{"type":"struct","fields":[
            {"id":1,"name":"x","required":true,"type":"long"},
            {"id":2,"name":"y","required":true,"type":"long"}]},
            "partition-spec":[{"name":"x","transform":"identity","source-id":1},
            {"name":"y","transform":"identity","source-id":2}]}
            """#
        let table = try TableMetadata(parsing: Array(text.utf8), file: "v1.json")
        var evolution = try PartitionEvolution(of: table)
        try evolution.remove("x")
        #expect(evolution.fields.map(\.transform) == [.void, .identity])
        #expect(evolution.fields.map(\.fieldID) == [1000, 1001])
        try evolution.add(.identity, of: 1)
        #expect(evolution.fields.map(\.transform) == [.identity, .identity])
        #expect(evolution.fields.map(\.fieldID) == [1000, 1001])
    }

    @Test("specs of others' making are a conflict")
    func conflict() throws {
        let table = try emptyTable()
        var evolution = try PartitionEvolution(of: table)
        try evolution.add(.identity, of: 2)
        let other = try evolving(table) { try $0.add(.bucket(count: 2), of: 1) }
        let error = #expect(throws: TableUpdateError.self) {
            try other.applying(
                try evolution.updates(),
                requirements: evolution.requirements,
                nowMilliseconds: 2
            )
        }
        #expect(error?.kind == .conflict)
    }
}

@Suite("Branches and tags")
struct ReferenceUpdateTests {
    @Test("a branch and a tag are made, and moved, where nobody moved them meanwhile")
    func references() throws {
        let table = try parseFullMetadata()
        let (old, new) = (Int64(3_051_729_675_574_597_004), Int64(3_055_729_675_574_597_004))
        func apply(
            _ change: (updates: [TableUpdate], requirements: [TableRequirement]),
            to table: TableMetadata
        ) throws -> TableMetadata {
            try table.applying(
                change.updates,
                requirements: change.requirements,
                nowMilliseconds: 2_000_000_000_000
            )
        }
        let branch = try table.settingBranch("side", to: old)
        #expect(branch.requirements[1] == .assertReferenceSnapshotID(reference: "side", nil))
        let made = try apply(branch, to: table)
        #expect(made.refs["side"] == SnapshotReference(snapshotID: old, kind: .branch))
        #expect(throws: TableUpdateError.self) { try apply(branch, to: made) }
        let moved = try apply(try made.settingBranch("main", to: old), to: made)
        #expect(moved.currentSnapshotID == old)
        #expect(moved.refs["main"]?.maxReferenceAgeMilliseconds == 7)
        #expect(moved.snapshotLog.last?.snapshotID == old)
        #expect(moved.snapshotLog.last?.timestampMilliseconds == 2_000_000_000_000)
        let tagged = try apply(try moved.settingTag("old", to: new), to: moved)
        #expect(tagged.refs["old"]?.snapshotID == new)
        #expect(throws: TableUpdateError(.invalid, "main is no tag")) {
            try table.settingTag("main", to: old)
        }
        #expect(throws: TableUpdateError(.invalid, "no snapshot has the id 4")) {
            try table.settingTag("x", to: 4)
        }
    }
}
