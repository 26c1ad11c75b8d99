internal import Glibc

/// A folder of its own that goes, with all that is in it, when nobody uses it any longer.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - `parent`: A folder that is there.
    public init(in parent: String = "/tmp") {
        path = "\(parent)/frazil-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        mkdir(path, 0o700)
    }

    deinit { Self.remove(path) }

    /// The names of what is in it, in order.
    public func names() -> [String] { (Self.names(of: path) ?? []).sorted() }

    /// The bytes of a file; none where it cannot be read.
    public func read(_ name: String) -> [UInt8] {
        guard let file = fopen("\(path)/\(name)", "r") else { return [] }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: max(0, ftell(file)))
        rewind(file)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }

    /// Makes a file, or makes one anew.
    public func write(_ bytes: [UInt8], _ name: String) {
        guard let file = fopen("\(path)/\(name)", "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    public func remove(_ name: String) { Self.remove("\(path)/\(name)") }

    private static func names(of path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        guard let names = names(of: path) else {
            unlink(path)
            return
        }
        for name in names { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
