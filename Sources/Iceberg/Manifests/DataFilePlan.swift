internal import Avro
internal import Bytes
internal import Diagnostics

/// Which fields of a manifest's `data_file` record mean what, decided once per manifest.
struct DataFilePlan {
    private let fields: [(id: Int32?, schema: AvroSchema)]
    let partitionType: PartitionType

    init(_ record: AvroSchema.Record, file: String) throws(FormatError) {
        fields = record.fields.map { ($0.fieldID ?? Self.ids[$0.name], $0.schema) }
        var partitionType = PartitionType.unpartitioned
        for field in fields where field.id == 102 {
            if case .record(let partition) = field.schema.base {
                partitionType = try PartitionType(avro: partition, file: file)
            }
        }
        self.partitionType = partitionType
    }

    private static let ids: [String: Int32] = [
        "content": 134, "file_path": 100, "file_format": 101, "partition": 102,
        "record_count": 103, "file_size_in_bytes": 104, "column_sizes": 108, "value_counts": 109,
        "null_value_counts": 110, "nan_value_counts": 137, "lower_bounds": 125,
        "upper_bounds": 128, "key_metadata": 131, "split_offsets": 132, "equality_ids": 135,
        "sort_order_id": 140, "first_row_id": 142, "referenced_data_file": 143,
        "content_offset": 144, "content_size_in_bytes": 145,
    ]

    func read(_ reader: inout ByteReader, specID: Int32) throws(WireFault) -> DataFile {
        var file = DataFile(
            content: .data,
            path: "",
            format: "",
            specID: specID,
            recordCount: -1,
            fileSizeBytes: -1
        )
        for field in fields { try read(field.id, field.schema, &reader, into: &file) }
        guard !file.path.isEmpty, file.recordCount >= 0, file.fileSizeBytes >= 0 else {
            throw WireFault(
                .malformedValue,
                offset: reader.offset,
                wanted: 100,
                available: reader.remaining
            )
        }
        return file
    }

    private func read(
        _ id: Int32?,
        _ schema: AvroSchema,
        _ reader: inout ByteReader,
        into file: inout DataFile
    ) throws(WireFault) {
        switch id {
        case 134:
            let tag = try reader.int(schema)
            guard let content = DataFile.Content(rawValue: tag) else {
                throw WireFault(
                    .unknownTag,
                    offset: reader.offset,
                    wanted: Int(tag),
                    available: reader.remaining
                )
            }
            file.content = content
        case 100: file.path = try reader.string(schema)
        case 101: file.format = try reader.string(schema)
        case 102: file.partition = try partition(schema, &reader)
        case 103: file.recordCount = try reader.long(schema)
        case 104: file.fileSizeBytes = try reader.long(schema)
        case 108: file.columnSizes = try Self.longMap(schema, &reader)
        case 109: file.valueCounts = try Self.longMap(schema, &reader)
        case 110: file.nullValueCounts = try Self.longMap(schema, &reader)
        case 137: file.nanValueCounts = try Self.longMap(schema, &reader)
        case 125: file.lowerBounds = try Self.bytesMap(schema, &reader)
        case 128: file.upperBounds = try Self.bytesMap(schema, &reader)
        case 131: file.keyMetadata = try reader.optionalBytes(schema)
        case 132:
            file.splitOffsets =
                try reader.optionalItems(schema) { reader, item throws(WireFault) in
                    try reader.long(item)
                } ?? []
        case 135:
            file.equalityIDs =
                try reader.optionalItems(schema) { reader, item throws(WireFault) in
                    try reader.int(item)
                } ?? []
        case 140: file.sortOrderID = try reader.optionalInt(schema)
        case 142: file.firstRowID = try reader.optionalLong(schema)
        case 143: file.referencedDataFile = try reader.optionalString(schema)
        case 144: file.contentOffset = try reader.optionalLong(schema)
        case 145: file.contentSizeBytes = try reader.optionalLong(schema)
        default: try reader.skipAvro(schema)
        }
    }

    private static func longMap(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [Int32: Int64] {
        try reader.intMap(schema) { reader, value throws(WireFault) in
            try reader.optionalLong(value)
        }
    }

    private static func bytesMap(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [Int32: [UInt8]] {
        try reader.intMap(schema) { reader, value throws(WireFault) in
            try reader.optionalBytes(value)
        }
    }

    private func partition(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> PartitionTuple {
        guard case .record(let record) = schema.base else {
            try reader.skipAvro(schema)
            return .unpartitioned
        }
        var tuple = PartitionTuple()
        for (field, type) in zip(record.fields, partitionType.fields) {
            tuple.fields.append(
                PartitionTuple.Field(
                    fieldID: type.fieldID,
                    value: try reader.partitionValue(field.schema, type.type)
                )
            )
        }
        return tuple
    }
}
