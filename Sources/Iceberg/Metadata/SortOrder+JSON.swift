internal import Bytes
internal import Diagnostics
internal import TableModel

/// Source: Iceberg specification, appendix C, "Sort Orders".
extension SortOrder {
    init(_ reader: JSONMembers) throws(FormatError) {
        var fields: [SortField] = []
        for object in try reader.objects("fields") { fields.append(try SortField(object)) }
        self.init(
            orderID: try reader.int32("order-id"),
            fields: fields,
            otherMembers: reader.others(than: ["order-id", "fields"])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "order-id": .integer(Int64(orderID)),
            "fields": .array(fields.map { .object($0.json) }),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension SortField {
    init(_ reader: JSONMembers) throws(FormatError) {
        let directionName = try reader.string("direction")
        guard let direction = Direction(rawValue: directionName.lowercased()) else {
            throw reader.fault("\"direction\" is \(directionName), expected asc or desc")
        }
        let nullOrderName = try reader.string("null-order")
        guard let nullOrder = NullOrder(rawValue: nullOrderName.lowercased()) else {
            throw reader.fault(
                "\"null-order\" is \(nullOrderName), expected nulls-first or nulls-last"
            )
        }
        self.init(
            sourceIDs: try reader.sourceIDs(),
            transform: Transform(named: try reader.string("transform")),
            direction: direction,
            nullOrder: nullOrder,
            otherMembers: reader.others(than: [
                "source-id", "source-ids", "transform", "direction", "null-order",
            ])
        )
    }

    var json: JSONObject {
        var object: JSONObject = ["transform": .string(transform.description)]
        object.appendSourceIDs(sourceIDs)
        object.append("direction", .string(direction.rawValue))
        object.append("null-order", .string(nullOrder.rawValue))
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}
