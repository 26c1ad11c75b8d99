internal import Bytes
internal import Diagnostics
internal import Synchronization

/// Schemas of files that were opened before, by their text.
///
/// All manifests of a table have the same one, and reading it takes longer than reading a few entries.
enum ParsedSchemas {
    struct Parsed: Sendable {
        var json: JSONValue
        var schema: AvroSchema
    }

    /// Schemas that are kept, and the longest text of one.
    private static let countMax = 64
    private static let textBytesMax = 64 << 10

    /// The text of a schema, some thousand bytes; hashed at once, where an array would do so byte by
    /// byte.
    private struct Text: Hashable {
        var bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private static let kept = Mutex<[Text: Parsed]>([:])

    /// Reads the text of a schema.
    ///
    /// - Throws: ``FormatError`` when it is no JSON, or no schema.
    static func schema(of text: [UInt8], file: String) throws(FormatError) -> Parsed {
        guard text.count <= textBytesMax else { return try parse(text, file: file) }
        if let known = kept.withLock({ $0[Text(bytes: text)] }) { return known }
        let parsed = try parse(text, file: file)
        kept.withLock { kept in
            if kept.count >= countMax { kept.removeAll() }
            kept[Text(bytes: text)] = parsed
        }
        return parsed
    }

    private static func parse(_ text: [UInt8], file: String) throws(FormatError) -> Parsed {
        let json: JSONValue
        do throws(JSONFault) {
            json = try JSONValue(parsing: text)
        } catch {
            throw FormatError(file: file, "the Avro schema is no JSON: \(error)")
        }
        return Parsed(json: json, schema: try AvroSchema(json: json, file: file))
    }
}
