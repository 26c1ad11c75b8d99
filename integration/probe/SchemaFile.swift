import Bytes
import Glibc
import Iceberg
import TableModel

/// An Iceberg schema as a JSON file holds it.
enum SchemaFile {
    static func read(_ path: String) throws -> Schema {
        let json = try JSONValue(parsing: try bytes(of: path))
        guard let object = json.objectValue else { throw ProbeError("\(path) is no schema") }
        return try StoredSchema(schemaID: 0, json: object).schema(file: path)
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw ProbeError("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }
}
