internal import Bytes

/// Writes structs of Thrift's compact protocol, fields in ascending id order.
///
/// Source: Apache Thrift, "Thrift Compact protocol encoding".
struct ThriftWriter: ~Copyable {
    private(set) var buffer: ByteBuffer
    /// The last field id of each open struct, the innermost last.
    private var lastFieldIDs: [Int16] = [0]

    init(capacityBytes: Int = 256) { buffer = ByteBuffer(capacityBytes: capacityBytes) }

    /// Forgets what was written and keeps the memory.
    mutating func removeAll() {
        buffer.removeAll()
        lastFieldIDs = [0]
    }

    mutating func field(_ id: Int16, _ type: ThriftType) {
        let previous = lastFieldIDs[lastFieldIDs.count - 1]
        let step = id - previous
        if step > 0 && step <= 15 {
            buffer.append(UInt8(step) << 4 | type.rawValue)
        } else {
            buffer.append(type.rawValue)
            buffer.appendZigZag(Int64(id))
        }
        lastFieldIDs[lastFieldIDs.count - 1] = id
    }

    mutating func int8(_ id: Int16, _ value: Int) {
        field(id, .int8)
        buffer.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func int32(_ id: Int16, _ value: Int) {
        field(id, .int32)
        buffer.appendZigZag(Int64(value))
    }

    mutating func int64(_ id: Int16, _ value: Int) {
        field(id, .int64)
        buffer.appendZigZag(Int64(value))
    }

    mutating func boolean(_ id: Int16, _ value: Bool) {
        field(id, value ? .booleanTrue : .booleanFalse)
    }

    mutating func text(_ id: Int16, _ value: String) {
        field(id, .binary)
        textElement(value)
    }

    mutating func bytes(_ id: Int16, _ value: [UInt8]) {
        field(id, .binary)
        bytesElement(value)
    }

    mutating func textElement(_ value: String) {
        buffer.appendVarint(UInt64(value.utf8.count))
        buffer.append(utf8: value)
    }

    mutating func bytesElement(_ value: [UInt8]) {
        buffer.appendVarint(UInt64(value.count))
        buffer.append(contentsOf: value)
    }

    mutating func integerElement(_ value: Int) { buffer.appendZigZag(Int64(value)) }

    mutating func booleanElement(_ value: Bool) {
        buffer.append(value ? ThriftType.booleanTrue.rawValue : ThriftType.booleanFalse.rawValue)
    }

    mutating func list(_ id: Int16, of type: ThriftType, count: Int) {
        field(id, .list)
        if count < 15 {
            buffer.append(UInt8(count) << 4 | type.rawValue)
        } else {
            buffer.append(0xF0 | type.rawValue)
            buffer.appendVarint(UInt64(count))
        }
    }

    /// Writes a struct in a field.
    mutating func structure(_ id: Int16, _ body: (inout ThriftWriter) -> Void) {
        field(id, .structure)
        element(body)
    }

    /// Writes a struct as an element of a list.
    mutating func element(_ body: (inout ThriftWriter) -> Void) {
        lastFieldIDs.append(0)
        body(&self)
        lastFieldIDs.removeLast()
        buffer.append(0)
    }

    /// Ends the outermost struct.
    mutating func end() { buffer.append(0) }
}

/// Type nibbles of the compact protocol.
enum ThriftType: UInt8 {
    case booleanTrue = 1
    case booleanFalse = 2
    case int8 = 3
    case int16 = 4
    case int32 = 5
    case int64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case map = 11
    case structure = 12
}
