import Glibc

/// One Swift file of the project.
struct SourceFile {
    /// From the root of the repository.
    var path: String
    var text: String

    /// The module the file belongs to, nil where it is a test.
    var module: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2 else { return nil }
        if parts[0] == "Sources" { return String(parts[1]) }
        guard parts[0] == "connectors", parts[2] == "Sources" else { return nil }
        return connectorModules[String(parts[1])] ?? "connectors/\(parts[1])"
    }

    /// The modules that the file imports.
    var imports: [String] {
        text.split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ")
            while let first = words.first, first != "import" {
                guard first.hasPrefix("@") || accessWords.contains(String(first)) else {
                    return nil
                }
                words.removeFirst()
            }
            guard words.count > 1 else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let"]
            let name = kinds.contains(String(words[1])) && words.count > 2 ? words[2] : words[1]
            return name.split(separator: ".").first.map { String($0) }
        }
    }
}

private let accessWords = ["public", "package", "internal", "fileprivate", "private"]

/// The module of each connector's folder.
let connectorModules = [
    "mysql": "MySQLConnector",
    "postgres": "PostgresConnector",
    "s3": "S3ObjectStore",
    "sqlite-catalog": "SQLiteCatalog",
    "rest-catalog": "RESTCatalog",
]

/// The repository's root, found from this file.
let repositoryRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// Every Swift file below the named folders of the repository.
func swiftFiles(below folders: [String]) -> [SourceFile] {
    folders.flatMap { files(below: $0) }
        .filter { $0.hasSuffix(".swift") }
        .map { SourceFile(path: $0, text: text(of: $0)) }
}

private func files(below folder: String) -> [String] {
    guard let directory = opendir("\(repositoryRoot)/\(folder)") else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        let path = "\(folder)/\(name)"
        if entry.pointee.d_type == UInt8(DT_DIR) {
            found += files(below: path)
        } else {
            found.append(path)
        }
    }
    return found.sorted()
}

private func text(of path: String) -> String {
    guard let file = fopen("\(repositoryRoot)/\(path)", "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
        bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
