internal import Glibc

extension LocalObjectStore {
    @discardableResult
    public func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        guard condition != .absent else {
            try await put(path, bytes)
            return try await status(of: path).version
        }
        let upload = try LocalUpload(location: path)
        do {
            try await upload.writeAll(bytes)
            return try upload.replace(when: condition)
        } catch {
            await upload.abort()
            throw error
        }
    }
}

/// Keeps other writers of a folder out, in this program and in others like it.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    init(_ folder: String, for location: String) throws(StoreError) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(errno: errno, "could not open \(location)'s folder")
        }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let error = StoreError(errno: errno, "could not lock \(location)'s folder")
                close(descriptor)
                throw error
            }
        }
    }

    // Closing unlocks.
    deinit { close(descriptor) }
}
