internal import ObjectStore

/// An object that is being written: whole in one request when it is small, else in parts.
///
/// Parts go out while the next ones are written; how many at once is bounded for the whole store.
final class S3Upload: ObjectUpload {
    private let location: S3Location
    private let store: S3ObjectStore
    private let partBytes: Int
    /// What was written and is not in a part yet.
    private var buffer: [UInt8] = []
    private var parts: MultipartUpload?

    init(_ location: S3Location, store: S3ObjectStore) {
        self.location = location
        self.store = store
        partBytes = store.connection.configuration.partBytes
    }

    deinit {
        // Nobody said how it ends: parts that stay would be paid for.
        guard let parts else { return }
        Task { await parts.abort() }
    }

    var waitingBytes: Int { buffer.count }

    func write(_ bytes: UnsafeRawBufferPointer) async throws {
        var written = 0
        while written < bytes.count {
            // A full buffer waits for one more byte: the last part must not be empty.
            if buffer.count == partBytes { try await sendPart() }
            let count = min(bytes.count - written, partBytes - buffer.count)
            buffer.append(
                contentsOf: UnsafeRawBufferPointer(rebasing: bytes[written..<written + count])
            )
            written += count
        }
    }

    private func sendPart() async throws {
        let upload: MultipartUpload
        if let parts {
            upload = parts
        } else {
            upload = try await MultipartUpload(location, store: store)
            parts = upload
        }
        var part: [UInt8] = []
        swap(&part, &buffer)
        try await upload.send(part)
    }

    func complete() async throws {
        guard parts != nil else {
            _ = try await store.put(location, buffer, when: .absent)
            buffer = []
            return
        }
        if !buffer.isEmpty { try await sendPart() }
        try await parts?.complete()
        parts = nil
    }

    func abort() async {
        buffer = []
        guard let upload = parts else { return }
        parts = nil
        await upload.abort()
    }
}
