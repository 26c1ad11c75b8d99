public import TableModel

/// Which table and which key a stored index belongs to.
public struct IndexIdentity: Equatable, Sendable {
    public struct KeyField: Equatable, Sendable {
        public var id: Int32
        /// The column's type, the same for all types that it can be widened to.
        public var family: String
    }

    public var tableUUID: String
    /// In the key's order; all fields in the order of their ids for a table without a key.
    public var keyFields: [KeyField]
    /// Whether the table has no key, so that rows are found by all their values.
    public var isOfRows: Bool
    public var form: KeyFingerprinter.Form

    /// `keyFields` are those of the columns that `fingerprinter` gets.
    public init(
        tableUUID: String,
        keyFields: [SchemaField],
        fingerprinter: KeyFingerprinter
    ) {
        self.tableUUID = tableUUID
        isOfRows = fingerprinter.isOfRows
        form = fingerprinter.form
        self.keyFields = (isOfRows ? keyFields.sorted { $0.id < $1.id } : keyFields)
            .map { KeyField(id: $0.id, family: Self.family(of: $0.type)) }
    }

    init(
        tableUUID: String,
        keyFields: [KeyField],
        isOfRows: Bool,
        form: KeyFingerprinter.Form
    ) {
        self.tableUUID = tableUUID
        self.keyFields = keyFields
        self.isOfRows = isOfRows
        self.form = form
    }

    /// Widening a column keeps its values' fingerprints, so the stored ones stay good.
    private static func family(of type: IcebergType) -> String {
        switch type {
        case .int, .long: "integer"
        case .float, .double: "floating"
        case .decimal(_, let scale): "decimal with \(scale) places"
        default: type.description
        }
    }
}

/// Why a stored index is of no use; the index is built from the table then.
public enum IndexStateReason: Error, Equatable, Sendable, CustomStringConvertible {
    case absent
    /// Bytes of ours that are not as we wrote them; `message` names file, place and both values.
    case damaged(String)
    /// Written by another version of the program.
    case otherVersion(Int)
    case otherTable
    case otherKey
    case unreadable(IndexStateError)

    public var description: String {
        switch self {
        case .absent: "none is stored"
        case .damaged(let message): message
        case .otherVersion(let version):
            "it is stored in version \(version), this program reads \(IndexManifest.version)"
        case .otherTable: "it is another table's"
        case .otherKey: "it is of another key"
        case .unreadable(let error): "\(error)"
        }
    }
}
