internal import TableModel

/// A leaf of the fields that make up a file, and the way down to it.
///
/// A row group has one column chunk a leaf. A column without fields inside is its own leaf.
///
/// Source: apache/parquet-format, README.md "Nested Encoding".
struct FieldLeaf {
    /// A nested column on the way down, and which of its children the way takes.
    struct Step: Equatable {
        enum Kind: Equatable {
            /// As many rows as the column has.
            case structure
            /// Rows end to end, a list's or a map's.
            case elements
        }

        var kind: Kind
        var child: Int
        var isOptional: Bool
    }

    /// The names from the top, as people write them: `items.element.price`.
    var name: String
    /// The names of the nodes in the file's schema, the groups of lists and maps included.
    var path: [String]
    /// The field whose metrics the leaf belongs to: its own, or the variant's around it.
    var fieldID: Int32
    var type: IcebergType
    var isRequired: Bool
    /// Whether the order of the values means something.
    var hasBounds: Bool
    /// Bytes of a smallest or largest byte string that are kept; `nil` for all.
    var boundBytesMax: Int?
    /// The position of the column at the top.
    var columnIndex: Int
    var steps: [Step]
    /// Optional and repeated nodes on the way, the leaf included.
    var definitionLevelMax: Int
    /// Repeated nodes on the way.
    var repetitionLevelMax: Int

    var isRepeated: Bool { repetitionLevelMax > 0 }
    /// Whether the leaf's own validity bits are its definition levels.
    var isFlat: Bool { !isRepeated && definitionLevelMax <= 1 }

    /// The leaves of a file's fields, in the order of their chunks.
    static func leaves(of fields: [ParquetField]) -> [FieldLeaf] {
        fields.enumerated().flatMap { index, field in
            Descent(columnIndex: index).leaves(of: field)
        }
    }
}

/// A way from the top to a node that may have leaves.
private struct Descent {
    var columnIndex: Int
    var names: [String] = []
    var path: [String] = []
    var steps: [FieldLeaf.Step] = []
    var definitionLevel = 0
    var repetitionLevel = 0

    func leaves(of field: ParquetField) -> [FieldLeaf] {
        var here = self
        here.names.append(field.name)
        here.path.append(field.name)
        if !field.isRequired { here.definitionLevel += 1 }
        switch field.type {
        case .unknown: return []
        case .variant: return here.variantLeaves(of: field)
        case .structure: return here.childLeaves(of: field, .structure, group: nil)
        case .list: return here.childLeaves(of: field, .elements, group: "list")
        case .map: return here.childLeaves(of: field, .elements, group: "key_value")
        default: return [here.leaf(of: field, hasBounds: field.type.hasParquetOrder)]
        }
    }

    private func childLeaves(
        of field: ParquetField,
        _ kind: FieldLeaf.Step.Kind,
        group: String?
    ) -> [FieldLeaf] {
        var inside = self
        if let group {
            inside.path.append(group)
            inside.definitionLevel += 1
            inside.repetitionLevel += 1
        }
        return field.children.enumerated().flatMap { index, child in
            var toChild = inside
            toChild.steps.append(
                FieldLeaf.Step(kind: kind, child: index, isOptional: !field.isRequired)
            )
            return toChild.leaves(of: child)
        }
    }

    /// Metadata and value of a variant, both required and without field ids.
    private func variantLeaves(of field: ParquetField) -> [FieldLeaf] {
        VariantGroup.names.enumerated().map { index, name in
            var toChild = self
            toChild.steps.append(
                FieldLeaf.Step(kind: .structure, child: index, isOptional: !field.isRequired)
            )
            toChild.names.append(name)
            toChild.path.append(name)
            let child = ParquetField(
                fieldID: field.fieldID,
                name: name,
                type: .binary,
                isRequired: true
            )
            return toChild.leaf(of: child, hasBounds: false)
        }
    }

    private func leaf(of field: ParquetField, hasBounds: Bool) -> FieldLeaf {
        FieldLeaf(
            name: names.joined(separator: "."),
            path: path,
            fieldID: field.fieldID,
            type: field.type,
            isRequired: field.isRequired,
            hasBounds: hasBounds,
            columnIndex: columnIndex,
            steps: steps,
            definitionLevelMax: definitionLevel,
            repetitionLevelMax: repetitionLevel
        )
    }
}

/// The group that holds a variant.
///
/// Source: apache/parquet-format, VariantEncoding.md "Variant in Parquet".
enum VariantGroup {
    static let names = ["metadata", "value"]
    static let specificationVersion = 1
}

extension IcebergType {
    /// Whether smallest and largest values of the type are told by their order in a file.
    fileprivate var hasParquetOrder: Bool {
        switch self {
        case .geometry, .geography, .variant, .unknown, .structure, .list, .map: false
        default: true
        }
    }
}
