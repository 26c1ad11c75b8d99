internal import Bytes

/// Reads the file's last struct.
///
/// Source: apache/parquet-format, parquet.thrift "FileMetaData".
struct FooterParser {
    var nodes: [ParquetSchemaNode] = []
    var leafCount = 0
    var rowGroups: [FileRowGroup] = []
    var keyValueMetadata: [(String, String)] = []
    var createdBy = ""
    /// How bounds are ordered, one a leaf; empty in files that do not say.
    var columnOrders: [ColumnOrder] = []
    private var elements: [SchemaElement] = []

    init(_ bytes: [UInt8]) throws(WireFault) {
        var parser = FooterParser()
        var reader = ThriftReader(bytes)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (2, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.elements.append(try Self.element(&reader))
                }
            case (4, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.rowGroups.append(try Self.rowGroup(&reader))
                }
            case (5, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.keyValueMetadata.append(try Self.keyValue(&reader))
                }
            case (6, .binary): parser.createdBy = try reader.readText()
            case (7, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.columnOrders.append(try ColumnOrder(&reader))
                }
            default: try reader.skip(type)
            }
        }
        var builder = SchemaTreeBuilder(parser.elements)
        guard let nodes = builder.build() else {
            throw WireFault(
                .malformedValue,
                offset: reader.cursor,
                wanted: 2,
                available: parser.elements.count
            )
        }
        parser.nodes = nodes
        parser.leafCount = builder.leafCount
        parser.elements = []
        self = parser
    }

    private init() {}

    /// The fewest bytes of an element, a name and a kind, and of a chunk; they bound what many
    /// empty structs would grow to in memory.
    private static let elementBytesMin = 5
    private static let chunkBytesMin = 8

    private static func element(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> SchemaElement {
        var element = SchemaElement()
        let start = reader.cursor
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int32): element.physicalType = try reader.readInteger()
            case (2, .int32): element.lengthBytes = try reader.readInteger()
            case (3, .int32): element.repetition = try reader.readInteger()
            case (4, .binary): element.name = try reader.readText()
            case (5, .int32): element.childCount = try reader.readInteger()
            case (6, .int32): element.convertedType = try reader.readInteger()
            case (7, .int32): element.scale = try reader.readInteger()
            case (8, .int32): element.precision = try reader.readInteger()
            case (9, .int32): element.fieldID = try reader.readInteger()
            case (10, .structure): element.logical = try AnnotationParser.logicalType(&reader)
            default: try reader.skip(type)
            }
        }
        try reader.checkByteCount(since: start, atLeast: elementBytesMin)
        return element
    }

    private static func rowGroup(_ reader: inout ThriftReader) throws(WireFault) -> FileRowGroup {
        var group = FileRowGroup()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    let start = reader.cursor
                    group.chunks.append(try FileChunk(&reader))
                    try reader.checkByteCount(since: start, atLeast: chunkBytesMin)
                }
            case (3, .int64): group.rowCount = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        return group
    }

    private static func keyValue(
        _ reader: inout ThriftReader
    ) throws(WireFault) -> (String, String) {
        var pair = ("", "")
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .binary): pair.0 = try reader.readText()
            case (2, .binary): pair.1 = try reader.readText()
            default: try reader.skip(type)
            }
        }
        return pair
    }
}

/// The order of a column's bounds.
enum ColumnOrder: Sendable {
    /// That of the type.
    case typeDefined
    /// IEEE 754's total order, in which NaN may be a bound.
    case totalOrder
    case unknown

    init(_ reader: inout ThriftReader) throws(WireFault) {
        var order = ColumnOrder.unknown
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            order = id == 1 ? .typeDefined : id == 2 ? .totalOrder : .unknown
            try reader.skip(type)
        }
        self = order
    }
}

extension FileChunk {
    init(_ reader: inout ThriftReader) throws(WireFault) {
        var chunk = FileChunk()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .binary): chunk.isElsewhere = try !reader.readBytes().isEmpty
            case (3, .structure):
                chunk.hasMetadata = true
                try chunk.readMetadata(&reader)
            case (4, .int64): chunk.offsetIndex.offset = try reader.readInteger()
            case (5, .int32): chunk.offsetIndex.byteCount = try reader.readInteger()
            case (6, .int64): chunk.columnIndex.offset = try reader.readInteger()
            case (7, .int32): chunk.columnIndex.byteCount = try reader.readInteger()
            case (8, _):
                chunk.isEncrypted = true
                try reader.skip(type)
            default: try reader.skip(type)
            }
        }
        self = chunk
    }

    private mutating func readMetadata(_ reader: inout ThriftReader) throws(WireFault) {
        var chunk = self
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (2, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    let number = try reader.readInteger()
                    if (0..<32).contains(number) { chunk.encodings |= 1 << UInt32(number) }
                }
            case (4, .int32): chunk.codecNumber = try reader.readInteger()
            case (5, .int64): chunk.valueCount = try reader.readInteger()
            case (6, .int64): chunk.uncompressedBytes = try reader.readInteger()
            case (7, .int64): chunk.compressedBytes = try reader.readInteger()
            case (9, .int64): chunk.dataPageOffset = try reader.readInteger()
            case (11, .int64): chunk.dictionaryPageOffset = try reader.readInteger()
            case (12, .structure): chunk.statistics = try FileStatistics(&reader)
            case (14, .int64): chunk.bloomFilter.offset = try reader.readInteger()
            case (15, .int32): chunk.bloomFilter.byteCount = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        self = chunk
    }
}

extension FileStatistics {
    init(_ reader: inout ThriftReader) throws(WireFault) {
        var statistics = FileStatistics()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .binary): statistics.legacyUpper = try reader.readBytes()
            case (2, .binary): statistics.legacyLower = try reader.readBytes()
            case (3, .int64): statistics.nullCount = try reader.readInteger()
            case (5, .binary): statistics.upper = try reader.readBytes()
            case (6, .binary): statistics.lower = try reader.readBytes()
            default: try reader.skip(type)
            }
        }
        self = statistics
    }
}
