internal import Avro
internal import Bytes
internal import Diagnostics
internal import TableModel

/// Partition tuples as manifests hold them: a record whose fields are all optional.
///
/// Source: Iceberg specification, "Manifests" and appendix A, "Avro".
extension PartitionType {
    /// The record's type, with each field's id and a name that Avro allows.
    var avroJSON: JSONValue {
        var typeNames: Set<String> = []
        var fieldNames: Set<String> = []
        let fields = self.fields.map { field in
            let base = Self.avroName(field.name)
            let name = fieldNames.insert(base).inserted ? base : "\(base)_\(field.fieldID)"
            fieldNames.insert(name)
            var json: JSONObject = [
                "name": .string(name),
                "type": ["null", Self.avroType(field, &typeNames)],
                "default": .null,
            ]
            // Avro gives a value of the type null no union.
            if field.type == .unknown { json["type"] = "null" }
            if name != field.name { json.append("iceberg-field-name", .string(field.name)) }
            json.append("field-id", .integer(Int64(field.fieldID)))
            return JSONValue.object(json)
        }
        return ["type": "record", "name": "r102", "fields": .array(fields)]
    }

    /// A name with `_x` and hexadecimal digits for what Avro does not allow.
    ///
    /// Source: Iceberg's `AvroSchemaUtil.makeCompatibleName`.
    static func avroName(_ name: String) -> String {
        var sanitised = name.isEmpty ? "_" : ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": sanitised.unicodeScalars.append(scalar)
            case "0"..."9":
                if sanitised.isEmpty { sanitised.append("_") }
                sanitised.unicodeScalars.append(scalar)
            default: sanitised += "_x" + String(scalar.value, radix: 16, uppercase: true)
            }
        }
        return sanitised
    }

    /// - `typeNames`: Names of fixed types so far, none of which may be defined twice.
    private static func avroType(_ field: Field, _ typeNames: inout Set<String>) -> JSONValue {
        func fixed(_ base: String, size: Int, _ attributes: JSONObject = [:]) -> JSONValue {
            let name = typeNames.insert(base).inserted ? base : "\(base)_\(field.fieldID)"
            var object: JSONObject = [
                "type": "fixed", "name": .string(name), "size": .integer(Int64(size)),
            ]
            object.members.append(contentsOf: attributes.members)
            return .object(object)
        }
        func timestamp(_ name: JSONValue, isAdjusted: Bool) -> JSONValue {
            ["type": "long", "logicalType": name, "adjust-to-utc": .bool(isAdjusted)]
        }
        switch field.type {
        case .boolean: return "boolean"
        case .int: return "int"
        case .long: return "long"
        case .float: return "float"
        case .double: return "double"
        case .date: return ["type": "int", "logicalType": "date"]
        case .time: return ["type": "long", "logicalType": "time-micros"]
        case .timestamp: return timestamp("timestamp-micros", isAdjusted: false)
        case .timestamptz: return timestamp("timestamp-micros", isAdjusted: true)
        case .timestampNanos: return timestamp("timestamp-nanos", isAdjusted: false)
        case .timestamptzNanos: return timestamp("timestamp-nanos", isAdjusted: true)
        case .string: return "string"
        case .uuid: return fixed("uuid_fixed", size: 16, ["logicalType": "uuid"])
        case .fixed(let lengthBytes): return fixed("fixed_\(lengthBytes)", size: lengthBytes)
        case .decimal(let precision, let scale):
            return fixed(
                "decimal_\(precision)_\(scale)",
                size: decimalByteCount(precision: precision),
                [
                    "logicalType": "decimal", "precision": .integer(Int64(precision)),
                    "scale": .integer(Int64(scale)),
                ]
            )
        case .binary, .unknown, .variant, .geometry, .geography, .structure, .list, .map:
            return "bytes"
        }
    }

    /// The fewest bytes that hold every decimal of a precision.
    static func decimalByteCount(precision: Int) -> Int {
        var greatest: Int128 = 0
        for _ in 0..<min(precision, 38) { greatest = greatest * 10 + 9 }
        return (128 - greatest.leadingZeroBitCount) / 8 + 1
    }

    /// Reads the types from a manifest's schema.
    ///
    /// - Throws: `FormatError` for a field that is no primitive.
    init(avro record: AvroSchema.Record, file: String) throws(FormatError) {
        fields = []
        for (index, field) in record.fields.enumerated() {
            guard let type = Self.icebergType(field.schema) else {
                throw FormatError(
                    file: file,
                    "partition field \(field.name) is an Avro \(field.schema), which is no "
                        + "partition value"
                )
            }
            let fallbackID = PartitionSpec.firstFieldID &+ Int32(truncatingIfNeeded: index)
            fields.append(
                Field(fieldID: field.fieldID ?? fallbackID, name: field.name, type: type)
            )
        }
    }

    private static func icebergType(_ schema: AvroSchema) -> IcebergType? {
        switch schema {
        case .union(let branches):
            let present = branches.filter { $0 != .null }
            return present.count == 1 ? icebergType(present[0]) : present.isEmpty ? .unknown : nil
        case .logical(let logical, let base):
            return icebergType(logical) ?? icebergType(base)
        case .null: return .unknown
        case .boolean: return .boolean
        case .int: return .int
        case .long: return .long
        case .float: return .float
        case .double: return .double
        case .bytes: return .binary
        case .string: return .string
        case .fixed(_, let lengthBytes): return .fixed(lengthBytes: lengthBytes)
        case .enumeration, .array, .map, .record: return nil
        }
    }

    private static func icebergType(_ logical: AvroLogicalType) -> IcebergType? {
        switch logical {
        case .decimal(let precision, let scale):
            precision <= 38 ? .decimal(precision: precision, scale: scale) : nil
        case .uuid: .uuid
        case .date: .date
        case .time(.microseconds): .time
        case .timestamp(.microseconds, let isAdjusted): isAdjusted ? .timestamptz : .timestamp
        case .timestamp(.nanoseconds, let isAdjusted):
            isAdjusted ? .timestamptzNanos : .timestampNanos
        default: nil
        }
    }
}
