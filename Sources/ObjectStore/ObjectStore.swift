/// Where data and metadata files live: a folder, later a bucket.
///
/// Paths are full locations as table metadata spells them, such as
/// `file:///lake/warehouse/shop/orders/data/0001.parquet`, byte for byte.
public protocol ObjectStore: Sendable {
    /// Starts a new file. Nothing is visible under `path` until `complete` returns.
    func create(_ path: String) async throws -> any ObjectUpload

    /// Reads the bytes of `range`, or the whole file.
    ///
    /// - Throws: ``StoreError`` `.notFound` when there is no such file.
    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8]

    func byteCount(of path: String) async throws -> Int

    /// Removes a file; one that is not there is no error.
    func delete(_ path: String) async throws
}

/// A file that is being written; used by one task.
public protocol ObjectUpload: AnyObject {
    func write(_ bytes: UnsafeRawBufferPointer) async throws
    /// Makes the whole file durable and visible under its final name.
    ///
    /// - Throws: ``StoreError`` `.alreadyExists` when the name is taken.
    func complete() async throws
    /// Gives the file up; nothing of it stays.
    func abort() async
}

extension ObjectStore {
    /// Writes a whole small file at once.
    public func put(_ path: String, _ bytes: [UInt8]) async throws {
        let upload = try await create(path)
        do {
            try await upload.writeAll(bytes)
            try await upload.complete()
        } catch {
            await upload.abort()
            throw error
        }
    }
}

extension ObjectUpload {
    /// Writes all bytes of an array.
    public func writeAll(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try await write(UnsafeRawBufferPointer(copy))
    }
}

/// A failure of a file store.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        case notFound
        case alreadyExists
        /// Not allowed, read-only, or a path that cannot be.
        case permission
        /// No space left.
        case full
        /// Anything that may pass.
        case unavailable
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
