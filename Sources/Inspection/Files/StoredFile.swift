internal import Diagnostics
internal import ObjectStore

/// One file of a store that is looked into by ranges.
struct StoredFile: Sendable {
    let path: String
    let byteCount: Int
    let store: any ObjectStore

    init(_ path: String, store: any ObjectStore) async throws {
        self.path = path
        self.store = store
        byteCount = try await store.byteCount(of: path)
    }

    /// - Throws: `StoreError`; `FormatError` when the file has no such bytes.
    func read(_ range: Range<Int>) async throws -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw FormatError(
                file: path,
                "bytes \(range.lowerBound) to \(range.upperBound) are wanted, the file has "
                    + "\(byteCount)"
            )
        }
        if range.isEmpty { return [] }
        let bytes = try await store.read(path, range: range)
        guard bytes.count == range.count else {
            throw FormatError(
                file: path,
                "\(range.count) bytes were asked for, the store gave \(bytes.count)",
                offset: range.lowerBound
            )
        }
        return bytes
    }

    func read(first count: Int) async throws -> [UInt8] {
        try await read(0..<min(count, byteCount))
    }

    func read(last count: Int) async throws -> [UInt8] {
        try await read(max(0, byteCount - count)..<byteCount)
    }

    func readAll() async throws -> [UInt8] { try await read(0..<byteCount) }
}
