import Bytes

@testable import Parquet

/// A file that is put together by hand, so that it can have flaws that no writer gives it.
struct HandmadeFile {
    /// A node of the schema, each before what it holds.
    struct Element {
        var name: String
        var type: ParquetPhysicalType?
        var repetition = ParquetSchemaNode.Repetition.required
        var childCount = 0
        var convertedType: Int?
        var lengthBytes: Int?
        var fieldID: Int?
    }

    /// A page of version 1 as it lies in the file: header fields, and the bytes behind.
    struct Page {
        var type = ParquetPageType.data
        var valueCount: Int
        var encoding = ParquetEncoding.plain
        var bytes: [UInt8]
        /// What the header says, where it does not say the truth.
        var claimedBytes: Int?
    }

    struct Chunk {
        var type: ParquetPhysicalType
        var valueCount: Int
        var pages: [Page]
        var statistics: [Int: [UInt8]] = [:]
        var claimedBytes: Int?
    }

    var elements: [Element]
    var rowCount: Int
    var chunks: [Chunk]
    var hasColumnOrders = true
    var createdBy = "by hand"

    /// The file's bytes.
    func encoded() -> [UInt8] {
        var file = ParquetFormat.magic
        var places: [(start: Int, byteCount: Int)] = []
        for chunk in chunks {
            let start = file.count
            for page in chunk.pages { file += encoded(page) }
            places.append((start, chunk.claimedBytes ?? file.count - start))
        }
        let footer = footer(places)
        return file + footer + ParquetFormat.littleEndian(footer.count) + ParquetFormat.magic
    }

    private func encoded(_ page: Page) -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.int32(1, page.type.rawValue)
        thrift.int32(2, page.claimedBytes ?? page.bytes.count)
        thrift.int32(3, page.bytes.count)
        thrift.structure(page.type == .dictionary ? 7 : 5) { details in
            details.int32(1, page.valueCount)
            details.int32(2, page.encoding.rawValue)
            if page.type == .data {
                details.int32(3, ParquetEncoding.rle.rawValue)
                details.int32(4, ParquetEncoding.rle.rawValue)
            }
        }
        thrift.end()
        return thrift.buffer.toArray() + page.bytes
    }

    private func footer(_ places: [(start: Int, byteCount: Int)]) -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.int32(1, 2)
        thrift.list(2, of: .structure, count: elements.count + 1)
        thrift.element { root in
            root.text(4, "root")
            root.int32(5, topLevelCount)
        }
        for element in elements {
            thrift.element { node in
                if let type = element.type { node.int32(1, type.rawValue) }
                if let lengthBytes = element.lengthBytes { node.int32(2, lengthBytes) }
                node.int32(3, element.repetition.rawValue)
                node.text(4, element.name)
                if element.type == nil { node.int32(5, element.childCount) }
                if let convertedType = element.convertedType { node.int32(6, convertedType) }
                if let fieldID = element.fieldID { node.int32(9, fieldID) }
            }
        }
        thrift.int64(3, rowCount)
        thrift.list(4, of: .structure, count: 1)
        thrift.element { group in
            group.list(1, of: .structure, count: chunks.count)
            for (chunk, place) in zip(chunks, places) {
                group.element { append(chunk, place, to: &$0) }
            }
            group.int64(2, 0)
            group.int64(3, rowCount)
        }
        thrift.text(6, createdBy)
        if hasColumnOrders {
            thrift.list(7, of: .structure, count: chunks.count)
            for _ in chunks { thrift.element { $0.structure(1) { _ in } } }
        }
        thrift.end()
        return thrift.buffer.toArray()
    }

    private func append(
        _ chunk: Chunk,
        _ place: (start: Int, byteCount: Int),
        to thrift: inout ThriftWriter
    ) {
        thrift.int64(2, 0)
        thrift.structure(3) { metadata in
            metadata.int32(1, chunk.type.rawValue)
            metadata.list(2, of: .int32, count: 1)
            metadata.integerElement(0)
            metadata.list(3, of: .binary, count: 1)
            metadata.textElement("column")
            metadata.int32(4, 0)
            metadata.int64(5, chunk.valueCount)
            metadata.int64(6, place.byteCount)
            metadata.int64(7, place.byteCount)
            metadata.int64(9, place.start)
            if !chunk.statistics.isEmpty {
                metadata.structure(12) { statistics in
                    for id in chunk.statistics.keys.sorted() {
                        statistics.bytes(Int16(id), chunk.statistics[id] ?? [])
                    }
                }
            }
        }
    }

    private var topLevelCount: Int {
        var count = 0
        var pending = 0
        for element in elements {
            if pending == 0 { count += 1 } else { pending -= 1 }
            pending += element.childCount
        }
        return count
    }
}

extension HandmadeFile {
    /// Levels with their length before them, as pages of version 1 have them: one run a pair.
    static func levels(_ runs: [(level: UInt8, count: Int)]) -> [UInt8] {
        var buffer = ByteBuffer()
        for run in runs {
            buffer.appendVarint(UInt64(run.count) << 1)
            buffer.append(run.level)
        }
        return ParquetFormat.littleEndian(buffer.count) + buffer.toArray()
    }

    static func plain(_ numbers: [Int32]) -> [UInt8] {
        numbers.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    }

    /// One column of a file: optional or required integers.
    static func flat(
        rowCount: Int,
        repetition: ParquetSchemaNode.Repetition = .optional,
        type: ParquetPhysicalType = .int32,
        pages: [Page]
    ) -> HandmadeFile {
        HandmadeFile(
            elements: [Element(name: "c", type: type, repetition: repetition)],
            rowCount: rowCount,
            chunks: [Chunk(type: type, valueCount: rowCount, pages: pages)]
        )
    }

    /// A list of a structure of two optional integers.
    static func listOfPairs(rowCount: Int, _ chunks: [[Page]]) -> HandmadeFile {
        HandmadeFile(
            elements: [
                Element(name: "l", repetition: .optional, childCount: 1, convertedType: 3),
                Element(name: "list", repetition: .repeated, childCount: 1),
                Element(name: "element", repetition: .optional, childCount: 2),
                Element(name: "a", type: .int32, repetition: .optional),
                Element(name: "b", type: .int32, repetition: .optional),
            ],
            rowCount: rowCount,
            chunks: chunks.map { pages in
                Chunk(
                    type: .int32,
                    valueCount: pages.reduce(0) { $0 + $1.valueCount },
                    pages: pages
                )
            }
        )
    }
}
