internal import Glibc

/// The file-system path inside of a location that table metadata spells.
enum LocalPath {
    /// The absolute path of `file:///abs`, `file://localhost/abs`, `file:/abs` or `/abs`.
    ///
    /// Nothing is decoded: other engines take the characters of a location as they are, too.
    /// - Throws: ``StoreError`` `.permission` for other schemes, hosts and relative paths.
    static func path(of location: String) throws(StoreError) -> String {
        var path = Substring(location)
        if location.hasPrefix("file:") {
            path = path.dropFirst("file:".count)
            if path.hasPrefix("//") {
                path = path.dropFirst(2)
                if path.hasPrefix("localhost/") { path = path.dropFirst("localhost".count) }
            }
        }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw StoreError(
                .permission,
                "\(location) is no local file: expected file:///folder/file or /folder/file"
            )
        }
        return String(path)
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Creates a folder and those above it, as far as they are missing.
    static func createFolder(_ path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw StoreError(.permission, "could not create files in \(path): it is no folder")
            }
            return
        }
        if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path != "/" else {
            throw StoreError(errno: errno, "could not create the folder \(path)")
        }
        try createFolder(parent(of: path))
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw StoreError(errno: errno, "could not create the folder \(path)")
        }
    }
}

extension StoreError {
    /// Classifies a failed system call.
    ///
    /// - `what`: What was tried, naming the path.
    init(errno number: Int32, _ what: String) {
        let kind: Kind
        let reason: String
        switch number {
        case ENOENT: (kind, reason) = (.notFound, "there is no such file")
        case EEXIST: (kind, reason) = (.alreadyExists, "the name is taken")
        case ENOSPC, EDQUOT: (kind, reason) = (.full, "no space is left")
        case EACCES, EPERM: (kind, reason) = (.denied, "this user may not")
        case EROFS: (kind, reason) = (.denied, "the file system is read-only")
        case ENOTDIR: (kind, reason) = (.permission, "a part of the path is a file, not a folder")
        case EISDIR: (kind, reason) = (.permission, "it is a folder")
        case ENAMETOOLONG: (kind, reason) = (.permission, "the name is too long")
        case ELOOP: (kind, reason) = (.permission, "its symbolic links lead nowhere")
        default: (kind, reason) = (.unavailable, String(cString: strerror(number)))
        }
        self.init(kind, "\(what): \(reason)")
    }
}
