internal import Glibc
public import ObjectStore

/// What every store must do, whatever stands behind it.
///
/// Each claim gets a fresh folder, so that one store can serve all of them.
public enum ObjectStoreBehaviour {
    public struct Claim: Sendable, CustomStringConvertible {
        /// The claim in one sentence.
        public var sentence: String
        var check: @Sendable (Subject) async throws -> Void

        public var description: String { sentence }

        /// Throws a ``Failure`` when the store does not do what the claim says.
        ///
        /// - `root`: A folder in which the claim may make one of its own, such as `s3://bucket/a`.
        public func verify(_ store: any ObjectStore, root: String) async throws {
            let folder = "\(root)/claim-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
            try await check(Subject(store: store, folder: folder))
        }
    }

    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    /// The store that is looked at, and where in it.
    struct Subject: Sendable {
        var store: any ObjectStore
        var folder: String

        func path(_ name: String) -> String { "\(folder)/\(name)" }

        /// All names below the folder, in the order of their bytes; one that is listed twice is there
        /// twice.
        func names() async throws -> [String] {
            try await sorted(store.list(below: folder)).map { listed in
                try expect(
                    listed.path.hasPrefix("\(folder)/"),
                    "\(listed.path) does not begin with \(folder)"
                )
                return String(listed.path.dropFirst(folder.count + 1))
            }
        }

        /// In the order of the paths' bytes; Swift's own would take two spellings of a letter for one.
        func sorted(_ listed: [ListedObject]) -> [ListedObject] {
            listed.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        }
    }

    static func expect(_ condition: Bool, _ message: String) throws {
        guard condition else { throw Failure(description: message) }
    }

    static func expectEqual<Value: Equatable>(
        _ found: Value,
        _ expected: Value,
        _ what: String
    ) throws {
        try expect(found == expected, "\(what): expected \(expected), found \(found)")
    }

    /// Compares bytes without printing megabytes.
    static func expectBytes(_ found: [UInt8], _ expected: [UInt8], _ what: String) throws {
        let isEqual =
            found.count == expected.count && memcmp(found, expected, found.count) == 0
        guard !isEqual else { return }
        let index = zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        throw Failure(
            description: "\(what): expected \(expected.count) bytes, found \(found.count); they"
                + " differ from \(index ?? min(found.count, expected.count)) on"
        )
    }

    static func expectError(
        _ kind: StoreError.Kind,
        _ what: String,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as StoreError {
            try expectEqual(error.kind, kind, "\(what): kind of \"\(error)\"")
            return
        }
        throw Failure(description: "\(what): nothing was thrown, expected \(kind)")
    }

    /// Bytes in which a piece in the wrong place shows: their period is a prime.
    static func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        let start = seed % period.count
        bytes += period[start...].prefix(count)
        while bytes.count < count { bytes += period.prefix(count - bytes.count) }
        return bytes
    }

    private static let period = (0..<65_521).map {
        UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11)
    }

    /// Objects in a page of a listing; stores under test are made with it.
    public static let pageObjects = 10

    /// All claims; run each one against each store.
    public static let claims: [Claim] =
        readingClaims + writingClaims + conditionClaims + listingClaims
}
