internal import Bytes

extension PuffinBlob {
    /// The blob's entry in the footer, its members in the order of the reference implementation.
    var json: JSONValue {
        var object: JSONObject = [
            "type": .string(type),
            "fields": .array(fields.map { .integer(Int64($0)) }),
            "snapshot-id": .integer(snapshotID),
            "sequence-number": .integer(sequenceNumber),
            "offset": .integer(Int64(offset)),
            "length": .integer(Int64(lengthBytes)),
        ]
        if let compressionCodec { object.append("compression-codec", .string(compressionCodec)) }
        if !properties.isEmpty { object.append("properties", properties.json) }
        return .object(object)
    }

    /// Reads the blob's entry in the footer; unknown members are stepped over.
    ///
    /// - Throws: ``PuffinMemberFault`` naming the member.
    init(json: JSONValue) throws(PuffinMemberFault) {
        guard let object = json.objectValue else { throw PuffinMemberFault(member: "blobs") }
        func member<Value>(
            _ name: String,
            _ value: (JSONValue) -> Value?
        ) throws(PuffinMemberFault) -> Value {
            guard let found = object[name].flatMap(value) else {
                throw PuffinMemberFault(member: name)
            }
            return found
        }
        func byteCount(_ json: JSONValue) -> Int? {
            json.integerValue.flatMap { Int(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil }
        }
        self.init(
            type: try member("type", \.stringValue),
            fields: try member("fields") { json in
                let ids = json.arrayValue?.compactMap { $0.integerValue.flatMap(Int32.init) }
                return ids?.count == json.arrayValue?.count ? ids : nil
            },
            snapshotID: try member("snapshot-id", \.integerValue),
            sequenceNumber: try member("sequence-number", \.integerValue),
            offset: try member("offset", byteCount),
            lengthBytes: try member("length", byteCount)
        )
        if object.has("compression-codec") {
            compressionCodec = try member("compression-codec", \.stringValue)
        }
        if object.has("properties") { properties = try member("properties", Property.list) }
    }
}

/// A member of the footer that is missing or of the wrong type.
struct PuffinMemberFault: Error {
    var member: String
}

extension JSONObject {
    /// Whether a member is there and not null.
    func has(_ name: String) -> Bool {
        switch self[name] {
        case nil, .null: false
        default: true
        }
    }
}

extension [PuffinBlob.Property] {
    var json: JSONValue {
        .object(JSONObject(map { JSONObject.Member($0.name, .string($0.value)) }))
    }
}

extension PuffinBlob.Property {
    /// The members of an object of strings; nil for anything else.
    static func list(_ json: JSONValue) -> [Self]? {
        guard let members = json.objectValue?.members else { return nil }
        var properties: [Self] = []
        for member in members {
            guard let value = member.value.stringValue else { return nil }
            properties.append(Self(member.name, value))
        }
        return properties
    }
}
