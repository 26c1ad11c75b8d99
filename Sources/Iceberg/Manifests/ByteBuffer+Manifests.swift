internal import Avro
internal import Bytes

/// Appends the records of manifests and manifest lists.
extension ByteBuffer {
    mutating func appendManifestEntry(
        _ entry: ManifestEntry,
        partitionType: PartitionType,
        formatVersion: Int
    ) throws(PartitionMismatch) {
        appendAvroInt(entry.status.rawValue)
        appendOptionalLong(entry.snapshotID)
        appendOptionalLong(entry.dataSequenceNumber)
        appendOptionalLong(entry.fileSequenceNumber)
        let file = entry.file
        appendAvroInt(file.content.rawValue)
        appendAvroString(file.path)
        appendAvroString(file.format)
        try appendPartition(file.partition, partitionType)
        appendAvroLong(file.recordCount)
        appendAvroLong(file.fileSizeBytes)
        appendOptionalMap(file.columnSizes) { $0.appendAvroLong($1) }
        appendOptionalMap(file.valueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.nullValueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.nanValueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.lowerBounds) { $0.appendAvroBytes($1) }
        appendOptionalMap(file.upperBounds) { $0.appendAvroBytes($1) }
        appendOptionalBytes(file.keyMetadata)
        appendOptionalItems(file.splitOffsets) { $0.appendAvroLong($1) }
        appendOptionalItems(file.equalityIDs) { $0.appendAvroInt($1) }
        appendOptionalLong(file.sortOrderID.map { Int64($0) })
        if formatVersion >= 3 {
            // An added file's is inherited, a delete file has none.
            let isKnown = entry.status != .added && file.content == .data
            appendOptionalLong(isKnown ? file.firstRowID : nil)
        }
        appendAvroPresence(file.referencedDataFile != nil)
        if let path = file.referencedDataFile { appendAvroString(path) }
        if formatVersion >= 3 {
            appendOptionalLong(file.contentOffset)
            appendOptionalLong(file.contentSizeBytes)
        }
    }

    mutating func appendOptionalLong(_ value: Int64?) {
        appendAvroPresence(value != nil)
        if let value { appendAvroLong(value) }
    }

    mutating func appendOptionalBytes(_ bytes: [UInt8]?) {
        appendAvroPresence(bytes != nil)
        if let bytes { appendAvroBytes(bytes) }
    }

    /// Appends an array; an empty one as null.
    private mutating func appendOptionalItems<Item>(
        _ items: [Item],
        _ appendItem: (inout ByteBuffer, Item) -> Void
    ) {
        appendAvroPresence(!items.isEmpty)
        guard !items.isEmpty else { return }
        appendAvroLong(Int64(items.count))
        for item in items { appendItem(&self, item) }
        appendAvroLong(0)
    }

    /// Appends a map by ascending keys, so that equal maps give equal bytes.
    ///
    /// An empty one is not null: pyiceberg's `inspect` fails on absent maps.
    private mutating func appendOptionalMap<Value>(
        _ map: [Int32: Value],
        _ appendValue: (inout ByteBuffer, Value) -> Void
    ) {
        appendAvroPresence(true)
        if !map.isEmpty { appendAvroLong(Int64(map.count)) }
        for entry in map.sorted(by: { $0.key < $1.key }) {
            appendAvroInt(entry.key)
            appendValue(&self, entry.value)
        }
        appendAvroLong(0)
    }

    /// Appends field 507; unlike other arrays an empty one is not null.
    mutating func appendPartitionSummaries(_ partitions: [PartitionFieldSummary]?) {
        appendAvroPresence(partitions != nil)
        guard let partitions else { return }
        if !partitions.isEmpty { appendAvroLong(Int64(partitions.count)) }
        for summary in partitions {
            appendAvroBoolean(summary.containsNull)
            appendAvroPresence(summary.containsNaN != nil)
            if let containsNaN = summary.containsNaN { appendAvroBoolean(containsNaN) }
            appendOptionalBytes(summary.lowerBound)
            appendOptionalBytes(summary.upperBound)
        }
        appendAvroLong(0)
    }
}
