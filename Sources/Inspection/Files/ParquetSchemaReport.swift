internal import Parquet

/// The schema that a Parquet file declares, with the nodes that only make lists and maps possible.
enum ParquetSchemaReport {
    static func tree(_ node: ParquetSchemaNode) -> Report {
        var report = Report([
            .init("name", .text(node.name)),
            .init("field_id", .integer(orNull: node.fieldID)),
            .init("repetition", .text("\(node.repetition)")),
            .init("physical_type", .text(orNull: physicalType(node))),
            .init("annotation", .text(orNull: annotation(node))),
        ])
        if !node.children.isEmpty { report.add("children", .objects(node.children.map(tree))) }
        return report
    }

    static func rows(_ nodes: [ParquetSchemaNode], depth: Int = 0) -> [Report] {
        nodes.flatMap { node in
            let margin = String(repeating: "  ", count: depth)
            let row = Report([
                .init("id", .integer(orNull: node.fieldID)),
                .init("field", .text(margin + node.name)),
                .init("repetition", .text("\(node.repetition)")),
                .init("type", .text(physicalType(node) ?? "group")),
                .init("annotation", .text(orNull: annotation(node))),
            ])
            return [row] + rows(node.children, depth: depth + 1)
        }
    }

    private static func physicalType(_ node: ParquetSchemaNode) -> String? {
        switch node.kind {
        case .group: nil
        case .leaf(.fixedLengthByteArray):
            "\(ParquetPhysicalType.fixedLengthByteArray.formatName)(\(node.lengthBytes))"
        case .leaf(let type): type.formatName
        case .foreignLeaf(let number): "physical type \(number)"
        }
    }

    private static func annotation(_ node: ParquetSchemaNode) -> String? {
        node.annotation == .none ? nil : node.annotation.description
    }
}
