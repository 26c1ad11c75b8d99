internal import AWSSigning
internal import Bytes
internal import HTTPClient
public import ObjectStore

extension S3ObjectStore {
    public func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        let (root, bucket, prefix) = try S3Location.folder(folder)
        var token: String?
        repeat {
            let found = try await listPage(root, bucket, prefix, token, folder)
            if !found.objects.isEmpty { try await page(found.objects) }
            token = found.next
        } while token != nil
    }

    /// Source: Amazon S3 API Reference, ListObjectsV2.
    private func listPage(
        _ root: String,
        _ bucket: String,
        _ prefix: String,
        _ token: String?,
        _ folder: String
    ) async throws -> (objects: [ListedObject], next: String?) {
        let pageMax = connection.configuration.listPageObjectsMax
        var query: [(String, String?)] = [
            ("list-type", "2"), ("prefix", prefix), ("max-keys", String(pageMax)),
            ("encoding-type", "url"),
        ]
        if let token { query.append(("continuation-token", token)) }
        let operation = S3Operation(
            method: .get,
            bucket: bucket,
            query: query,
            answerBytesMax: 32 << 20,
            mayFailWithSuccess: true,
            tried: "list \(folder)",
            action: "s3:ListBucket"
        )
        let response = try await connection.send(operation)
        func failure(_ reason: String) -> StoreError {
            StoreError(.permission, "could not list \(folder): \(reason)")
        }
        guard let document = try? XMLElement(parsing: response.body),
            document.name == "ListBucketResult"
        else { throw failure("the answer is no listing. Check lake.s3.endpoint") }
        let isEncoded = document.text(of: "EncodingType") == "url"
        var objects: [ListedObject] = []
        for entry in document.children("Contents") {
            guard let written = entry.text(of: "Key"),
                let byteCount = entry.text(of: "Size").flatMap({ Int($0) })
            else { throw failure("an entry has no key or size") }
            let key = isEncoded ? URIEncoding.formDecoded(written) : written
            // What stands for the folder itself in some tools is no file in it.
            guard key != prefix, !key.hasSuffix("/") || byteCount > 0 else { continue }
            let seconds = entry.text(of: "LastModified").flatMap(secondsSince1970(ofISODate:))
            objects.append(
                ListedObject(
                    path: root + key,
                    byteCount: byteCount,
                    modifiedAtMilliseconds: Int64(seconds ?? 0) * 1000
                )
            )
        }
        guard document.text(of: "IsTruncated") == "true" else { return (objects, nil) }
        guard let next = document.text(of: "NextContinuationToken"), !next.isEmpty, next != token
        else { throw failure("the answer does not say where the next page begins") }
        return (objects, next)
    }

    public func delete(_ paths: [String]) async throws {
        let locations = try paths.map { path throws(StoreError) in try S3Location(path) }
        var failure: (any Error)?
        for (bucket, group) in Dictionary(grouping: locations, by: \.bucket) {
            var rest = group[...]
            while !rest.isEmpty {
                let batch = Array(rest.prefix(S3Limits.deletedObjectsMax))
                rest = rest.dropFirst(batch.count)
                do {
                    try await delete(batch, in: bucket)
                } catch {
                    failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
    }

    /// Deletes objects of one bucket in one request where the server can, else one by one.
    private func delete(_ batch: [S3Location], in bucket: String) async throws {
        // XML cannot hold most control characters, however they are written.
        let plain = batch.filter { $0.key.unicodeScalars.allSatisfy { $0.value >= 0x20 } }
        let left =
            plain.count > 1
            ? batch.filter { !plain.contains($0) } + (try await deleteTogether(plain, in: bucket))
            : batch
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, location) in left.enumerated() {
                if number >= Self.deletesAtOnceMax { try await group.next() }
                group.addTask { try await self.delete(location.path) }
            }
            try await group.waitForAll()
        }
    }

    private static let deletesAtOnceMax = 8

    /// - Returns: Those that were not deleted.
    ///
    /// Source: Amazon S3 API Reference, DeleteObjects.
    private func deleteTogether(
        _ batch: [S3Location],
        in bucket: String
    ) async throws
        -> [S3Location]
    {
        let objects = batch.map { "<Object><Key>\(xmlEscaped($0.key))</Key></Object>" }.joined()
        let body = Array("<Delete><Quiet>true</Quiet>\(objects)</Delete>".utf8)
        let tried = "delete \(batch.count) objects of \(batch[0].path)'s bucket"
        let operation = S3Operation(
            method: .post,
            bucket: bucket,
            query: [("delete", nil)],
            headers: [
                "Content-MD5": Digest.base64(Digest.md5(body)), "Content-Type": "application/xml",
            ],
            body: body,
            answerBytesMax: 4 << 20,
            understood: [405, 501],
            mayFailWithSuccess: true,
            tried: tried,
            action: "s3:DeleteObject"
        )
        let response = try await connection.send(operation)
        guard response.isSuccess else { return batch }
        let document = try? XMLElement(parsing: response.body)
        let failed = Set((document?.children("Error") ?? []).compactMap { $0.text(of: "Key") })
        return batch.filter { failed.contains($0.key) }
    }
}
