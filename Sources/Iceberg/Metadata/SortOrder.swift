public import Bytes
public import TableModel

/// One column of a sort order.
public struct SortField: Hashable, Sendable {
    public enum Direction: String, Sendable {
        case ascending = "asc"
        case descending = "desc"
    }

    public enum NullOrder: String, Sendable {
        case first = "nulls-first"
        case last = "nulls-last"
    }

    /// The columns the transform reads; one, but for multi-argument transforms of V3.
    public var sourceIDs: [Int32]
    public var transform: Transform
    public var direction: Direction
    public var nullOrder: NullOrder
    /// Members of the JSON object that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        sourceIDs: [Int32],
        transform: Transform = .identity,
        direction: Direction = .ascending,
        nullOrder: NullOrder = .first,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.sourceIDs = sourceIDs
        self.transform = transform
        self.direction = direction
        self.nullOrder = nullOrder
        self.otherMembers = otherMembers
    }
}

/// How rows may be sorted inside of files.
///
/// Source: Iceberg specification, "Sorting".
public struct SortOrder: Hashable, Sendable {
    public var orderID: Int32
    public var fields: [SortField]
    /// Members of the JSON object that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(orderID: Int32, fields: [SortField], otherMembers: JSONObject = JSONObject()) {
        self.orderID = orderID
        self.fields = fields
        self.otherMembers = otherMembers
    }

    /// The order that every table has and that no other may have the id of: none.
    public static let unsorted = SortOrder(orderID: 0, fields: [])
}
