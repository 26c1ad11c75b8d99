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
                remedy: "Use a folder of this machine, or a warehouse at s3://bucket/folder"
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
    try checkCharacters(path)
    let whole = path.hasPrefix("/") ? String(path) : folder + "/" + path
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}

private func checkCharacters(_ path: Substring) throws(ConfigurationError) {
    guard !path.contains(where: { "?#%".contains($0) || $0.isNewline || $0 == "\0" }) else {
        throw ConfigurationError(
            "a path cannot hold ?, # or %",
            remedy: "Readers of the lake would take it apart as a URL; rename the folder"
        )
    }
}

/// The location that a warehouse's text means: a folder of this machine, or one in a bucket.
///
/// The scheme stays as it is written: readers of other engines may know only `s3a`.
///
/// - Throws: ``ConfigurationError``.
func warehouseLocation(_ text: String, folder: String) throws(ConfigurationError) -> String {
    guard let scheme = text.firstRange(of: "://"),
        ["s3", "s3a", "s3n"].contains(text[..<scheme.lowerBound])
    else { return "file://" + (try absolutePath(text, folder: folder)) }
    let path = text[scheme.upperBound...]
    try checkCharacters(path)
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    while parts.last?.isEmpty == true { parts.removeLast() }
    guard let bucket = parts.first, !bucket.isEmpty, bucket.utf8.allSatisfy(isBucketByte) else {
        throw ConfigurationError(
            "it names no bucket",
            remedy: "Write s3://bucket/folder; a bucket has letters, digits, dots and dashes"
        )
    }
    // Some stores take such names for others, and so do readers.
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
        throw ConfigurationError(
            "a folder in it has no name of its own",
            remedy: "Take out //, /./ and /../"
        )
    }
    return text[..<scheme.upperBound] + parts.joined(separator: "/")
}

private func isBucketByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
    default: false
    }
}
