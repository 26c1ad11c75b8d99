internal import Glibc

extension PipelineConfiguration {
    /// Reads a pipeline file.
    ///
    /// Relative paths in it start from the file's own folder, so that the pipeline means the same
    /// wherever it is started.
    ///
    /// - Throws: ``ConfigurationError`` when it cannot be read or used.
    public static func load(
        path: String,
        environment: @escaping (String) -> String? = processEnvironment
    ) throws(ConfigurationError) -> PipelineConfiguration {
        let text = try readText(path)
        guard let absolute = realpath(path, nil) else {
            throw ConfigurationError("could not find the folder of \(path): \(lastSystemError())")
        }
        defer { free(absolute) }
        let file = String(cString: absolute)
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
        return try PipelineConfiguration(
            yaml: text,
            fileName: path,
            folder: folder,
            environment: environment
        )
    }
}

/// Reads a whole file of text of at most ``pipelineFileBytesMax``.
private func readText(_ path: String) throws(ConfigurationError) -> String {
    guard let file = fopen(path, "rb") else {
        throw ConfigurationError(
            "could not open the pipeline file \(path): \(lastSystemError())",
            remedy: "Name a file that is there: frazil run pipeline.yaml"
        )
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: pipelineFileBytesMax + 1)
    let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
    if ferror(file) != 0 {
        throw ConfigurationError(
            "could not read the pipeline file \(path): \(lastSystemError())",
            remedy: "Name a file, not a folder"
        )
    }
    guard count <= pipelineFileBytesMax else {
        throw ConfigurationError(
            "the pipeline file \(path) is larger than \(pipelineFileBytesMax) bytes",
            remedy: "Check that it is the file you meant"
        )
    }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
        throw ConfigurationError(
            "the pipeline file \(path) is not text in UTF-8",
            remedy: "Save it as UTF-8"
        )
    }
    return text
}

private func lastSystemError() -> String { String(cString: strerror(errno)) }

/// Makes a path of the file absolute and takes `.` and `..` out of it.
///
/// - Throws: ``ConfigurationError`` for a kind of store that is none, or a path that readers of the
///   lake would take apart as a URL.
func absolutePath(_ text: String, folder: String) throws(ConfigurationError) -> String {
    var path = Substring(text)
    if let scheme = text.firstRange(of: "://") {
        let name = text[..<scheme.lowerBound]
        guard name == "file" else {
            throw ConfigurationError(
                "\(name):// does not work in this version yet",
                remedy: "Use a folder of this machine"
            )
        }
        path = text[scheme.upperBound...]
        guard path.hasPrefix("/") else {
            throw ConfigurationError(
                "a file:// location must be absolute",
                remedy: "Write file:///folder with three slashes, or the path alone"
            )
        }
    }
    guard !path.contains(where: { "?#%".contains($0) || $0.isNewline || $0 == "\0" }) else {
        throw ConfigurationError(
            "a path cannot hold ?, # or %",
            remedy: "Readers of the lake would take it apart as a URL; rename the folder"
        )
    }
    let whole = path.hasPrefix("/") ? String(path) : folder + "/" + path
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}
