/// Files of the machine's own file system.
public struct LocalObjectStore: ObjectStore {
    public init() {}
    public func create(_ path: String) async throws -> any ObjectUpload { fatalError("soon") }
    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] { fatalError("soon") }
    public func byteCount(of path: String) async throws -> Int { fatalError("soon") }
    public func delete(_ path: String) async throws { fatalError("soon") }
}
