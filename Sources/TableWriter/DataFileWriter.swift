public import Columns
public import Iceberg
public import ObjectStore
public import Parquet

/// Writes one Parquet file of a table into the store; owned by one task.
///
/// The file exists under its name only after `finish`; `abandon` leaves nothing.
public final class DataFileWriter {
    public let path: String
    private let writer: ParquetWriter
    private let upload: any ObjectUpload

    public init(
        store: any ObjectStore,
        path: String,
        fields: [ParquetField],
        options: ParquetWriterOptions
    ) async throws {
        self.path = path
        writer = try ParquetWriter(fields: fields, options: options)
        upload = try await store.create(path)
    }

    public var rowCount: Int { writer.rowCount }
    public var writtenBytes: Int { writer.writtenBytes }
    /// Bytes of rows that wait for their row group.
    public var bufferedBytes: Int { writer.bufferedBytes }
    /// Bytes of the file that wait in memory to be uploaded.
    public var waitingBytes: Int { upload.waitingBytes }

    /// Appends rows; see ``ParquetWriter/append(_:selection:)``.
    public func append(_ columns: [Column], selection: [Int32]? = nil) async throws {
        do {
            try writer.append(columns, selection: selection)
        } catch {
            throw RowDoesNotFit(message: error.description)
        }
        try await drain()
    }

    /// Ends the row group, however small it is.
    public func closeRowGroup() async throws {
        do {
            try writer.closeRowGroup()
        } catch {
            throw RowDoesNotFit(message: error.description)
        }
        try await drain()
    }

    /// Writes the rest and makes the file visible.
    public func finish(
        content: DataFile.Content = .data,
        equalityFieldIDs: [Int32]? = nil,
        referencedDataFile: String? = nil
    ) async throws -> DataFile {
        let metrics: ParquetFileMetrics
        do {
            metrics = try writer.finish()
        } catch {
            throw RowDoesNotFit(message: error.description)
        }
        try await drain()
        try await upload.complete()
        return DataFile(
            path: path,
            metrics: metrics,
            content: content,
            equalityFieldIDs: equalityFieldIDs,
            referencedDataFile: referencedDataFile
        )
    }

    /// Gives the file up.
    public func abandon() async {
        await upload.abort()
    }

    private func drain() async throws {
        try await writer.upload { try await upload.write($0) }
    }
}

/// A row whose value its column in the lake cannot hold; names the column, never the value.
public struct RowDoesNotFit: Error, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
}
