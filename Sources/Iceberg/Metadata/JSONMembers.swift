internal import Bytes
internal import Diagnostics

/// Reads the members of one object of a metadata file, and says where one is missing or wrong.
struct JSONMembers {
    let object: JSONObject
    let file: String
    /// Where the object stands in the document; empty for the whole of it.
    let path: String

    init(_ object: JSONObject, file: String, path: String) {
        self.object = object
        self.file = file
        self.path = path
    }

    func fault(_ message: String) -> FormatError {
        FormatError(file: file, path.isEmpty ? message : "\(path): \(message)")
    }

    private func missing(_ name: String, _ wanted: String) -> FormatError {
        guard let value = object[name] else { return fault("\"\(name)\" is missing") }
        return fault("\"\(name)\" is \(value.kindDescription), expected \(wanted)")
    }

    /// The member unless it is absent or null.
    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    private func optional<Value>(
        _ name: String,
        _ wanted: String,
        _ read: (JSONValue) -> Value?
    ) throws(FormatError) -> Value? {
        guard let value = value(name) else { return nil }
        guard let result = read(value) else { throw missing(name, wanted) }
        return result
    }

    private func required<Value>(
        _ name: String,
        _ wanted: String,
        _ read: (JSONValue) -> Value?
    ) throws(FormatError) -> Value {
        guard let result = try optional(name, wanted, read) else { throw missing(name, wanted) }
        return result
    }

    func string(_ name: String) throws(FormatError) -> String {
        try required(name, "a string") { $0.stringValue }
    }

    func optionalString(_ name: String) throws(FormatError) -> String? {
        try optional(name, "a string") { $0.stringValue }
    }

    func bool(_ name: String) throws(FormatError) -> Bool {
        try required(name, "a boolean") { $0.boolValue }
    }

    func int64(_ name: String) throws(FormatError) -> Int64 {
        try required(name, "a 64-bit integer") { $0.integerValue }
    }

    func optionalInt64(_ name: String) throws(FormatError) -> Int64? {
        try optional(name, "a 64-bit integer") { $0.integerValue }
    }

    func int32(_ name: String) throws(FormatError) -> Int32 {
        try required(name, "a 32-bit integer", Self.readInt32)
    }

    func optionalInt32(_ name: String) throws(FormatError) -> Int32? {
        try optional(name, "a 32-bit integer", Self.readInt32)
    }

    private static func readInt32(_ value: JSONValue) -> Int32? {
        value.integerValue.flatMap { Int32(exactly: $0) }
    }

    func optionalInt32s(_ name: String) throws(FormatError) -> [Int32]? {
        try optional(name, "an array of 32-bit integers") { value in
            guard let elements = value.arrayValue else { return nil }
            let numbers = elements.compactMap(Self.readInt32)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    func int32s(_ name: String) throws(FormatError) -> [Int32] {
        guard let numbers = try optionalInt32s(name) else { throw missing(name, "an array") }
        return numbers
    }

    func optionalInt64s(_ name: String) throws(FormatError) -> [Int64]? {
        try optional(name, "an array of 64-bit integers") { value in
            guard let elements = value.arrayValue else { return nil }
            let numbers = elements.compactMap(\.integerValue)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    func optionalStrings(_ name: String) throws(FormatError) -> [String]? {
        try optional(name, "an array of strings") { value in
            guard let elements = value.arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }

    /// An object whose members are all strings.
    func optionalStringMap(_ name: String) throws(FormatError) -> [String: String]? {
        try optional(name, "an object of strings") { value in
            guard let object = value.objectValue else { return nil }
            var map: [String: String] = [:]
            for member in object.members {
                guard let text = member.value.stringValue else { return nil }
                map[member.name] = text
            }
            return map
        }
    }

    func optionalObject(_ name: String) throws(FormatError) -> JSONMembers? {
        try optional(name, "an object") { $0.objectValue }.map {
            JSONMembers($0, file: file, path: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    func requiredObject(_ name: String) throws(FormatError) -> JSONMembers {
        guard let members = try optionalObject(name) else { throw missing(name, "an object") }
        return members
    }

    func optionalArray(_ name: String) throws(FormatError) -> [JSONValue]? {
        try optional(name, "an array") { $0.arrayValue }
    }

    /// The elements of an array of objects; absent means none only where `optionalObjects` is used.
    func objects(_ name: String) throws(FormatError) -> [JSONMembers] {
        guard let objects = try optionalObjects(name) else { throw missing(name, "an array") }
        return objects
    }

    func optionalObjects(_ name: String) throws(FormatError) -> [JSONMembers]? {
        guard let elements = try optionalArray(name) else { return nil }
        let prefix = path.isEmpty ? name : "\(path).\(name)"
        var objects: [JSONMembers] = []
        for (index, element) in elements.enumerated() {
            guard let object = element.objectValue else {
                throw fault(
                    "\"\(name)\"[\(index)] is \(element.kindDescription), expected an object"
                )
            }
            objects.append(JSONMembers(object, file: file, path: "\(prefix)[\(index)]"))
        }
        return objects
    }

    /// The elements of an array of objects, each made into something; none where it is absent.
    func elements<Element>(
        _ name: String,
        _ make: (JSONMembers) throws(FormatError) -> Element
    ) throws(FormatError) -> [Element] {
        var elements: [Element] = []
        for object in try optionalObjects(name) ?? [] { elements.append(try make(object)) }
        return elements
    }

    func requiredElements<Element>(
        _ name: String,
        _ make: (JSONMembers) throws(FormatError) -> Element
    ) throws(FormatError) -> [Element] {
        _ = try objects(name)
        return try elements(name, make)
    }

    /// The members that are not in `known`, to be written back as they were.
    func others(than known: Set<String>) -> JSONObject {
        JSONObject(object.members.filter { !known.contains($0.name) })
    }
}
