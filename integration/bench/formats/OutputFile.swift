import Glibc

/// Files for programs that read them right after.
enum OutputFile {
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb") else { throw UsageError("a path that can be written") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw UsageError("a path with room for \(bytes.count) bytes")
        }
    }
}
