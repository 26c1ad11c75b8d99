internal import Diagnostics
internal import TableModel

/// How updates change a table's partition specs and sort orders.
extension TableMetadata {
    mutating func add(_ spec: PartitionSpec) throws(TableUpdateError) -> Int32 {
        if let same = partitionSpecs.first(where: { $0.isEquivalent(to: spec) }) {
            return same.specID
        }
        try spec.check(for: try knownCurrentSchema())
        var fresh = spec
        fresh.specID = try (partitionSpecs.map(\.specID).max() ?? -1).nextID(of: "partition spec")
        for index in fresh.fields.indices {
            fresh.fields[index].fieldID = try partitionFieldID(of: fresh.fields[index])
        }
        partitionSpecs.append(fresh)
        return fresh.specID
    }

    private func knownCurrentSchema() throws(TableUpdateError) -> Schema {
        do throws(FormatError) {
            return try currentSchema()
        } catch {
            throw TableUpdateError(.invalid, error.description)
        }
    }

    /// The id of a new spec's field: the one that a field which makes the same has in another spec.
    ///
    /// Source: Iceberg specification, "Partitioning": ids must be reused for equivalent fields.
    private mutating func partitionFieldID(
        of field: PartitionField
    ) throws(TableUpdateError) -> Int32 {
        let known = partitionSpecs.flatMap(\.fields)
        if field.fieldID == PartitionField.unassignedID {
            if let same = known.first(where: { $0.isEquivalent(to: field) }) {
                return same.fieldID
            }
            lastPartitionID = try lastPartitionID.nextID(of: "partition field")
            return lastPartitionID
        }
        guard field.fieldID > 0 else {
            throw TableUpdateError(
                .invalid,
                "partition field \(field.name) has the id \(field.fieldID), ids are positive"
            )
        }
        let other = known.first { $0.fieldID == field.fieldID && !$0.isEquivalent(to: field) }
        if let other {
            throw TableUpdateError(
                .invalid,
                "partition field \(field.name) has the id \(field.fieldID), which is that of "
                    + "\(other.name)"
            )
        }
        lastPartitionID = max(lastPartitionID, field.fieldID)
        return field.fieldID
    }

    mutating func setDefaultSpec(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, partitionSpec(id: id) != nil
        else { throw TableUpdateError(.invalid, "no partition spec has the id \(id)") }
        defaultSpecID = id
    }

    mutating func remove(specIDs ids: Set<Int32>) throws(TableUpdateError) {
        guard !ids.contains(defaultSpecID) else {
            throw TableUpdateError(
                .invalid,
                "partition spec \(defaultSpecID) is the default one and cannot be removed"
            )
        }
        partitionSpecs.removeAll { ids.contains($0.specID) }
    }

    mutating func add(_ order: SortOrder) throws(TableUpdateError) -> Int32 {
        if order.fields.isEmpty {
            if !sortOrders.contains(where: { $0.orderID == 0 }) { sortOrders.append(.unsorted) }
            return SortOrder.unsorted.orderID
        }
        if let same = sortOrders.first(where: { $0.fields == order.fields }) {
            return same.orderID
        }
        try order.check(for: try knownCurrentSchema())
        var fresh = order
        fresh.orderID = try max(sortOrders.map(\.orderID).max() ?? 0, 0).nextID(of: "sort order")
        sortOrders.append(fresh)
        return fresh.orderID
    }

    mutating func setDefaultSortOrder(
        _ id: Int32,
        _ lastAdded: Int32?
    ) throws(TableUpdateError) {
        guard let id = id == TableUpdate.lastAdded ? lastAdded : id, sortOrder(id: id) != nil
        else { throw TableUpdateError(.invalid, "no sort order has the id \(id)") }
        defaultSortOrderID = id
    }
}
