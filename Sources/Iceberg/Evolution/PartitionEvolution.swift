public import Diagnostics
public import TableModel

/// Changes how a table is partitioned step by step, each checked, into updates for one commit.
///
/// Files that are there stay in their spec; new ones get the new spec.
///
/// Source: Iceberg specification, "Partition Evolution".
public struct PartitionEvolution: Sendable {
    private let metadata: TableMetadata
    private let schema: Schema
    private let original: [PartitionField]
    /// The fields as the steps so far have made them.
    public private(set) var fields: [PartitionField]

    /// - Throws: `FormatError` when the table has columns of types that are not known, or no
    ///   default spec.
    public init(of metadata: TableMetadata) throws(FormatError) {
        self.metadata = metadata
        schema = try metadata.currentSchema()
        guard let spec = metadata.defaultPartitionSpec else {
            throw FormatError(
                file: "metadata of \(metadata.location)",
                "no partition spec has the id \(metadata.defaultSpecID)"
            )
        }
        original = spec.fields
        fields = spec.fields
    }

    /// Add the spec and make it the default one; nothing where the steps changed nothing.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for a spec that no table can have.
    public func updates() throws(TableUpdateError) -> [TableUpdate] {
        guard fields != original else { return [] }
        var spec = PartitionSpec(specID: 0, fields: fields)
        try spec.check(for: schema)
        // The requirements see to it that nobody else gives these ids out.
        var lastID = metadata.lastPartitionID
        for index in fields.indices where fields[index].fieldID == PartitionField.unassignedID {
            lastID = try lastID.nextID(of: "partition field")
            spec.fields[index].fieldID = lastID
        }
        return [.addPartitionSpec(spec), .setDefaultSpec(TableUpdate.lastAdded)]
    }

    /// The spec and the schema are those that the steps began with, and nobody else gave out ids.
    public var requirements: [TableRequirement] {
        [
            .assertDefaultSpecID(metadata.defaultSpecID),
            .assertLastAssignedPartitionID(metadata.lastPartitionID),
            .assertCurrentSchemaID(metadata.currentSchemaID),
        ]
    }

    /// Partitions by one more field.
    ///
    /// It gets the id of a field that made the same in an older spec, as files of both then count
    /// as partitioned alike.
    ///
    /// - `name`: When `nil`, that of such an older field, or made from the column's and the
    ///   transform's names.
    /// - Throws: ``TableUpdateError`` `.invalid`.
    public mutating func add(
        _ transform: Transform,
        of columnID: Int32,
        name: String? = nil
    ) throws(TableUpdateError) {
        guard let path = schema.path(toFieldID: columnID) else {
            throw TableUpdateError(.invalid, "no column has the field id \(columnID)")
        }
        let column = path.map(\.name).joined(separator: ".")
        var field = PartitionField(sourceIDs: [columnID], name: name ?? "", transform: transform)
        let known = metadata.partitionSpecs.flatMap(\.fields)
        let same = known.first { $0.isEquivalent(to: field) }
        field.fieldID = same?.fieldID ?? PartitionField.unassignedID
        if name == nil {
            let taken = fields.map(\.name)
            let oldName = same.map(\.name).flatMap { taken.contains($0) ? nil : $0 }
            field.name =
                oldName ?? unusedName(transform.defaultFieldName(column: column), of: columnID)
        }
        // What was dropped in a table of version 1 stays there as void.
        let dropped = fields.firstIndex { $0.fieldID == field.fieldID && field.fieldID > 0 }
        if let dropped, fields[dropped].transform == .void {
            fields[dropped] = field
        } else {
            fields.append(field)
        }
        try PartitionSpec(specID: 0, fields: fields).check(for: schema)
    }

    /// A name that no field of any spec and no other column has: engines show the partitions of all
    /// specs side by side.
    private func unusedName(_ name: String, of columnID: Int32) -> String {
        let partitions = fields + metadata.partitionSpecs.flatMap(\.fields)
        let taken = Set(
            partitions.map(\.name) + schema.fields.filter { $0.id != columnID }.map(\.name)
        )
        guard taken.contains(name) else { return name }
        return (2...).lazy.map { "\(name)_\($0)" }.first { !taken.contains($0) } ?? name
    }

    /// Partitions by a field no more.
    ///
    /// In version 1, whose field ids count by place, it stays and becomes void.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` when there is no such field.
    public mutating func remove(_ name: String) throws(TableUpdateError) {
        let index = try index(of: name)
        if metadata.formatVersion == 1 {
            fields[index].transform = .void
        } else {
            fields.remove(at: index)
        }
    }

    /// Partitions by these fields and no others, in this order.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid`.
    public mutating func replaceAll(
        with wanted: [(transform: Transform, columnID: Int32)]
    ) throws(TableUpdateError) {
        if metadata.formatVersion == 1 {
            for index in fields.indices { fields[index].transform = .void }
        } else {
            fields = []
        }
        for field in wanted { try add(field.transform, of: field.columnID) }
    }

    public mutating func rename(_ name: String, to newName: String) throws(TableUpdateError) {
        fields[try index(of: name)].name = newName
        try PartitionSpec(specID: 0, fields: fields).check(for: schema)
    }

    private func index(of name: String) throws(TableUpdateError) -> Int {
        guard let index = fields.firstIndex(where: { $0.name == name && $0.transform != .void })
        else { throw TableUpdateError(.invalid, "no partition field has the name \(name)") }
        return index
    }
}
