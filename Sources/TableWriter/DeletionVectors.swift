public import Iceberg
public import ObjectStore
public import Puffin

private let createdBy = "frazil version 0.1"

/// Writes the deletion vector of one data file, with all of its deleted rows, as a Puffin file of its
/// own.
///
/// Source: Iceberg specification, "Deletion Vectors"; docs/decisions/0014-one-vector-a-file.md.
public func writeDeletionVector(
    of dataFile: DataFile,
    rows deleted: RoaringBitmap,
    to path: String,
    store: any ObjectStore
) async throws -> DataFile {
    var writer = DeletionVectorFileWriter(createdBy: createdBy, file: path)
    let vector = try writer.add(deleted, referencedDataFile: dataFile.path)
    let bytes = try writer.finish()
    try await store.put(path, bytes)
    return DataFile.deletionVector(
        of: dataFile,
        puffinPath: path,
        fileSizeBytes: Int64(bytes.count),
        offset: vector.offset,
        sizeBytes: vector.lengthBytes,
        deletedRows: vector.cardinality
    )
}
