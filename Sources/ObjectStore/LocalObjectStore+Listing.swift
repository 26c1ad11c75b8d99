internal import Glibc

extension LocalObjectStore {
    public func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        var root = folder
        while root.hasSuffix("/") { root.removeLast() }
        let path = try LocalPath.path(of: root + "/")
        var walk = FolderWalk(root: String(path.dropLast()))
        var found: [ListedObject] = []
        while let (name, status) = try walk.next() {
            found.append(
                ListedObject(
                    path: "\(root)/\(name)",
                    byteCount: Int(status.st_size),
                    modifiedAtMilliseconds: Int64(status.st_mtim.tv_sec) * 1000
                        + Int64(status.st_mtim.tv_nsec) / 1_000_000
                )
            )
            if found.count == pageObjectsMax {
                try await page(found)
                found.removeAll(keepingCapacity: true)
            }
        }
        if !found.isEmpty { try await page(found) }
    }
}

/// Walks down a folder, in the order of the bytes of the files' names from the root on.
private struct FolderWalk {
    let root: String
    /// Names that are still to be visited, the next one last; those of folders end with a slash.
    private var pending: [String] = [""]

    init(root: String) { self.root = root }

    /// The next plain file; its name begins behind the root.
    mutating func next() throws(StoreError) -> (name: String, status: stat)? {
        while let name = pending.popLast() {
            guard name.isEmpty || name.hasSuffix("/") else {
                var status = stat()
                // Gone meanwhile, or no file at all.
                guard stat("\(root)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
                else { continue }
                return (name, status)
            }
            pending += try names(in: name).sorted { $1.utf8.lexicographicallyPrecedes($0.utf8) }
        }
        return nil
    }

    private func names(in folder: String) throws(StoreError) -> [String] {
        let path = "\(root)/\(folder)"
        guard let directory = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw StoreError(errno: errno, "could not list \(path)")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                    String(cString: $0)
                }
            }
            // A hidden part is a file that is still being written, or what a crash left of one.
            guard name != ".", name != "..", !(name.hasPrefix(".") && name.hasSuffix(".part"))
            else { continue }
            names.append(folder + name + (isFolder(path + name, entry) ? "/" : ""))
        }
        return names
    }

    private func isFolder(_ path: String, _ entry: UnsafeMutablePointer<dirent>) -> Bool {
        guard entry.pointee.d_type == UInt8(DT_UNKNOWN) else {
            return entry.pointee.d_type == UInt8(DT_DIR)
        }
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
