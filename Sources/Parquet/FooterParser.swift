internal import Bytes

/// Reads the file's last struct.
///
/// Source: apache/parquet-format, parquet.thrift "FileMetaData".
struct FooterParser {
    /// One element of the flattened schema tree.
    private struct Element {
        var physicalType: Int?
        var lengthBytes = 0
        var repetition = 0
        var name = ""
        var childCount = 0
        var convertedType: Int?
        var scale = 0
        var precision = 0
        var fieldID: Int?
        var logical: ColumnAnnotation?
    }

    var columns: [FileColumn] = []
    var leafCount = 0
    var rowCount = 0
    var rowGroups: [FileRowGroup] = []
    var keyValueMetadata: [(String, String)] = []
    var createdBy = ""
    private var elements: [Element] = []

    init(_ bytes: [UInt8]) throws(WireFault) {
        var parser = FooterParser()
        var reader = ThriftReader(bytes)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (2, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.elements.append(try Self.element(&reader))
                }
            case (3, .int64): parser.rowCount = try reader.readInteger()
            case (4, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.rowGroups.append(try Self.rowGroup(&reader))
                }
            case (5, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    parser.keyValueMetadata.append(try Self.keyValue(&reader))
                }
            case (6, .binary): parser.createdBy = try reader.readText()
            default: try reader.skip(type)
            }
        }
        guard parser.buildColumns() else {
            throw WireFault(
                .malformedValue,
                offset: reader.cursor,
                wanted: 2,
                available: parser.elements.count
            )
        }
        self = parser
    }

    private init() {}

    private static func element(_ reader: inout ThriftReader) throws(WireFault) -> Element {
        var element = Element()
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
        return element
    }

    private static func rowGroup(_ reader: inout ThriftReader) throws(WireFault) -> FileRowGroup {
        var group = FileRowGroup()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    group.chunks.append(try Self.chunk(&reader))
                }
            case (3, .int64): group.rowCount = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        return group
    }

    private static func chunk(_ reader: inout ThriftReader) throws(WireFault) -> FileChunk {
        var chunk = FileChunk()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .binary): chunk.isElsewhere = try !reader.readBytes().isEmpty
            case (3, .structure):
                chunk.hasMetadata = true
                try Self.chunkMetadata(&reader, &chunk)
            case (8, _):
                chunk.isEncrypted = true
                try reader.skip(type)
            default: try reader.skip(type)
            }
        }
        return chunk
    }

    private static func chunkMetadata(
        _ reader: inout ThriftReader,
        _ chunk: inout FileChunk
    ) throws(WireFault) {
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (4, .int32): chunk.codecNumber = try reader.readInteger()
            case (5, .int64): chunk.valueCount = try reader.readInteger()
            case (7, .int64): chunk.compressedBytes = try reader.readInteger()
            case (9, .int64): chunk.dataPageOffset = try reader.readInteger()
            case (11, .int64): chunk.dictionaryPageOffset = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
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

    /// Walks the flattened tree; false when its child counts do not add up.
    private mutating func buildColumns() -> Bool {
        guard let root = elements.first, (0...elements.count).contains(root.childCount) else {
            return false
        }
        var index = 1
        for _ in 0..<root.childCount {
            guard index < elements.count else { return false }
            let element = elements[index]
            let firstLeaf = leafCount
            var pending = 1
            while pending > 0 {
                guard index < elements.count else { return false }
                let children = elements[index].childCount
                guard (0...elements.count).contains(children) else { return false }
                if children == 0 { leafCount += 1 }
                pending += children - 1
                index += 1
            }
            columns.append(
                FileColumn(
                    name: element.name,
                    fieldID: element.fieldID.flatMap { Int32(exactly: $0) },
                    shape: Self.shape(element),
                    leafIndex: firstLeaf
                )
            )
        }
        return index == elements.count
    }

    private static func shape(_ element: Element) -> FileColumn.Shape {
        guard element.childCount == 0, element.repetition != 2 else { return .nested }
        guard let number = element.physicalType,
            let physicalType = ParquetPhysicalType(rawValue: number)
        else { return .unknown }
        guard physicalType != .fixedLengthByteArray || element.lengthBytes > 0 else {
            return .unknown
        }
        let annotation =
            element.logical
            ?? AnnotationParser.convertedType(
                element.convertedType,
                precision: element.precision,
                scale: element.scale
            )
        let type = FileLeafType(
            physicalType: physicalType,
            lengthBytes: element.lengthBytes,
            annotation: annotation
        )
        return .leaf(type, isOptional: element.repetition == 1)
    }
}
