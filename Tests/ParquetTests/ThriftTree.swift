/// A struct of Thrift's compact protocol as a tree, so that tests see a file as it is, without the
/// reader under test.
///
/// Source: Apache Thrift, "Thrift Compact protocol encoding".
indirect enum ThriftTree: Equatable {
    case boolean(Bool)
    case integer(Int)
    case bytes([UInt8])
    case list([ThriftTree])
    case structure([Int: ThriftTree])

    struct Damaged: Error {}

    /// Reads a struct; also tells where it ends.
    static func parse(_ bytes: [UInt8], at offset: Int) throws -> (tree: ThriftTree, end: Int) {
        var parser = Parser(bytes: bytes, offset: offset)
        let tree = try parser.structure()
        return (tree, parser.offset)
    }

    subscript(id: Int) -> ThriftTree? {
        if case .structure(let fields) = self { return fields[id] }
        return nil
    }

    var integer: Int? {
        if case .integer(let value) = self { return value }
        return nil
    }

    var boolean: Bool? {
        if case .boolean(let value) = self { return value }
        return nil
    }

    var bytes: [UInt8]? {
        if case .bytes(let value) = self { return value }
        return nil
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var list: [ThriftTree] {
        if case .list(let elements) = self { return elements }
        return []
    }

    /// The ids of a struct's fields, ascending.
    var fieldIDs: [Int] {
        if case .structure(let fields) = self { return fields.keys.sorted() }
        return []
    }

    private struct Parser {
        let bytes: [UInt8]
        var offset: Int

        mutating func byte() throws -> UInt8 {
            guard bytes.indices.contains(offset) else { throw Damaged() }
            offset += 1
            return bytes[offset - 1]
        }

        mutating func varint() throws -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: 0, to: 64, by: 7) {
                let next = try byte()
                value |= UInt64(next & 0x7F) << UInt64(shift)
                if next < 0x80 { return value }
            }
            throw Damaged()
        }

        mutating func zigZag() throws -> Int {
            let value = try varint()
            return Int(bitPattern: UInt(value >> 1)) ^ -Int(value & 1)
        }

        mutating func structure() throws -> ThriftTree {
            var fields: [Int: ThriftTree] = [:]
            var last = 0
            while true {
                let head = try byte()
                if head == 0 { return .structure(fields) }
                last = head >> 4 == 0 ? try zigZag() : last + Int(head >> 4)
                switch head & 15 {
                case 1: fields[last] = .boolean(true)
                case 2: fields[last] = .boolean(false)
                default: fields[last] = try value(head & 15)
                }
            }
        }

        mutating func value(_ type: UInt8) throws -> ThriftTree {
            switch type {
            case 1, 2: return .boolean(try byte() == 1)
            case 3: return .integer(Int(Int8(bitPattern: try byte())))
            case 4, 5, 6: return .integer(try zigZag())
            case 8:
                let count = Int(try varint())
                guard count <= bytes.count - offset else { throw Damaged() }
                offset += count
                return .bytes(Array(bytes[offset - count..<offset]))
            case 9, 10:
                let head = try byte()
                let count = head >> 4 == 15 ? Int(try varint()) : Int(head >> 4)
                guard count <= bytes.count else { throw Damaged() }
                return .list(try (0..<count).map { _ in try value(head & 15) })
            case 12: return try structure()
            default: throw Damaged()
            }
        }
    }
}
