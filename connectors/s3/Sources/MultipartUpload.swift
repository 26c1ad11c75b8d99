internal import Bytes
internal import HTTPClient
internal import ObjectStore

/// An object that goes to S3 in parts, some of them at the same time.
///
/// Source: Amazon S3 API Reference, CreateMultipartUpload, UploadPart, CompleteMultipartUpload and
/// AbortMultipartUpload.
actor MultipartUpload {
    private let location: S3Location
    private let store: S3ObjectStore
    private let mark: UploadMark
    private let id: String
    /// By number, from 1.
    private var parts: [Task<String, any Error>] = []
    /// What the first part met that could not be sent.
    private var failure: (any Error)?

    init(_ location: S3Location, store: S3ObjectStore) async throws {
        self.location = location
        self.store = store
        mark = UploadMark()
        // Asked twice it begins two uploads, of which one stays empty and is never paid for.
        let operation = S3Operation(
            method: .post,
            bucket: location.bucket,
            key: location.key,
            query: [("uploads", nil)],
            headers: mark.headers,
            mayFailWithSuccess: true,
            tried: "begin to write \(location.path)",
            action: "s3:PutObject"
        )
        let response = try await store.connection.send(operation)
        guard let id = (try? XMLElement(parsing: response.body))?.text(of: "UploadId"), !id.isEmpty
        else {
            throw StoreError(
                .permission,
                "could not begin to write \(location.path): the answer names no upload"
            )
        }
        self.id = id
    }

    /// Sends the next part, as soon as the store has a free slot; its end is awaited later.
    ///
    /// - Throws: What an earlier part met, so that a file that cannot become whole ends early.
    func send(_ bytes: [UInt8]) async throws {
        guard parts.count < S3Limits.partsMax else {
            throw StoreError(
                .permission,
                "could not write \(location.path): it has more than \(S3Limits.partsMax) parts of"
                    + " \(store.connection.configuration.partBytes) bytes. Raise lake.s3.part-size"
            )
        }
        try await store.partSlots.take()
        let number = parts.count + 1
        parts.append(
            Task { [store, location, id] in
                defer { store.partSlots.giveBack() }
                do {
                    return try await Self.sendPart(bytes, number, id, location, store)
                } catch {
                    note(error)
                    throw error
                }
            }
        )
        if let failure { throw failure }
    }

    private func note(_ error: any Error) { failure = failure ?? error }

    private static func sendPart(
        _ bytes: [UInt8],
        _ number: Int,
        _ id: String,
        _ location: S3Location,
        _ store: S3ObjectStore
    ) async throws -> String {
        let operation = S3Operation(
            method: .put,
            bucket: location.bucket,
            key: location.key,
            query: [("partNumber", String(number)), ("uploadId", id)],
            body: bytes,
            tried: "write part \(number) of \(location.path)",
            action: "s3:PutObject"
        )
        let response = try await store.connection.send(operation)
        guard let tag = response.headers["ETag"] else {
            throw StoreError(
                .permission,
                "could not write part \(number) of \(location.path): the answer has no ETag"
            )
        }
        return tag
    }

    /// Joins all parts to one object.
    ///
    /// - Throws: ``StoreError`` `.alreadyExists` when the name is taken.
    func complete() async throws {
        var tags: [String] = []
        for part in parts { tags.append(try await part.value) }
        if !store.connection.configuration.writesConditionally {
            try await store.checkAbsent(location)
        }
        var operation = S3Operation(
            method: .post,
            bucket: location.bucket,
            key: location.key,
            query: [("uploadId", id)],
            headers: ["Content-Type": "application/xml"],
            body: Self.document(tags),
            understood: [404, 412],
            mayFailWithSuccess: true,
            tried: "write \(location.path)",
            action: "s3:PutObject",
            isSlow: true
        )
        store.set(.absent, &operation)
        let response = try await store.connection.send(operation)
        if response.isSuccess { return }
        // The upload that is gone, or the name that is taken, may be our own unheard success.
        do {
            _ = try await store.ownVersion(location, mark, else: .absent)
        } catch let error as StoreError
            where error.kind == .alreadyExists && response.status == 404
        {
            throw StoreError(
                .unavailable,
                "could not write \(location.path): the upload of its parts is gone"
            )
        }
    }

    private static func document(_ tags: [String]) -> [UInt8] {
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(xmlEscaped(tag))</ETag></Part>"
        }
        let text = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
        return Array(text.utf8)
    }

    /// Gives the parts up, also for a task that was cancelled.
    func abort() async {
        for part in parts { part.cancel() }
        // A part that is still under way would come back to life after the abort.
        for part in parts { _ = await part.result }
        let operation = S3Operation(
            method: .delete,
            bucket: location.bucket,
            key: location.key,
            query: [("uploadId", id)],
            understood: [404],
            tried: "give up \(location.path)",
            action: "s3:AbortMultipartUpload"
        )
        // A task of its own is not cancelled with the one that waits here. What cannot be given up
        // now goes with the bucket's rule for incomplete uploads.
        _ = await Task { [store] in try? await store.connection.send(operation) }.value
    }
}

/// Text for the inside of an element.
func xmlEscaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\r": escaped += "&#13;"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
