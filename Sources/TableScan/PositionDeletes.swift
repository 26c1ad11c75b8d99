internal import Columns
internal import Diagnostics
internal import Glibc
internal import Iceberg
internal import ObjectStore
internal import Parquet
internal import Puffin
internal import TableModel

/// The position deletes of one snapshot, by data file, deletion vectors among them.
///
/// A delete file applies when it names the data file, the data file's sequence number is not greater
/// than its own, and the data file has no deletion vector. Files that speak of several data files
/// count only inside their partition, as other engines have it; files of one data file need only its
/// path.
///
/// Source: Iceberg specification, "Scan Planning" and "Position Delete Files".
struct PositionDeletes {
    static let pathField = SchemaField(
        id: DataFile.deleteFilePathFieldID,
        name: "file_path",
        type: .string,
        isRequired: true
    )
    static let positionField = SchemaField(
        id: DataFile.deletePositionFieldID,
        name: "pos",
        type: .long,
        isRequired: true
    )

    private let store: any ObjectStore
    private let vectors: DeletionVectors
    /// Delete files of a single data file, by its path.
    private var filesByPath: [String: [LiveFile]] = [:]
    /// Positions from delete files of several data files, by path; only those that apply.
    private var sharedPositions: [String: [Int64]] = [:]
    /// The delete files those came from, by path.
    private var sharedFiles: [String: [LiveFile]] = [:]

    init(_ live: LiveFiles, store: any ObjectStore) async throws {
        self.store = store
        let vectors = try DeletionVectors(live, store: store)
        self.vectors = vectors
        let deletes = live.deleteFiles.filter {
            $0.file.content == .positionDeletes && !$0.file.isDeletionVector
        }
        guard !deletes.isEmpty else { return }
        let dataFiles = Dictionary(
            live.dataFiles.lazy.filter { vectors.vector(of: $0.file.path) == nil }
                .map { ($0.file.path, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var shared: [LiveFile] = []
        for delete in deletes {
            try TableScan.checkIsParquet(delete.file)
            let onlyPath = delete.file.onlyReferencedDataFile { dataFiles[$0] != nil }
            guard let path = onlyPath else {
                shared.append(delete)
                continue
            }
            guard let data = dataFiles[path], data.dataSequenceNumber <= delete.dataSequenceNumber
            else { continue }
            filesByPath[path, default: []].append(delete)
        }
        try Self.checkLimit(shared)
        for delete in shared { try await readShared(delete, dataFiles) }
    }

    private static func checkLimit(_ files: [LiveFile]) throws {
        let rows = files.reduce(0) { $0 + $1.file.recordCount }
        guard rows <= ScanLimits.sharedPositionDeletesMax else {
            throw FormatError(
                file: files[0].file.path,
                "it and other position delete files of several data files hold \(rows) rows, at "
                    + "most \(ScanLimits.sharedPositionDeletesMax) can be read; compact the table"
            )
        }
    }

    private mutating func readShared(
        _ delete: LiveFile,
        _ dataFiles: [String: LiveFile]
    ) async throws {
        let file = try await Self.open(delete.file, store)
        let projection = try file.reader.projection(of: [Self.pathField, Self.positionField])
        for rowGroup in 0..<file.rowGroupCount {
            try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                readShared(batch.columns, delete, dataFiles)
            }
        }
    }

    private mutating func readShared(
        _ columns: [Column],
        _ delete: LiveFile,
        _ dataFiles: [String: LiveFile]
    ) {
        // Rows are sorted by path, so a path is looked up once for its whole run.
        var path: [UInt8] = []
        var positions: [Int64] = []
        for row in 0..<columns[0].rowCount {
            let next = columns[0].bytes(at: row)
            if !isEqual(next, path) {
                keep(positions, path, delete, dataFiles)
                path = [UInt8](next)
                positions = []
            }
            positions.append(columns[1].value(at: row, as: Int64.self))
        }
        keep(positions, path, delete, dataFiles)
    }

    private func isEqual(_ bytes: UnsafeRawBufferPointer, _ path: [UInt8]) -> Bool {
        guard bytes.count == path.count, let start = bytes.baseAddress else {
            return bytes.count == path.count
        }
        return path.withUnsafeBytes { other in
            other.baseAddress.map { memcmp(start, $0, bytes.count) == 0 } ?? true
        }
    }

    private mutating func keep(
        _ positions: [Int64],
        _ path: [UInt8],
        _ delete: LiveFile,
        _ dataFiles: [String: LiveFile]
    ) {
        let path = String(decoding: path, as: UTF8.self)
        guard !positions.isEmpty, let data = dataFiles[path],
            data.dataSequenceNumber <= delete.dataSequenceNumber,
            data.file.specID == delete.file.specID, data.file.partition == delete.file.partition
        else { return }
        sharedPositions[path, default: []] += positions
        if sharedFiles[path]?.last != delete { sharedFiles[path, default: []].append(delete) }
    }

    private static func open(
        _ delete: DataFile,
        _ store: any ObjectStore
    ) async throws -> ParquetFile {
        try await ParquetFile.open(
            delete.path,
            byteCount: Int(delete.fileSizeBytes),
            store: store
        )
    }

    /// What delete files of several data files list of one.
    func sharedPositions(ofFile path: String) -> [Int64] { sharedPositions[path] ?? [] }

    /// The delete files that speak of a data file.
    func files(for path: String) -> [LiveFile] {
        if let vector = vectors.vector(of: path) { return [vector] }
        return (filesByPath[path] ?? []) + (sharedFiles[path] ?? [])
    }

    /// The rows of a data file that position deletes took away.
    func deletedRows(ofFile path: String, rowCount: Int) async throws -> DeletedRows {
        var deleted = DeletedRows(rowCount: rowCount)
        if let rows = try await vectors.deletedRows(ofFile: path) {
            rows.forEach { deleted.insert(Int64($0)) }
            return deleted
        }
        for position in sharedPositions[path] ?? [] { deleted.insert(position) }
        for delete in filesByPath[path] ?? [] {
            try await Self.forEachPositions(in: delete.file, store: store) { positions in
                for row in 0..<positions.rowCount {
                    deleted.insert(positions.value(at: row, as: Int64.self))
                }
            }
        }
        return deleted
    }

    /// Calls `body` with columns of positions that follow each other.
    static func forEachPositions(
        in delete: DataFile,
        store: any ObjectStore,
        _ body: (Column) throws -> Void
    ) async throws {
        let file = try await open(delete, store)
        let projection = try file.reader.projection(of: [positionField])
        for rowGroup in 0..<file.rowGroupCount {
            try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                try body(batch.columns[0])
            }
        }
    }
}
