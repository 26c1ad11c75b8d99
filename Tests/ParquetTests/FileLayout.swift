import Bytes
import Codecs

/// What a file's bytes say about its layout, read without the reader under test.
///
/// Source: apache/parquet-format, parquet.thrift.
struct FileLayout {
    struct Page: Equatable {
        enum Kind: Int { case data = 0, index, dictionary, dataV2 }

        var kind: Kind
        var encoding: String
        var valueCount: Int
        /// Version 2 alone.
        var nullCount: Int?
        var rowCount: Int?
        var definitionLevelBytes: Int?
        var repetitionLevelBytes: Int?
        var isCompressed: Bool?
        /// Where the header lies, and where the page ends.
        var offset: Int
        var end: Int
        var uncompressedBytes: Int
        var checksum: Int?
        /// What follows the header, as it lies in the file.
        var body: [UInt8]
    }

    struct Chunk {
        var metadata: ThriftTree
        var pages: [Page]
        var columnIndex: ThriftTree?
        var offsetIndex: ThriftTree?

        var path: [String] { metadata[3]?.list.compactMap(\.text) ?? [] }
        var encodings: [String] {
            metadata[2]?.list.compactMap { $0.integer.map(FileLayout.encoding) } ?? []
        }
        var valueCount: Int? { metadata[5]?.integer }
        var nullCount: Int? { metadata[12]?[3]?.integer }
        var upper: [UInt8]? { metadata[12]?[5]?.bytes }
        var lower: [UInt8]? { metadata[12]?[6]?.bytes }
        /// The data pages' encodings in order.
        var dataEncodings: [String] { dataPages.map(\.encoding) }
        var dataPages: [Page] { pages.filter { $0.kind != .dictionary } }
        var dictionary: Page? { pages.first { $0.kind == .dictionary } }
    }

    var footer: ThriftTree
    var rowGroups: [[Chunk]]

    init(_ file: [UInt8]) throws {
        let length = file.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard file.prefix(4) == [0x50, 0x41, 0x52, 0x31], length <= file.count - 12 else {
            throw ThriftTree.Damaged()
        }
        footer = try ThriftTree.parse(file, at: file.count - 8 - length).tree
        rowGroups = try (footer[4]?.list ?? []).map { group in
            try (group[1]?.list ?? []).map { try Self.chunk($0, file) }
        }
    }

    private static func chunk(_ column: ThriftTree, _ file: [UInt8]) throws -> Chunk {
        guard let metadata = column[3], let bytes = metadata[7]?.integer else {
            throw ThriftTree.Damaged()
        }
        var offset = metadata[11]?.integer ?? metadata[9]?.integer ?? 0
        let end = offset + bytes
        var pages: [Page] = []
        while offset < end {
            let page = try page(file, at: offset)
            pages.append(page)
            offset = page.end
        }
        return Chunk(
            metadata: metadata,
            pages: pages,
            columnIndex: try column[6]?.integer.map { try ThriftTree.parse(file, at: $0).tree },
            offsetIndex: try column[4]?.integer.map { try ThriftTree.parse(file, at: $0).tree }
        )
    }

    private static func page(_ file: [UInt8], at offset: Int) throws -> Page {
        let (header, bodyStart) = try ThriftTree.parse(file, at: offset)
        guard let kind = header[1]?.integer.flatMap(Page.Kind.init),
            let details = header[5] ?? header[7] ?? header[8],
            let compressedBytes = header[3]?.integer, bodyStart + compressedBytes <= file.count
        else { throw ThriftTree.Damaged() }
        let isV2 = kind == .dataV2
        return Page(
            kind: kind,
            encoding: encoding(details[isV2 ? 4 : 2]?.integer ?? -1),
            valueCount: details[1]?.integer ?? -1,
            nullCount: isV2 ? details[2]?.integer : nil,
            rowCount: isV2 ? details[3]?.integer : nil,
            definitionLevelBytes: isV2 ? details[5]?.integer : nil,
            repetitionLevelBytes: isV2 ? details[6]?.integer : nil,
            isCompressed: isV2 ? details[7]?.boolean : nil,
            offset: offset,
            end: bodyStart + compressedBytes,
            uncompressedBytes: header[2]?.integer ?? -1,
            checksum: header[4]?.integer,
            body: Array(file[bodyStart..<bodyStart + compressedBytes])
        )
    }

    static func encoding(_ number: Int) -> String {
        let names = [
            0: "PLAIN", 2: "PLAIN_DICTIONARY", 3: "RLE", 4: "BIT_PACKED",
            5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
            8: "RLE_DICTIONARY", 9: "BYTE_STREAM_SPLIT",
        ]
        return names[number] ?? "\(number)"
    }
}

extension FileLayout {
    /// The schema as the Parquet tools print it, two spaces a level, the root left out.
    var schema: [String] {
        var lines: [String] = []
        var rest = (footer[2]?.list ?? [])[...]
        let columns = rest.popFirst()?[5]?.integer ?? 0
        for _ in 0..<columns { Self.appendNode(&rest, indent: "", to: &lines) }
        return lines + (rest.isEmpty ? [] : ["\(rest.count) nodes are left"])
    }

    private static func appendNode(
        _ rest: inout ArraySlice<ThriftTree>,
        indent: String,
        to lines: inout [String]
    ) {
        guard let node = rest.popFirst() else { return lines.append("a node is missing") }
        let repetition = ["required", "optional", "repeated"][node[3]?.integer ?? 0]
        var line = "\(indent)\(repetition) \(physicalType(node)) \(node[4]?.text ?? "?")"
        if let id = node[9]?.integer { line += " = \(id)" }
        if let logical = node[10] { line += " \(logicalType(logical))" }
        if let converted = node[6]?.integer { line += " converted \(converted)" }
        lines.append(line)
        for _ in 0..<(node[5]?.integer ?? 0) {
            appendNode(&rest, indent: indent + "  ", to: &lines)
        }
    }

    private static func physicalType(_ node: ThriftTree) -> String {
        guard let number = node[1]?.integer else { return "group" }
        let name = [
            "boolean", "int32", "int64", "int96", "float", "double", "binary", "fixed",
        ][number]
        return node[2]?.integer.map { "\(name)(\($0))" } ?? name
    }

    private static func logicalType(_ union: ThriftTree) -> String {
        guard let number = union.fieldIDs.first, let type = union[number] else { return "?" }
        switch number {
        case 1: return "STRING"
        case 2: return "MAP"
        case 3: return "LIST"
        case 5: return "DECIMAL(\(type[2]?.integer ?? -1), \(type[1]?.integer ?? -1))"
        case 6: return "DATE"
        case 7, 8:
            let unit = ["?", "MILLIS", "MICROS", "NANOS"][type[2]?.fieldIDs.first ?? 0]
            let zone = type[1]?.boolean == true ? " UTC" : ""
            return "\(number == 7 ? "TIME" : "TIMESTAMP")(\(unit)\(zone))"
        case 14: return "UUID"
        case 16: return "VARIANT(\(type[1]?.integer ?? -1))"
        case 17: return "GEOMETRY(\(type[1]?.text ?? ""))"
        case 18: return "GEOGRAPHY(\(type[1]?.text ?? ""), \(type[2]?.integer ?? 0))"
        default: return "LOGICAL \(number)"
        }
    }
}
