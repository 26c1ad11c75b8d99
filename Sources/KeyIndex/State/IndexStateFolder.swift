internal import Glibc

/// The folder in which a pipeline keeps its key indexes between runs.
///
/// It is a cache: everything in it can be deleted at any time while no pipeline runs, and the next
/// start takes longer. One process at a time uses it. Files of a table are named by its UUID:
/// `UUID.N.index` is what ``StoredIndexWriter`` wrote, `UUID.N.journal` what came after.
public final class IndexStateFolder: Sendable {
    /// Another process has the folder.
    public struct InUse: Error, Equatable, Sendable, CustomStringConvertible {
        public var path: String
        public var description: String {
            "another process uses the state folder \(path); this one goes on without and reads the "
                + "tables' keys at each start"
        }
    }

    public let path: String
    private let lockFile: LockFile

    private struct LockFile: ~Copyable, Sendable {
        let file: StateFile
    }

    /// Makes the folder if it is not there and takes it for this process.
    ///
    /// - Throws: ``IndexStateError`` or ``InUse``.
    public init(path: String) throws {
        self.path = path
        try Self.makeFolders(path)
        let file = try StateFile(path + "/lock", .writing)
        guard file.lock() else { throw InUse(path: path) }
        lockFile = LockFile(file: file)
    }

    private static func makeFolders(_ path: String) throws(IndexStateError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made +=
                made.isEmpty && part.isEmpty ? "/" : made.isEmpty || made == "/" ? part : "/" + part
            if made == "/" || made.isEmpty { continue }
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                throw IndexStateError("make", made)
            }
        }
    }

    /// What of a table's index is there.
    struct Files {
        /// Generations of stored indexes and of journals, ascending.
        var indexes: [UInt64] = []
        var journals: [UInt64] = []
        /// Names of whatever else belongs to the table.
        var leftovers: [String] = []
    }

    func indexPath(_ name: String, _ generation: UInt64) -> String {
        "\(path)/\(name).\(generation).index"
    }

    func journalPath(_ name: String, _ generation: UInt64) -> String {
        "\(path)/\(name).\(generation).journal"
    }

    /// A table's part of file names: its UUID, and nothing that could leave the folder.
    static func name(of tableUUID: String) -> String {
        var name = ""
        for byte in tableUUID.utf8.prefix(128) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default: name += "_" + String(byte, radix: 16)
            }
        }
        return name.isEmpty ? "_" : name
    }

    func files(of name: String) throws(IndexStateError) -> Files {
        guard let folder = opendir(path) else { throw IndexStateError("list", path) }
        defer { closedir(folder) }
        var files = Files()
        while let entry = readdir(folder) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let parts = file.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 2, parts[0] == name else { continue }
            let generation = UInt64(parts[1]).flatMap { String($0) == parts[1] ? $0 : nil }
            if parts.count == 3, parts[2] == "index", let generation {
                files.indexes.append(generation)
            } else if parts.count == 3, parts[2] == "journal", let generation {
                files.journals.append(generation)
            } else {
                files.leftovers.append(file)
            }
        }
        files.indexes.sort()
        files.journals.sort()
        return files
    }

    /// Deletes files; what cannot be deleted does no harm but to the disk.
    func remove(_ paths: [String]) { for path in paths { unlink(path) } }

    /// Deletes a table's files of generations before one, and what was never finished.
    func removeFiles(of name: String, before generation: UInt64) {
        guard let files = try? files(of: name) else { return }
        remove(files.indexes.filter { $0 < generation }.map { indexPath(name, $0) })
        remove(files.journals.filter { $0 < generation }.map { journalPath(name, $0) })
    }

    /// Gives a finished file its name, for good.
    func rename(_ from: String, to: String) throws(IndexStateError) {
        guard Glibc.rename(from, to) == 0 else { throw IndexStateError("rename", from) }
        try StateFile(path, .reading).synchronize()
    }
}
