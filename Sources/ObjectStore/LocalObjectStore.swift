internal import Glibc

/// Files of the machine's own file system.
///
/// A file appears under its name only when it is whole and on disk, and never replaces another.
public struct LocalObjectStore: ObjectStore {
    /// How many files a page of a listing has.
    let pageObjectsMax: Int

    public init(pageObjectsMax: Int = 1000) { self.pageObjectsMax = pageObjectsMax }

    public func create(_ path: String) async throws -> any ObjectUpload {
        try LocalUpload(location: path)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let descriptor = try openForReading(path)
        defer { close(descriptor) }
        let byteCount = try size(of: descriptor, path)
        let range = range ?? 0..<byteCount
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw StoreError(
                .notFound,
                "could not read bytes \(range) of \(path): it has \(byteCount) bytes"
            )
        }
        return try [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
            while count < range.count {
                let read = pread(
                    descriptor,
                    target.baseAddress.map { $0 + count },
                    range.count - count,
                    off_t(range.lowerBound + count)
                )
                if read < 0, errno == EINTR { continue }
                guard read >= 0 else {
                    throw StoreError(errno: errno, "could not read \(path)")
                }
                guard read > 0 else {
                    throw StoreError(
                        .unavailable,
                        "could not read \(path): it ended after \(range.lowerBound + count) of "
                            + "\(range.upperBound) bytes"
                    )
                }
                count += read
            }
        }
    }

    public func status(of path: String) async throws -> ObjectStatus {
        let descriptor = try openForReading(path)
        defer { close(descriptor) }
        return ObjectStatus(try plainFileStatus(of: descriptor, path))
    }

    public func delete(_ path: String) async throws {
        guard unlink(try LocalPath.path(of: path)) != 0, errno != ENOENT else { return }
        throw StoreError(errno: errno, "could not delete \(path)")
    }

    private func openForReading(_ path: String) throws(StoreError) -> Int32 {
        let descriptor = open(try LocalPath.path(of: path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "could not open \(path)") }
        return descriptor
    }

    private func size(of descriptor: Int32, _ path: String) throws(StoreError) -> Int {
        Int(try plainFileStatus(of: descriptor, path).st_size)
    }

    private func plainFileStatus(
        of descriptor: Int32,
        _ path: String
    ) throws(StoreError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw StoreError(errno: errno, "could not look at \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.permission, "could not read \(path): it is no plain file")
        }
        return status
    }
}

extension ObjectStatus {
    /// Replacing makes a new inode, and its time tells apart those that got a number again.
    init(_ status: stat) {
        self.init(
            byteCount: Int(status.st_size),
            version: ObjectVersion(
                tag: "\(status.st_ino)-\(status.st_mtim.tv_sec)-\(status.st_mtim.tv_nsec)"
            )
        )
    }
}
