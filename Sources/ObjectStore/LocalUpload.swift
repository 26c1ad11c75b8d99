internal import Glibc

/// A local file that is being written under a temporary name beside its final one.
final class LocalUpload: ObjectUpload {
    private let location: String
    private let path: String
    private let temporaryPath: String
    /// -1 once the file is complete or given up.
    private var descriptor: Int32
    private var buffer: UnsafeMutableRawBufferPointer
    private var bufferedByteCount = 0

    /// Small writes are gathered until they fill this many bytes.
    static let bufferByteCount = 256 * 1024

    init(location: String) throws(StoreError) {
        self.location = location
        path = try LocalPath.path(of: location)
        let folder = LocalPath.parent(of: path)
        try LocalPath.createFolder(folder)
        let name = path.dropFirst(folder == "/" ? 1 : folder.count + 1)
        let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        // A leading dot keeps it out of the sight of readers that list folders. The name's end is
        // what differs most, and the limit of 255 bytes must hold for the longer name, too.
        temporaryPath = "\(folder)/.\(name.suffix(60)).\(getpid()).\(tag).part"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 16)
        guard descriptor >= 0 else {
            throw StoreError(errno: errno, "could not create \(location)")
        }
    }

    deinit {
        giveUp()
        buffer.deallocate()
    }

    func write(_ bytes: UnsafeRawBufferPointer) async throws {
        if bytes.count > buffer.count - bufferedByteCount { try flush() }
        guard bytes.count < buffer.count else {
            try writeThrough(bytes)
            return
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[bufferedByteCount...]).copyMemory(
            from: bytes
        )
        bufferedByteCount += bytes.count
    }

    private func flush() throws(StoreError) {
        try writeThrough(UnsafeRawBufferPointer(rebasing: buffer[..<bufferedByteCount]))
        bufferedByteCount = 0
    }

    private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(
                descriptor,
                bytes.baseAddress.map { $0 + written },
                bytes.count - written
            )
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StoreError(errno: errno, "could not write \(location)") }
            written += count
        }
    }

    func complete() async throws {
        try finishTemporary()
        try publish()
        try syncFolder()
    }

    /// Puts the file in the place of the one that has its name.
    ///
    /// - Returns: The new file's version.
    /// - Throws: ``StoreError`` `.changed` when the condition does not hold.
    func replace(when condition: PutCondition) throws(StoreError) -> ObjectVersion {
        try finishTemporary()
        var status = stat()
        do throws(StoreError) {
            let lock = try FolderLock(LocalPath.parent(of: path), for: location)
            if case .unchanged(let version) = condition {
                let isThere = stat(path, &status) == 0
                guard isThere, ObjectStatus(status).version == version else {
                    throw StoreError(
                        .changed,
                        "could not replace \(location): it was \(isThere ? "changed" : "removed")"
                    )
                }
            }
            guard stat(temporaryPath, &status) == 0, rename(temporaryPath, path) == 0 else {
                throw StoreError(errno: errno, "could not replace \(location)")
            }
            _ = consume lock
        } catch {
            unlink(temporaryPath)
            throw error
        }
        try syncFolder()
        return ObjectStatus(status).version
    }

    /// Makes the bytes durable under the temporary name.
    private func finishTemporary() throws(StoreError) {
        try flush()
        guard fsync(descriptor) == 0 else {
            throw StoreError(errno: errno, "could not write \(location) to disk")
        }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0 else {
            let error = StoreError(errno: errno, "could not close \(location)")
            unlink(temporaryPath)
            throw error
        }
    }

    /// Gives the file its final name unless that is taken.
    private func publish() throws(StoreError) {
        // Unlike rename(), link() never overwrites.
        if link(temporaryPath, path) == 0 {
            unlink(temporaryPath)
            return
        }
        let number = errno
        guard number == EPERM || number == EOPNOTSUPP || number == ENOSYS else {
            unlink(temporaryPath)
            throw StoreError(errno: number, "could not create \(location)")
        }
        try publishWithoutLinks()
    }

    /// For file systems without hard links: takes the name first, then replaces its own empty file.
    private func publishWithoutLinks() throws(StoreError) {
        let claim = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard claim >= 0 else {
            let error = StoreError(errno: errno, "could not create \(location)")
            unlink(temporaryPath)
            throw error
        }
        close(claim)
        guard rename(temporaryPath, path) == 0 else {
            let error = StoreError(errno: errno, "could not create \(location)")
            unlink(path)
            unlink(temporaryPath)
            throw error
        }
    }

    /// Makes the new name durable.
    private func syncFolder() throws(StoreError) {
        let folder = open(LocalPath.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw StoreError(errno: errno, "could not open \(location)'s folder")
        }
        defer { close(folder) }
        // Some file systems cannot sync a folder; they order names themselves.
        guard fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw StoreError(errno: errno, "could not write \(location)'s folder to disk")
        }
    }

    func abort() async { giveUp() }

    private func giveUp() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporaryPath)
    }
}
