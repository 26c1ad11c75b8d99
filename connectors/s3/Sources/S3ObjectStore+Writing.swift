internal import AWSSigning
internal import HTTPClient
public import ObjectStore

extension S3ObjectStore {
    @discardableResult
    public func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        try await put(try S3Location(path), bytes, when: condition)
    }

    /// Writes an object in one request.
    ///
    /// The request may be sent several times, and its first success may go unheard. Then the
    /// condition fails for our own object, which is known by its ``UploadMark``.
    func put(
        _ location: S3Location,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        if condition == .absent, !connection.configuration.writesConditionally {
            try await checkAbsent(location)
        }
        let mark = UploadMark()
        var operation = S3Operation(
            method: .put,
            bucket: location.bucket,
            key: location.key,
            headers: mark.headers,
            body: bytes,
            understood: condition == .always ? [] : [412],
            tried: "write \(location.path)",
            action: "s3:PutObject"
        )
        set(condition, &operation)
        // A file that is gone is no longer as it was; some servers say 404 for that.
        if case .unchanged = condition { operation.understood.insert(404) }
        let response = try await connection.send(operation)
        guard response.isSuccess else {
            return try await ownVersion(location, mark, else: condition)
        }
        let version = Self.version(response.head)
        return version.tag.isEmpty ? Self.version(try await head(location)) : version
    }

    func set(_ condition: PutCondition, _ operation: inout S3Operation) {
        switch condition {
        case .absent where connection.configuration.writesConditionally:
            operation.headers["If-None-Match"] = "*"
        case .unchanged(let version): operation.headers["If-Match"] = version.tag
        case .absent, .always: break
        }
    }

    /// The version of the object if it is the one with this mark.
    ///
    /// - Throws: The failure of `condition` when it is not.
    func ownVersion(
        _ location: S3Location,
        _ mark: UploadMark,
        else condition: PutCondition
    ) async throws -> ObjectVersion {
        let failure =
            condition == .absent
            ? StoreError(.alreadyExists, "could not create \(location.path): the name is taken")
            : StoreError(.changed, "could not replace \(location.path): it was changed")
        do {
            let head = try await head(location)
            guard mark.isOn(head) else { throw failure }
            return Self.version(head)
        } catch let error as StoreError where error.kind == .notFound {
            throw failure
        }
    }

    /// For servers without conditions: a look before the write, which is better than none.
    func checkAbsent(_ location: S3Location) async throws {
        do {
            _ = try await head(location)
        } catch let error as StoreError where error.kind == .notFound {
            return
        }
        throw StoreError(.alreadyExists, "could not create \(location.path): the name is taken")
    }
}

/// A mark that every object carries which we write, so that we know our own again.
struct UploadMark: Sendable {
    private static let name = "x-amz-meta-frazil-upload"
    private let text: String

    init() {
        let halves = (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }
        text = halves.joined(separator: "-")
    }

    var headers: HTTPHeaders { [Self.name: text] }

    func isOn(_ head: HTTPResponseHead) -> Bool { head.headers[Self.name] == text }
}
