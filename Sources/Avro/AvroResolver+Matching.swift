internal import Bytes

extension ResolvingAction {
    /// Finds out how bytes of one type become values of another.
    init(from writer: AvroSchema, to reader: AvroSchema) throws(ResolvingFault) {
        switch (writer, reader) {
        case (.logical(_, let base), _): self = try Self(from: base, to: reader)
        case (_, .logical(_, let base)): self = try Self(from: writer, to: base)
        case (.union(let branches), _): self = try Self.fromUnion(branches, to: reader)
        case (_, .union(let branches)): self = try Self.toUnion(branches, from: writer)
        case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.float, .float),
            (.double, .double), (.bytes, .bytes), (.string, .string):
            self = .same(writer)
        case (.int, .long): self = .intAsLong
        case (.int, .float), (.long, .float): self = .integerAsFloat
        case (.int, .double), (.long, .double): self = .integerAsDouble
        case (.float, .double): self = .floatAsDouble
        case (.string, .bytes): self = .stringAsBytes
        case (.bytes, .string): self = .bytesAsString
        case (.fixed(_, let count), .fixed(_, let wanted)) where count == wanted:
            self = .same(writer)
        case (.enumeration(_, let symbols, _), .enumeration(_, let known, let defaultSymbol)):
            let spare = defaultSymbol.flatMap { known.firstIndex(of: $0) }
            self = .symbol(
                symbols.map { symbol in
                    (known.firstIndex(of: symbol) ?? spare).flatMap { Int32(exactly: $0) }
                }
            )
        case (.array(let items, _), .array(let wanted, _)):
            self = .items(try Self(from: items, to: wanted))
        case (.map(let values), .map(let wanted)):
            self = .entries(try Self(from: values, to: wanted))
        case (.record(let record), .record(let wanted)):
            self = try Self.record(from: record, to: wanted)
        default: throw ResolvingFault(from: writer, to: reader)
        }
    }

    /// Each branch on its own: one that does not fit counts only when a value is of it.
    private static func fromUnion(
        _ branches: [AvroSchema],
        to reader: AvroSchema
    ) throws(ResolvingFault) -> Self {
        var actions: [ResolvingAction] = []
        var faults: [(branch: AvroSchema, fault: ResolvingFault)] = []
        for branch in branches {
            do throws(ResolvingFault) {
                actions.append(try Self(from: branch, to: reader))
            } catch {
                actions.append(.refuse)
                faults.append((branch, error))
            }
        }
        if faults.count == branches.count {
            // That a null does not fit says less than what is wrong with the other branch.
            let telling = faults.first { $0.branch != .null } ?? faults.first
            throw telling?.fault ?? ResolvingFault(from: .union(branches), to: reader)
        }
        return .branch(actions)
    }

    /// The first branch of the same kind and name, or else the first that fits at all.
    private static func toUnion(
        _ branches: [AvroSchema],
        from writer: AvroSchema
    ) throws(ResolvingFault) -> Self {
        let same = branches.filter { $0.base.isSameKind(as: writer) }
        for branch in same + branches {
            do throws(ResolvingFault) {
                return try Self(from: writer, to: branch)
            } catch {
                // Where only one branch can have been meant, its fault says what is wrong.
                if same.count == 1, branch == same[0] { throw error }
            }
        }
        throw ResolvingFault(from: writer, to: .union(branches))
    }

    private static func record(
        from writer: AvroSchema.Record,
        to reader: AvroSchema.Record
    ) throws(ResolvingFault) -> Self {
        var steps = writer.fields.map { Step.skip($0.schema) }
        var values: [AvroValue] = []
        let finder = FieldFinder(writer.fields)
        for (index, field) in reader.fields.enumerated() {
            do throws(ResolvingFault) {
                if let position = finder.position(of: field) {
                    let action = try Self(from: writer.fields[position].schema, to: field.schema)
                    steps[position] = .read(action, index: index)
                    values.append(.null)
                } else {
                    guard let json = field.defaultValue else {
                        throw ResolvingFault("the file does not have it and it has no default")
                    }
                    guard let value = AvroValue(defaultValue: json, of: field.schema) else {
                        throw ResolvingFault("its default is no \(field.schema)")
                    }
                    values.append(value)
                }
            } catch {
                throw error.inside(field.name)
            }
        }
        return .record(steps, values)
    }
}

/// Finds the writer's field that a reader's field means.
private struct FieldFinder {
    private var byID: [Int32: Int] = [:]
    private var byName: [String: Int] = [:]
    private let fields: [AvroSchema.Field]

    init(_ fields: [AvroSchema.Field]) {
        self.fields = fields
        for (position, field) in fields.enumerated() {
            if let id = field.fieldID { byID[id] = byID[id] ?? position }
            byName[field.name] = byName[field.name] ?? position
        }
    }

    /// By id; by name and alias only where one of the two has no id, as equal names with different
    /// ids are different fields.
    func position(of field: AvroSchema.Field) -> Int? {
        if let id = field.fieldID, let position = byID[id] { return position }
        for name in [field.name] + field.aliases {
            guard let position = byName[name] else { continue }
            if field.fieldID == nil || fields[position].fieldID == nil { return position }
        }
        return nil
    }
}

extension AvroSchema {
    /// Whether values of both are stored in the same way, and records and enums have the same name.
    fileprivate func isSameKind(as other: AvroSchema) -> Bool {
        switch (self, other) {
        case (.fixed(_, let left), .fixed(_, let right)): left == right
        case (.array, .array), (.map, .map): true
        case (.record(let left), .record(let right)): left.name == right.name
        case (.enumeration(let left, _, _), .enumeration(let right, _, _)): left == right
        default: self == other
        }
    }
}
