/// Where data and metadata files live: a folder or a bucket.
///
/// Paths are full locations as table metadata spells them, such as
/// `file:///lake/warehouse/shop/orders/data/0001.parquet`, byte for byte.
public protocol ObjectStore: Sendable {
    /// Starts a new file. Nothing is visible under `path` until `complete` returns.
    func create(_ path: String) async throws -> any ObjectUpload

    /// Writes a whole small file, whose name may be taken if `condition` says so.
    ///
    /// Readers see the old content or the new one, never a mixture.
    /// - Returns: The version that was written.
    /// - Throws: ``StoreError`` `.alreadyExists` or `.changed` when the condition does not hold.
    @discardableResult
    func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion

    /// Reads the bytes of `range`, or the whole file.
    ///
    /// - Throws: ``StoreError`` `.notFound` when there is no such file, or it ends before the range.
    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8]

    /// How large a file is, and which version of it there is now.
    ///
    /// - Throws: ``StoreError`` `.notFound`.
    func status(of path: String) async throws -> ObjectStatus

    /// Removes a file; one that is not there is no error.
    func delete(_ path: String) async throws

    /// Removes files; those that are not there are no error.
    ///
    /// - Throws: ``StoreError`` for the first that could not be removed, when all were tried.
    func delete(_ paths: [String]) async throws

    /// Lists all files below a folder, however deep, a page at a time.
    ///
    /// The paths begin as `folder` does and are in the store's own order: that of their bytes in
    /// local files and most S3 servers, while SeaweedFS walks down folder by folder. Files that come
    /// or go meanwhile are listed or not. A folder that is not there has no files.
    func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws
}

/// What has to hold for a file to be written.
public enum PutCondition: Sendable, Equatable {
    /// The name is not taken.
    case absent
    /// The file is still of this version.
    case unchanged(ObjectVersion)
    case always
}

/// Tells apart what a file holds at different times; stores know best how.
public struct ObjectVersion: Sendable, Hashable {
    public var tag: String

    public init(tag: String) { self.tag = tag }
}

/// What a store knows of a file without reading it.
public struct ObjectStatus: Sendable, Equatable {
    public var byteCount: Int
    public var version: ObjectVersion

    public init(byteCount: Int, version: ObjectVersion) {
        self.byteCount = byteCount
        self.version = version
    }
}

/// A file that was found in a listing.
public struct ListedObject: Sendable, Equatable {
    public var path: String
    public var byteCount: Int
    /// Milliseconds since 1970 at which it was written last.
    public var modifiedAtMilliseconds: Int64

    public init(path: String, byteCount: Int, modifiedAtMilliseconds: Int64) {
        self.path = path
        self.byteCount = byteCount
        self.modifiedAtMilliseconds = modifiedAtMilliseconds
    }
}

/// A file that is being written; used by one task.
public protocol ObjectUpload: AnyObject {
    func write(_ bytes: UnsafeRawBufferPointer) async throws
    /// Bytes that were written and wait in memory until there are more; none unless it says so.
    var waitingBytes: Int { get }
    /// Makes the whole file durable and visible under its final name.
    ///
    /// - Throws: ``StoreError`` `.alreadyExists` when the name is taken.
    func complete() async throws
    /// Gives the file up; nothing of it stays.
    func abort() async
}

extension ObjectUpload {
    public var waitingBytes: Int { 0 }
}

extension ObjectStore {
    public func byteCount(of path: String) async throws -> Int {
        try await status(of: path).byteCount
    }

    /// Removes files one after the other, for stores that have nothing better.
    public func delete(_ paths: [String]) async throws {
        var failure: (any Error)?
        for path in paths {
            do {
                try await delete(path)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Lists all files below a folder at once; for folders that are known to be small.
    public func list(below folder: String) async throws -> [ListedObject] {
        var found: [ListedObject] = []
        try await list(below: folder) { found += $0 }
        return found
    }

    /// Writes a whole small file whose name is not taken.
    ///
    /// - Throws: ``StoreError`` `.alreadyExists`.
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
        /// Somebody else wrote the file since it was looked at.
        case changed
        /// A path that cannot be, or a store that is set up in a way that cannot work.
        case permission
        /// The store does not let us, at the moment: an administrator may change that.
        case denied
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
