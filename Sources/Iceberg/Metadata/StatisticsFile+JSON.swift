internal import Bytes
internal import Diagnostics

extension StatisticsFile {
    init(_ reader: JSONMembers) throws(FormatError) {
        var blobs: [Blob] = []
        for object in try reader.objects("blob-metadata") { blobs.append(try Blob(object)) }
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            path: try reader.string("statistics-path"),
            fileSizeBytes: try reader.int64("file-size-in-bytes"),
            footerSizeBytes: try reader.int64("file-footer-size-in-bytes"),
            keyMetadata: try reader.optionalString("key-metadata"),
            blobs: blobs,
            otherMembers: reader.others(than: [
                "snapshot-id", "statistics-path", "file-size-in-bytes",
                "file-footer-size-in-bytes", "key-metadata", "blob-metadata",
            ])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "snapshot-id": .integer(snapshotID),
            "statistics-path": .string(path),
            "file-size-in-bytes": .integer(fileSizeBytes),
            "file-footer-size-in-bytes": .integer(footerSizeBytes),
        ]
        if let keyMetadata { object.append("key-metadata", .string(keyMetadata)) }
        object.append("blob-metadata", .array(blobs.map { .object($0.json) }))
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension StatisticsFile.Blob {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            type: try reader.string("type"),
            snapshotID: try reader.int64("snapshot-id"),
            sequenceNumber: try reader.int64("sequence-number"),
            fieldIDs: try reader.int32s("fields"),
            properties: try reader.optionalStringMap("properties") ?? [:],
            otherMembers: reader.others(than: [
                "type", "snapshot-id", "sequence-number", "fields", "properties",
            ])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "type": .string(type),
            "snapshot-id": .integer(snapshotID),
            "sequence-number": .integer(sequenceNumber),
            "fields": .array(fieldIDs.map { .integer(Int64($0)) }),
        ]
        if !properties.isEmpty {
            object.append("properties", .object(JSONObject(sorting: properties)))
        }
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension PartitionStatisticsFile {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            path: try reader.string("statistics-path"),
            fileSizeBytes: try reader.int64("file-size-in-bytes"),
            otherMembers: reader.others(than: [
                "snapshot-id", "statistics-path", "file-size-in-bytes",
            ])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "snapshot-id": .integer(snapshotID),
            "statistics-path": .string(path),
            "file-size-in-bytes": .integer(fileSizeBytes),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension EncryptionKey {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            keyID: try reader.string("key-id"),
            encryptedKeyMetadata: try reader.string("encrypted-key-metadata"),
            encryptedByID: try reader.optionalString("encrypted-by-id"),
            properties: try reader.optionalStringMap("properties") ?? [:],
            otherMembers: reader.others(than: [
                "key-id", "encrypted-key-metadata", "encrypted-by-id", "properties",
            ])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "key-id": .string(keyID),
            "encrypted-key-metadata": .string(encryptedKeyMetadata),
        ]
        if let encryptedByID { object.append("encrypted-by-id", .string(encryptedByID)) }
        if !properties.isEmpty {
            object.append("properties", .object(JSONObject(sorting: properties)))
        }
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}
