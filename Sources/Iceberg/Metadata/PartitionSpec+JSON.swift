public import Bytes
internal import Diagnostics
internal import TableModel

/// Source: Iceberg specification, appendix C, "Partition Specs".
extension PartitionSpec {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            specID: try reader.int32("spec-id"),
            fields: try Self.readFields(reader, member: "fields"),
            otherMembers: reader.others(than: ["spec-id", "fields"])
        )
    }

    /// A spec that is to be added: the table chooses its id, and those of fields without one.
    init(unbound reader: JSONMembers) throws(FormatError) {
        self.init(
            specID: try reader.optionalInt32("spec-id") ?? 0,
            fields: try Self.readFields(reader, member: "fields"),
            otherMembers: reader.others(than: ["spec-id", "fields"])
        )
    }

    /// - `countsFrom`: The id of a first field that has none, as V1 files leave them out; ids of
    ///   fields without one are unassigned when `nil`.
    static func readFields(
        _ reader: JSONMembers,
        member: String,
        countsFrom firstID: Int32? = nil
    ) throws(FormatError) -> [PartitionField] {
        var fields: [PartitionField] = []
        for (index, object) in try reader.objects(member).enumerated() {
            var field = try PartitionField(object)
            if field.fieldID == PartitionField.unassignedID, let firstID {
                field.fieldID = firstID &+ Int32(truncatingIfNeeded: index)
            }
            fields.append(field)
        }
        return fields
    }

    public var json: JSONObject {
        var object: JSONObject = [
            "spec-id": .integer(Int64(specID)), "fields": .array(fieldsJSON),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }

    /// The fields only, as manifests carry them.
    var fieldsJSON: [JSONValue] { fields.map { .object($0.json) } }
}

extension PartitionField {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            sourceIDs: try reader.sourceIDs(),
            fieldID: try reader.optionalInt32("field-id") ?? Self.unassignedID,
            name: try reader.string("name"),
            transform: Transform(named: try reader.string("transform")),
            otherMembers: reader.others(than: [
                "source-id", "source-ids", "field-id", "name", "transform",
            ])
        )
    }

    var json: JSONObject {
        var object = JSONObject()
        object.appendSourceIDs(sourceIDs)
        if fieldID != Self.unassignedID {
            object.append("field-id", .integer(Int64(fieldID)))
        }
        object.append("name", .string(name))
        object.append("transform", .string(transform.description))
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension JSONMembers {
    /// The columns of a transform: several in `source-ids`, or one in `source-id`.
    func sourceIDs() throws(FormatError) -> [Int32] {
        guard let several = try optionalInt32s("source-ids") else {
            return [try int32("source-id")]
        }
        guard !several.isEmpty else { throw fault("\"source-ids\" is empty") }
        return several
    }
}

extension JSONObject {
    /// One column goes into `source-id`, several go into `source-ids`.
    mutating func appendSourceIDs(_ ids: [Int32]) {
        if ids.count == 1, let id = ids.first {
            append("source-id", .integer(Int64(id)))
        } else {
            append("source-ids", .array(ids.map { .integer(Int64($0)) }))
        }
    }
}
