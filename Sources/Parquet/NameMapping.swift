internal import Bytes
public import Diagnostics

/// Which names in files without field ids stand for which fields.
///
/// Source: Iceberg specification, "Column Projection", "Name Mapping Serialization".
public struct NameMapping: Sendable, Hashable {
    /// The names of one field and what is inside of it; elements of lists are named `element`, keys
    /// and values of maps `key` and `value`.
    public struct Entry: Sendable, Hashable {
        public var fieldID: Int32?
        public var names: [String]
        public var fields: [Entry]

        public init(fieldID: Int32?, names: [String], fields: [Entry] = []) {
            self.fieldID = fieldID
            self.names = names
            self.fields = fields
        }
    }

    public var entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    /// Reads the table property `schema.name-mapping.default`.
    public init(parsing text: String, file: String) throws(FormatError) {
        let json: JSONValue
        do throws(JSONFault) {
            json = try JSONValue(parsing: text)
        } catch {
            throw FormatError(file: file, "its name mapping is not JSON: \(error)")
        }
        guard let entries = Self.entries(json) else {
            throw FormatError(
                file: file,
                "its name mapping is no list of objects with names and field ids"
            )
        }
        self.entries = entries
    }

    private static func entries(_ json: JSONValue) -> [Entry]? {
        guard let items = json.arrayValue else { return nil }
        var entries: [Entry] = []
        for item in items {
            guard let object = item.objectValue, let entry = entry(object) else { return nil }
            entries.append(entry)
        }
        return entries
    }

    private static func entry(_ object: JSONObject) -> Entry? {
        guard let list = object["names"]?.arrayValue else { return nil }
        let names = list.compactMap(\.stringValue)
        let fieldID = object["field-id"]?.integerValue.flatMap { Int32(exactly: $0) }
        let isAbsent = object["field-id"] == nil || object["field-id"] == .null
        guard names.count == list.count, fieldID != nil || isAbsent else { return nil }
        var inner: [Entry] = []
        if let fields = object["fields"], fields != .null {
            guard let entries = entries(fields) else { return nil }
            inner = entries
        }
        return Entry(
            fieldID: fieldID,
            names: names,
            fields: inner
        )
    }
}
