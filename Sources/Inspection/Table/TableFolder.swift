internal import Diagnostics
internal import Glibc
internal import Iceberg
public import ObjectStore

/// Finds a table's current metadata file in its folder, where no catalog tells.
///
/// Of tables that a catalog keeps this is a guess: the file of the highest version, which a commit that
/// did not happen may have left behind.
public struct TableFolder {
    /// From the root, or a location of a store; without a slash at its end.
    public let path: String

    public init(path: String) { self.path = path }

    /// Whether there is a folder of this machine.
    public var exists: Bool { Self.isFolder(path) }

    private var metadataFolder: String { "\(path)/metadata" }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The current metadata file.
    ///
    /// The one that `version-hint.text` names, where a catalog of files wrote it; else the one with the
    /// highest version and, of several, the one that was updated last.
    /// - Throws: `FormatError` when the folder holds no table.
    public func currentMetadataFile(store: any ObjectStore) async throws -> String {
        guard !path.hasPrefix("/") || Self.isFolder(metadataFolder) else {
            throw FormatError(file: path, "the folder holds no table: it has no folder metadata")
        }
        let names = try await names(store)
        let files = names.compactMap { name in
            Self.version(of: name).map { (name: name, version: $0) }
        }
        if let hint = try await hintedVersion(names, store),
            let file = files.first(where: { $0.version == hint && $0.name.hasPrefix("v") })
        {
            return "\(metadataFolder)/\(file.name)"
        }
        guard let highest = files.map(\.version).max() else {
            throw FormatError(
                file: path,
                "the folder holds no table: its folder metadata has no metadata file"
            )
        }
        let newest = files.filter { $0.version == highest }.map { "\(metadataFolder)/\($0.name)" }
        return newest.count == 1 ? newest[0] : try await lastUpdated(newest, store)
    }

    private func hintedVersion(
        _ names: [String],
        _ store: any ObjectStore
    ) async throws -> Int? {
        let name = "version-hint.text"
        guard names.contains(name) else { return nil }
        let file = try await StoredFile("\(metadataFolder)/\(name)", store: store)
        let digits = try await file.read(first: 32).filter { !$0.isSpace }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private func lastUpdated(_ files: [String], _ store: any ObjectStore) async throws -> String {
        var last = (file: files[0], milliseconds: Int64.min)
        for path in files.sorted() {
            let bytes = try await StoredFile(path, store: store).readAll()
            let metadata = try TableMetadata(parsing: bytes, file: path)
            if metadata.lastUpdatedMilliseconds >= last.milliseconds {
                last = (path, metadata.lastUpdatedMilliseconds)
            }
        }
        return last.file
    }

    /// The names of the files that lie in the metadata folder itself.
    private func names(_ store: any ObjectStore) async throws -> [String] {
        var names: [String] = []
        try await store.list(below: metadataFolder) { page in
            for file in page {
                let name = file.path.utf8.dropFirst(metadataFolder.utf8.count + 1)
                guard !name.contains(UInt8(ascii: "/")) else { continue }
                names.append(String(Substring(name)))
            }
        }
        return names
    }

    /// The version in `00007-<uuid>.metadata.json` and `v7.metadata.json`, packed or not.
    static func version(of name: String) -> Int? {
        let suffixes = [".gz.metadata.json", ".metadata.json.gz", ".metadata.json"]
        guard let suffix = suffixes.first(where: { name.hasSuffix($0) }) else { return nil }
        let stem = name.dropLast(suffix.count)
        if stem.hasPrefix("v") { return Int(stem.dropFirst()) }
        return stem.firstIndex(of: "-").flatMap { Int(stem[..<$0]) }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
