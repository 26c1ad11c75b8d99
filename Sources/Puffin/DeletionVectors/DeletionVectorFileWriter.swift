public import Diagnostics

/// Writes the deletion vectors of many data files into one Puffin file in memory.
///
/// Source: Iceberg specification, "Deletion Vectors".
public struct DeletionVectorFileWriter: ~Copyable {
    private var writer: PuffinWriter
    private let file: String
    private var dataFiles: Set<String> = []

    /// - Parameters:
    ///   - createdBy: The program and its version.
    ///   - file: The file's location, for messages.
    public init(createdBy: String, file: String) {
        self.file = file
        writer = PuffinWriter(properties: [.init("created-by", createdBy)], file: file)
    }

    /// Appends the vector of one data file: all of its deleted rows, those of an older vector too.
    ///
    /// - Returns: What the vector's manifest entry has to say about it.
    /// - Precondition: The file has no vector of this data file yet: a snapshot has one at most.
    /// - Throws: ``FormatError`` when the vector is longer than readers accept.
    public mutating func add(
        _ bitmap: RoaringBitmap,
        referencedDataFile: String
    ) throws(FormatError) -> WrittenDeletionVector {
        precondition(
            dataFiles.insert(referencedDataFile).inserted,
            "a second deletion vector of one data file in one Puffin file"
        )
        let cardinality = bitmap.count
        let file = file
        // The vector's snapshot is not known before the commit, which is why the format wants -1.
        let blob = try writer.add(
            type: DeletionVector.blobType,
            fields: [DeletionVector.positionFieldID],
            properties: [
                .init(DeletionVector.referencedDataFileProperty, referencedDataFile),
                .init(DeletionVector.cardinalityProperty, String(cardinality)),
            ]
        ) { output throws(FormatError) in
            try DeletionVector.append(bitmap, to: &output, file: file)
        }
        return WrittenDeletionVector(
            referencedDataFile: referencedDataFile,
            offset: Int64(blob.offset),
            lengthBytes: Int64(blob.lengthBytes),
            cardinality: Int64(cardinality)
        )
    }

    /// Bytes of the vectors so far; the footer comes on top.
    public var byteCount: Int { writer.byteCount }

    /// The whole file.
    ///
    /// - Throws: ``FormatError`` when the footer is longer than readers accept.
    public consuming func finish() throws(FormatError) -> [UInt8] {
        try writer.finish()
    }
}

/// Where a deletion vector lies in its Puffin file: `content_offset`, `content_size_in_bytes` and
/// `record_count` of its manifest entry.
public struct WrittenDeletionVector: Hashable, Sendable {
    public var referencedDataFile: String
    /// Bytes from the start of the file.
    public var offset: Int64
    public var lengthBytes: Int64
    /// Deleted rows.
    public var cardinality: Int64

    public init(
        referencedDataFile: String,
        offset: Int64,
        lengthBytes: Int64,
        cardinality: Int64
    ) {
        self.referencedDataFile = referencedDataFile
        self.offset = offset
        self.lengthBytes = lengthBytes
        self.cardinality = cardinality
    }
}
