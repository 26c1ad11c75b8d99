internal import Bytes
internal import TableModel

/// A schema as a tree for machines and as an indented table for people.
enum SchemaReport {
    /// Adds `fields` for machines and `schema` for people.
    static func add(_ fields: [SchemaField], to report: inout Report) {
        addTree(fields, to: &report)
        report.add("schema", .objects(rows(fields, depth: 0)), for: .people)
    }

    /// Adds `fields` for machines.
    static func addTree(_ fields: [SchemaField], to report: inout Report) {
        report.add("fields", .objects(fields.map(tree)), for: .machines)
    }

    private static func tree(_ field: SchemaField) -> Report {
        var report = Report([
            .init("id", .integer(Int64(field.id))),
            .init("name", .text(field.name)),
            .init("type", .text(kind(field.type))),
            .init("required", .boolean(field.isRequired)),
        ])
        if let doc = field.doc { report.add("doc", .text(doc)) }
        if let value = field.initialDefault { report.add("initial_default", json(value)) }
        if let value = field.writeDefault { report.add("write_default", json(value)) }
        switch field.type {
        case .structure(let fields): report.add("fields", .objects(fields.map(tree)))
        case .list(let element): report.add("element", .object(tree(element)))
        case .map(let key, let value):
            report.add("key", .object(tree(key)))
            report.add("value", .object(tree(value)))
        default: break
        }
        return report
    }

    private static func rows(_ fields: [SchemaField], depth: Int) -> [Report] {
        fields.flatMap { field in
            let margin = String(repeating: "  ", count: depth)
            let row = Report([
                .init("id", .integer(Int64(field.id))),
                .init("field", .text(margin + field.name)),
                .init("type", .text(kind(field.type))),
                .init("required", field.isRequired ? .text("yes") : .null),
                .init("initial_default", field.initialDefault.map(json) ?? .null),
                .init("write_default", field.writeDefault.map(json) ?? .null),
                .init("doc", .text(orNull: field.doc)),
            ])
            return [row] + rows(field.type.children, depth: depth + 1)
        }
    }

    /// The type without what is inside of it.
    private static func kind(_ type: IcebergType) -> String {
        switch type {
        case .structure: "struct"
        case .list: "list"
        case .map: "map"
        default: type.description
        }
    }

    private static func json(_ value: JSONValue) -> ReportValue {
        .value(value, text: value.text)
    }
}
