internal import Avro
internal import Bytes

/// What an Avro file is that is none of a table's: its schema, its blocks, how many records.
enum AvroReport {
    static func report(_ container: AvroContainer) async throws -> Report {
        var records: Int64 = 0
        var contentBytes: Int64 = 0
        var blocks: [Report] = []
        try await container.forEachBlock { block in
            records += Int64(block.recordCount)
            contentBytes += Int64(block.content.count)
            blocks.append(
                Report([
                    .init("offset", .integer(Int64(block.offset))),
                    .init("records", .count(Int64(block.recordCount))),
                    .init("bytes", .count(Int64(block.content.count))),
                ])
            )
            return true
        }
        let head = container.head
        var report = Report(
            title: "Avro file \(container.file.path)",
            [
                .init("kind", .text("avro"), for: .machines),
                .init("path", .text(container.file.path), for: .machines),
                .init("bytes", .count(Int64(container.file.byteCount))),
                .init("codec", .text(head.text("avro.codec") ?? "null")),
                .init("records", .count(records)),
                .init("block_count", .count(Int64(blocks.count)), for: .people),
                .init("record_bytes", .count(contentBytes)),
            ]
        )
        report.add("metadata", metadata(head))
        report.add("avro_schema", .value(head.schemaJSON, text: ""), for: .machines)
        report.add("schema", .objects(AvroSchemaRows.rows(head.schema)), for: .people)
        report.add("blocks", .objects(blocks), for: .machines)
        return report
    }

    /// The header's entries but for those that are shown as what they mean.
    static func metadata(_ file: AvroFile) -> ReportValue {
        let entries = file.metadata.filter { $0.key != "avro.schema" && $0.key != "avro.codec" }
        return .object(
            Report(
                entries.sorted { $0.key < $1.key }.map { name, bytes in
                    let text = String(validating: bytes, as: UTF8.self)
                    let value =
                        text.map { ReportValue.text($0) } ?? BoundValue.value(bytes, as: nil)
                    return .given(name, value)
                }
            )
        )
    }
}

/// The fields of an Avro schema as rows of a table, for people.
enum AvroSchemaRows {
    static func rows(_ schema: AvroSchema) -> [Report] {
        guard case .record(let record) = schema.base else { return [row("", schema, nil, 0)] }
        return record.fields.flatMap { rows($0.name, $0.schema, $0.fieldID, 0) }
    }

    private static func rows(
        _ name: String,
        _ schema: AvroSchema,
        _ fieldID: Int32?,
        _ depth: Int
    ) -> [Report] {
        [row(name, schema, fieldID, depth)] + inner(schema, depth + 1)
    }

    private static func row(
        _ name: String,
        _ schema: AvroSchema,
        _ fieldID: Int32?,
        _ depth: Int
    ) -> Report {
        Report([
            .init("id", .integer(orNull: fieldID)),
            .init("field", .text(String(repeating: "  ", count: depth) + name)),
            .init("type", .text(typeName(schema))),
            .init("required", isOptional(schema) ? .null : .text("yes")),
        ])
    }

    /// What a type holds, below the field that has it.
    private static func inner(_ schema: AvroSchema, _ depth: Int) -> [Report] {
        switch schema.base {
        case .record(let record):
            return record.fields.flatMap { rows($0.name, $0.schema, $0.fieldID, depth) }
        case .array(let items, let elementID): return rows("element", items, elementID, depth)
        case .map(let values): return rows("value", values, nil, depth)
        case .union(let branches):
            let some = branches.filter { $0 != .null }
            if some.count == 1 { return inner(some[0], depth) }
            return some.flatMap { rows(typeName($0), $0, nil, depth) }
        default: return []
        }
    }

    private static func isOptional(_ schema: AvroSchema) -> Bool {
        if case .union(let branches) = schema.base { return branches.contains(.null) }
        return schema.base == .null
    }

    private static func typeName(_ schema: AvroSchema) -> String {
        if case .union(let branches) = schema.base {
            return branches.filter { $0 != .null }.map { typeName($0) }.joined(separator: " | ")
        }
        guard let logical = schema.logicalType else { return schema.description }
        return "\(schema.description) as \(logicalName(logical))"
    }

    private static func logicalName(_ type: AvroLogicalType) -> String {
        switch type {
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .uuid: "uuid"
        case .date: "date"
        case .time(let unit): "time in \(unit)"
        case .timestamp(let unit, let isAdjusted):
            "timestamp\(isAdjusted ? "tz" : "") in \(unit)"
        case .duration: "duration"
        case .map: "map"
        case .other(let name): name
        }
    }
}
