internal import Bytes

/// The Avro types of manifests and manifest lists, with the names and ids all readers go by.
///
/// Source: Iceberg specification, "Manifests", "Manifest Lists" and appendix A.
enum ManifestSchemas {
    /// The type of a manifest's records.
    ///
    /// - `partition`: The type of field 102; it differs from spec to spec.
    static func manifestEntry(partition: JSONValue, formatVersion: Int) -> JSONValue {
        let dataFile = dataFileFields(partition: partition, formatVersion: formatVersion)
        return record(
            "manifest_entry",
            [
                required("status", 0, "int"),
                optional("snapshot_id", 1, "long"),
                optional("sequence_number", 3, "long"),
                optional("file_sequence_number", 4, "long"),
                required("data_file", 2, record("r2", dataFile)),
            ]
        )
    }

    private static func dataFileFields(
        partition: JSONValue,
        formatVersion: Int
    ) -> [JSONValue] {
        var fields: [JSONValue] = [
            required("content", 134, "int"),
            required("file_path", 100, "string"),
            required("file_format", 101, "string"),
            required("partition", 102, partition),
            required("record_count", 103, "long"),
            required("file_size_in_bytes", 104, "long"),
            optional("column_sizes", 108, map(keyID: 117, valueID: 118, "long")),
            optional("value_counts", 109, map(keyID: 119, valueID: 120, "long")),
            optional("null_value_counts", 110, map(keyID: 121, valueID: 122, "long")),
            optional("nan_value_counts", 137, map(keyID: 138, valueID: 139, "long")),
            optional("lower_bounds", 125, map(keyID: 126, valueID: 127, "bytes")),
            optional("upper_bounds", 128, map(keyID: 129, valueID: 130, "bytes")),
            optional("key_metadata", 131, "bytes"),
            optional("split_offsets", 132, list(elementID: 133, "long")),
            optional("equality_ids", 135, list(elementID: 136, "int")),
            optional("sort_order_id", 140, "int"),
        ]
        if formatVersion >= 3 { fields.append(optional("first_row_id", 142, "long")) }
        fields.append(optional("referenced_data_file", 143, "string"))
        if formatVersion >= 3 {
            fields.append(optional("content_offset", 144, "long"))
            fields.append(optional("content_size_in_bytes", 145, "long"))
        }
        return fields
    }

    /// The type of a manifest list's records.
    static func manifestFile(formatVersion: Int) -> JSONValue {
        var fields: [JSONValue] = [
            required("manifest_path", 500, "string"),
            required("manifest_length", 501, "long"),
            required("partition_spec_id", 502, "int"),
            required("content", 517, "int"),
            required("sequence_number", 515, "long"),
            required("min_sequence_number", 516, "long"),
            required("added_snapshot_id", 503, "long"),
            required("added_files_count", 504, "int"),
            required("existing_files_count", 505, "int"),
            required("deleted_files_count", 506, "int"),
            required("added_rows_count", 512, "long"),
            required("existing_rows_count", 513, "long"),
            required("deleted_rows_count", 514, "long"),
            optional("partitions", 507, list(elementID: 508, fieldSummary)),
            optional("key_metadata", 519, "bytes"),
        ]
        if formatVersion >= 3 { fields.append(optional("first_row_id", 520, "long")) }
        return record("manifest_file", fields)
    }

    private static let fieldSummary = record(
        "r508",
        [
            required("contains_null", 509, "boolean"),
            optional("contains_nan", 518, "boolean"),
            optional("lower_bound", 510, "bytes"),
            optional("upper_bound", 511, "bytes"),
        ]
    )

    private static func record(_ name: String, _ fields: [JSONValue]) -> JSONValue {
        ["type": "record", "name": .string(name), "fields": .array(fields)]
    }

    private static func required(_ name: String, _ id: Int64, _ type: JSONValue) -> JSONValue {
        ["name": .string(name), "type": type, "field-id": .integer(id)]
    }

    private static func optional(_ name: String, _ id: Int64, _ type: JSONValue) -> JSONValue {
        [
            "name": .string(name), "type": ["null", type], "default": .null,
            "field-id": .integer(id),
        ]
    }

    private static func list(elementID: Int64, _ type: JSONValue) -> JSONValue {
        ["type": "array", "items": type, "element-id": .integer(elementID)]
    }

    /// A map with integer keys, which Avro has no type for: an array of pairs.
    private static func map(keyID: Int64, valueID: Int64, _ type: JSONValue) -> JSONValue {
        [
            "type": "array",
            "items": record(
                "k\(keyID)_v\(valueID)",
                [required("key", keyID, "int"), required("value", valueID, type)]
            ),
            "logicalType": "map",
        ]
    }
}
