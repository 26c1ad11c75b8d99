internal import Diagnostics
internal import Iceberg
internal import ObjectStore
internal import Puffin

/// The deletion vectors of one snapshot, by data file.
///
/// A vector applies when it names the data file and the file's sequence number is not greater than
/// its own; then no position delete file applies to that data file. Of a Puffin file only the bytes
/// of the vectors that are asked for are read.
///
/// Source: Iceberg specification, "Scan Planning" and "Deletion Vectors".
struct DeletionVectors {
    private let store: any ObjectStore
    private var vectors: [String: LiveFile] = [:]

    init(_ live: LiveFiles, store: any ObjectStore) throws {
        self.store = store
        let deletes = live.deleteFiles.filter(\.file.isDeletionVector)
        guard !deletes.isEmpty else { return }
        let sequenceNumbers = Dictionary(
            live.dataFiles.map { ($0.file.path, $0.dataSequenceNumber) },
            uniquingKeysWith: { first, _ in first }
        )
        for delete in deletes {
            guard let path = delete.file.referencedDataFile else {
                throw FormatError(file: delete.file.path, "a deletion vector names no data file")
            }
            guard let number = sequenceNumbers[path], number <= delete.dataSequenceNumber else {
                continue
            }
            guard vectors.updateValue(delete, forKey: path) == nil else {
                throw FormatError(
                    file: delete.file.path,
                    "\(path) has two deletion vectors, a snapshot has one of a data file at most"
                )
            }
        }
    }

    /// The vector that applies to a data file.
    func vector(of path: String) -> LiveFile? { vectors[path] }

    /// The rows of a data file that its vector took away; nil when it has none.
    func deletedRows(ofFile path: String) async throws -> RoaringBitmap? {
        guard let vector = vectors[path] else { return nil }
        return try await Self.read(vector.file, store: store)
    }

    /// Reads one vector and no other bytes.
    ///
    /// - Throws: `StoreError`, and `FormatError` when the vector is damaged or another one than its
    ///   entry says.
    static func read(_ vector: DataFile, store: any ObjectStore) async throws -> RoaringBitmap {
        guard let offset = vector.contentOffset, let size = vector.contentSizeBytes, offset >= 0,
            size >= 0, size <= vector.fileSizeBytes, offset <= vector.fileSizeBytes - size
        else {
            throw FormatError(
                file: vector.path,
                "a deletion vector of \(vector.contentSizeBytes ?? -1) bytes at "
                    + "\(vector.contentOffset ?? -1) does not lie in a file of "
                    + "\(vector.fileSizeBytes) bytes"
            )
        }
        let bytes = try await store.read(vector.path, range: Int(offset)..<Int(offset + size))
        guard bytes.count == size else {
            throw FormatError(
                file: vector.path,
                "\(size) bytes were asked for, the store gave \(bytes.count)",
                offset: Int(offset)
            )
        }
        let rows = try DeletionVector.read(bytes, file: vector.path, offset: Int(offset))
        guard rows.count == vector.recordCount else {
            throw FormatError(
                file: vector.path,
                "a deletion vector has \(rows.count) rows, its manifest says "
                    + "\(vector.recordCount)",
                offset: Int(offset)
            )
        }
        return rows
    }
}
