public import TableModel

/// Wanted fields, each with the part of a file that it is read from; made once a file.
public struct ParquetProjection: Sendable {
    public let fields: [SchemaField]
    let nodes: [ReadNode]
    let leaves: [ReadLeaf]
}

/// A wanted field and where it is in the file.
struct ReadNode: Sendable {
    indirect enum Content: Sendable {
        /// One of the projection's leaves, by its place among them.
        case leaf(Int)
        case structure([ReadNode])
        case list(ReadNode)
        case map(key: ReadNode, value: ReadNode)
        /// The file does not have it: its default, or NULL.
        case missing
    }

    let field: SchemaField
    let levels: FileField.Levels
    let content: Content
    /// The projection's leaf whose levels tell of this node; `nil` where it is missing.
    let levelLeaf: Int?

    var isMissing: Bool {
        if case .missing = content { return true }
        return false
    }
}

/// A leaf that is read.
struct ReadLeaf: Sendable {
    /// Its place among a row group's column chunks.
    let index: Int
    let path: String
    let type: FileLeafType
    let levels: FileField.Levels
    /// What to make of its values; `nil` when only its levels are wanted.
    let conversion: ValueConversion?
    /// Whether its levels are kept, because a group around it is optional or repeated.
    let keepsLevels: Bool
}
