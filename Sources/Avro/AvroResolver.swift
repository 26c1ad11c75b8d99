public import Bytes
public import Diagnostics

/// Reads the values of a file as values of another type: the one that its reader knows.
///
/// Fields are found by their ids, or by name and alias where the writer gave them none; what the
/// writer does not have takes its default, what the reader does not know is stepped over. Integers
/// and floats widen, strings and bytes stand for each other. Names of records and fixed types do not
/// matter, as every engine gives Iceberg's records others.
///
/// Source: Apache Avro 1.12 specification, "Schema Resolution".
public struct AvroResolver: Sendable {
    private let action: ResolvingAction

    /// - Parameters:
    ///   - writer: The type of the bytes.
    ///   - reader: The type of the values that ``read(_:)`` returns.
    ///   - file: For messages.
    /// - Throws: ``FormatError`` naming the field whose types do not fit or that has no default.
    public init(
        from writer: AvroSchema,
        to reader: AvroSchema,
        file: String
    ) throws(FormatError) {
        do throws(ResolvingFault) {
            action = try ResolvingAction(from: writer, to: reader)
        } catch {
            let place = error.path.isEmpty ? "" : "field \(error.path.joined(separator: ".")): "
            throw FormatError(file: file, "\(place)\(error.reason)")
        }
    }

    /// Reads one value; its record fields stand in the reader's order.
    ///
    /// - Throws: ``WireFault``, also for a value whose branch of a union does not fit the reader's type.
    public func read(_ bytes: inout ByteReader) throws(WireFault) -> AvroValue {
        try action.read(&bytes)
    }
}

/// Two types that do not fit.
struct ResolvingFault: Error {
    /// Names of fields, the outermost first.
    var path: [String] = []
    var reason: String

    init(_ reason: String) { self.reason = reason }

    init(from writer: AvroSchema, to reader: AvroSchema) {
        reason = "its type is \(writer), which cannot be read as \(reader)"
    }

    func inside(_ name: String) -> ResolvingFault {
        var fault = self
        fault.path.insert(name, at: 0)
        return fault
    }
}

/// What to do with the bytes of a value, decided once per file.
indirect enum ResolvingAction: Sendable {
    /// The value is what the reader wants.
    case same(AvroSchema)
    case intAsLong
    case integerAsFloat
    case integerAsDouble
    case floatAsDouble
    case stringAsBytes
    case bytesAsString
    /// The reader's index for each of the writer's; `nil` for a symbol that it does not know.
    case symbol([Int32?])
    case items(ResolvingAction)
    case entries(ResolvingAction)
    /// What to do for each of the writer's branches.
    case branch([ResolvingAction])
    /// A branch that does not fit: no value may be of it.
    case refuse
    /// The writer's fields in order, and the record before they are read: its defaults.
    case record([Step], [AvroValue])

    enum Step: Sendable {
        case read(ResolvingAction, index: Int)
        case skip(AvroSchema)
    }

    func read(_ bytes: inout ByteReader) throws(WireFault) -> AvroValue {
        switch self {
        case .same(let schema): return try bytes.readAvroValue(schema)
        case .intAsLong: return .long(Int64(try bytes.readAvroInt()))
        case .integerAsFloat: return .float(bits: Float(try bytes.readAvroLong()).bitPattern)
        case .integerAsDouble: return .double(bits: Double(try bytes.readAvroLong()).bitPattern)
        case .floatAsDouble:
            let value = Float(bitPattern: try bytes.readInteger(as: UInt32.self))
            return .double(bits: Double(value).bitPattern)
        case .stringAsBytes: return .bytes(try bytes.readAvroBytes())
        case .bytesAsString: return .string(try bytes.readAvroString())
        case .symbol(let indices): return .enumeration(try Self.readSymbol(&bytes, indices))
        case .items(let action):
            return .array(
                try bytes.readAvroItems { reader throws(WireFault) in try action.read(&reader) }
            )
        case .entries(let action):
            return .map(
                try bytes.readAvroEntries { reader throws(WireFault) in try action.read(&reader) }
            )
        case .branch(let actions):
            return try actions[try bytes.readAvroBranchIndex(count: actions.count)].read(&bytes)
        case .refuse: throw bytes.mismatch()
        case .record(let steps, let defaults): return try Self.readRecord(&bytes, steps, defaults)
        }
    }

    private static func readSymbol(
        _ bytes: inout ByteReader,
        _ indices: [Int32?]
    ) throws(WireFault) -> Int32 {
        let index = try bytes.readAvroBranchIndex(count: indices.count)
        guard let known = indices[index] else { throw bytes.mismatch() }
        return known
    }

    private static func readRecord(
        _ bytes: inout ByteReader,
        _ steps: [Step],
        _ defaults: [AvroValue]
    ) throws(WireFault) -> AvroValue {
        var values = defaults
        for step in steps {
            switch step {
            case .read(let action, let index): values[index] = try action.read(&bytes)
            case .skip(let schema): try bytes.skipAvro(schema)
            }
        }
        return .record(values)
    }
}

extension ByteReader {
    /// A value of a type that its reader cannot take.
    fileprivate func mismatch() -> WireFault {
        WireFault(.malformedValue, offset: offset, wanted: 0, available: remaining)
    }
}
