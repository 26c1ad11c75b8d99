internal import Diagnostics
internal import TableModel

/// Finds wanted fields in a file's schema.
struct ProjectionBuilder {
    let file: String
    let matching: ParquetReader.Matching
    private(set) var leaves: [ReadLeaf] = []

    init(file: String, matching: ParquetReader.Matching) {
        self.file = file
        self.matching = matching
    }

    /// What of the file's fields each wanted one is read from.
    mutating func nodes(
        _ wanted: [SchemaField],
        in fields: [FileField]
    ) throws(FormatError) -> [ReadNode] {
        var scope: [NameMapping.Entry] = []
        if case .mapping(let mapping) = matching { scope = mapping.entries }
        let place = Place(path: [], isLevelled: false, scope: scope)
        return try nodes(wanted, in: fields, place)
    }

    /// Where in the schema the search is.
    private struct Place {
        var path: [String]
        /// Whether a group around is optional or repeated.
        var isLevelled: Bool
        /// The name mapping's entries for the fields here.
        var scope: [NameMapping.Entry]

        /// The place inside of a field, which the name mapping may know by another name.
        func inside(_ field: FileField, mappedName: String?) -> Place {
            let name = mappedName ?? field.name
            return Place(
                path: path + [field.name],
                isLevelled: isLevelled || field.isOptional || field.isRepeated,
                scope: scope.first { $0.names.contains(name) }?.fields ?? []
            )
        }
    }

    private mutating func nodes(
        _ wanted: [SchemaField],
        in fields: [FileField],
        _ place: Place
    ) throws(FormatError) -> [ReadNode] {
        var nodes: [ReadNode] = []
        for field in wanted {
            let found = fields.first { isMatch($0, field, place.scope) }
            nodes.append(try node(field, found, place))
        }
        return nodes
    }

    private func isMatch(
        _ file: FileField,
        _ wanted: SchemaField,
        _ scope: [NameMapping.Entry]
    ) -> Bool {
        switch matching {
        case .fieldID: file.fieldID == wanted.id
        case .inferred: file.inferredID == wanted.id
        case .name: file.name == wanted.name
        case .mapping:
            scope.contains { $0.fieldID == wanted.id && $0.names.contains(file.name) }
        }
    }

    private mutating func node(
        _ wanted: SchemaField,
        _ found: FileField?,
        _ place: Place,
        mappedName: String? = nil
    ) throws(FormatError) -> ReadNode {
        guard let found else {
            return ReadNode(field: wanted, levels: .init(), content: .missing, levelLeaf: nil)
        }
        let inner = place.inside(found, mappedName: mappedName)
        switch (found.content, wanted.type) {
        case (.foreign(let number), _):
            throw error(inner, "has the physical type \(number), which the format does not know")
        case (_, .unknown): return Self.nulls(wanted)
        case (.leaf(let type), _) where type.annotation == .null: return Self.nulls(wanted)
        case (.leaf(let type), _):
            guard let conversion = ValueConversion(from: type, to: wanted.type) else {
                throw error(inner, "is \(type), it cannot be read as \(wanted.type)")
            }
            let index = add(found, type, inner.path, place.isLevelled, conversion)
            return ReadNode(
                field: wanted,
                levels: found.levels,
                content: .leaf(index),
                levelLeaf: index
            )
        case (.structure(let fields), .structure(let wantedFields)):
            let children = try nodes(wantedFields, in: fields, inner)
            return structure(wanted, found, children, inner)
        case (.structure(let fields), .variant):
            return structure(wanted, found, try variant(fields, inner), inner)
        case (.list(let element), .list(let wantedElement)):
            let child = try node(wantedElement, element, inner, mappedName: "element")
            let leaf = child.levelLeaf ?? addLevels(of: element, inner)
            return ReadNode(
                field: wanted,
                levels: found.levels,
                content: .list(child),
                levelLeaf: leaf
            )
        case (.map(let key, let value), .map(let wantedKey, let wantedValue)):
            let keyNode = try node(wantedKey, key, inner, mappedName: "key")
            let valueNode = try node(wantedValue, value, inner, mappedName: "value")
            let leaf = keyNode.levelLeaf ?? valueNode.levelLeaf ?? addLevels(of: key, inner)
            return ReadNode(
                field: wanted,
                levels: found.levels,
                content: .map(key: keyNode, value: valueNode),
                levelLeaf: leaf
            )
        case (.structure, _), (.list, _), (.map, _):
            throw error(inner, "is \(found.kindDescription), it cannot be read as \(wanted.type)")
        }
    }

    /// A field that is there and has no values but NULL.
    private static func nulls(_ wanted: SchemaField) -> ReadNode {
        var field = wanted
        field.initialDefault = nil
        return ReadNode(field: field, levels: .init(), content: .missing, levelLeaf: nil)
    }

    private mutating func structure(
        _ wanted: SchemaField,
        _ found: FileField,
        _ children: [ReadNode],
        _ place: Place
    ) -> ReadNode {
        let leaf = children.lazy.compactMap(\.levelLeaf).first ?? addLevels(of: found, place)
        return ReadNode(
            field: wanted,
            levels: found.levels,
            content: .structure(children),
            levelLeaf: leaf
        )
    }

    private mutating func variant(
        _ fields: [FileField],
        _ place: Place
    ) throws(FormatError) -> [ReadNode] {
        guard let parts = FileField.variantParts(of: fields) else {
            let isShredded = fields.contains { $0.name == "typed_value" }
            throw error(
                place,
                isShredded
                    ? "is a shredded variant, which is not supported"
                    : "is no variant: it lacks metadata and value as byte strings"
            )
        }
        var nodes: [ReadNode] = []
        for part in parts {
            let field = SchemaField(id: 0, name: part.name, type: .binary, isRequired: false)
            nodes.append(try node(field, part, place))
        }
        return nodes
    }

    private mutating func add(
        _ field: FileField,
        _ type: FileLeafType,
        _ path: [String],
        _ isLevelled: Bool,
        _ conversion: ValueConversion?
    ) -> Int {
        leaves.append(
            ReadLeaf(
                index: field.leaves.lowerBound,
                path: path.joined(separator: "."),
                type: type,
                levels: field.levels,
                conversion: conversion,
                keepsLevels: isLevelled
            )
        )
        return leaves.count - 1
    }

    /// Adds the leaf at or below `field` that is in the fewest lists, for its levels alone; `nil`
    /// where there is none, or none is needed.
    private mutating func addLevels(of field: FileField, _ place: Place) -> Int? {
        guard place.isLevelled else { return nil }
        let leaf = field.leavesBelow.min { $0.levels.repetition < $1.levels.repetition }
        guard let leaf, case .leaf(let type) = leaf.content else { return nil }
        return add(leaf, type, place.path, place.isLevelled, nil)
    }

    private func error(_ place: Place, _ message: String) -> FormatError {
        FormatError(file: file, "column \(place.path.joined(separator: ".")) \(message)")
    }
}

extension FileField {
    fileprivate var isRepeated: Bool {
        switch content {
        case .list, .map: true
        case .leaf, .structure, .foreign: false
        }
    }

    fileprivate var kindDescription: String {
        switch content {
        case .leaf, .foreign: "a leaf"
        case .structure: "a structure"
        case .list: "a list"
        case .map: "a map"
        }
    }

    /// The leaves at and below the field that can be read.
    fileprivate var leavesBelow: [FileField] {
        if case .leaf = content { return [self] }
        return children.flatMap(\.leavesBelow)
    }
}
