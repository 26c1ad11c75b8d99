extension TableMetadata {
    /// The metadata after `updates`, if `requirements` hold.
    ///
    /// - Throws: ``TableUpdateError`` `.conflict` when a requirement fails or the snapshot is
    ///   overtaken, `.invalid` for updates that no table of this shape can take.
    public func applying(
        _ updates: [TableUpdate],
        requirements: [TableRequirement],
        nowMilliseconds: Int64
    ) throws(TableUpdateError) -> TableMetadata {
        fatalError("not written yet")
    }
}
