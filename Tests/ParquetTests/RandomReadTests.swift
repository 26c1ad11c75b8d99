import Bytes
import Codecs
import Columns
import Diagnostics
import Parquet
import ParquetTestKit
import TableModel
import TestKit
import Testing

/// Random files of any schema, read in any part and in pieces of any size.
@Suite struct RandomReadTests {
    private static let seeds = Array(UInt64(1)...60)

    /// A file and the rows that were written into it, row group after row group.
    private struct Sample {
        var fields: [SchemaField]
        var batches: [[Column]]
        var bytes: [UInt8]
        var generator: SeededGenerator

        init(seed: UInt64) throws {
            generator = SeededGenerator(seed: seed &* 7)
            var schema = RandomSchema(seed: seed)
            fields = schema.fields()
            var columns = RandomColumns(seed: seed)
            batches = []
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let rowCount = Int.random(in: 0...300, using: &generator)
                batches.append(fields.map { columns.column(of: $0, rowCount: rowCount) })
            }
            var options = ParquetWriterOptions()
            let codecs: [CompressionCodec] = [.none, .snappy, .gzip, .zstd(level: 1), .lz4Raw]
            options.codec = codecs.randomElement(using: &generator) ?? .none
            options.pageVersion = generator.isOne(in: 2) ? .v1 : .v2
            options.pageRowsMax = Int.random(in: 1...100, using: &generator)
            options.rowGroupRowsMax = Int.random(in: 50...300, using: &generator)
            options.dictionary = generator.isOne(in: 2)
            bytes = try encode(fields.map(ParquetField.init), batches, options: options).bytes
        }

        func reader() throws -> ParquetReader {
            ParquetReader(
                file: "random",
                fileByteCount: bytes.count,
                footer: try ParquetFooter(file: "random", bytes: bytes)
            )
        }

        /// The rows as text, as what `wanted` says of them.
        func rows(_ wanted: [SchemaField]) -> [String] {
            batches.flatMap { columns in
                (0..<columns[0].rowCount).map { row in
                    wanted.map { field in
                        shown(field, fields, columns, row)
                    }.joined(separator: ", ")
                }
            }
        }
    }

    @Test("Batches of any size have the rows that were written", arguments: seeds)
    func batches(seed: UInt64) throws {
        var sample = try Sample(seed: seed)
        let reader = try sample.reader()
        let projection = try reader.projection(of: sample.fields)
        let whole = [FileBytes(offset: 0, bytes: sample.bytes)]
        for _ in 0..<3 {
            let limits = BatchLimits(
                rowsMax: [1, 7, 64, 1000].randomElement(using: &sample.generator) ?? 1,
                bytesMax: [1, 500, 1 << 20].randomElement(using: &sample.generator) ?? 1
            )
            var found: [String] = []
            for group in 0..<reader.footer.rowGroupCount {
                let plan = try reader.plan(rowGroup: group, projection)
                let rows = try reader.open(plan, bytes: whole, limits: limits)
                while let batch = try rows.next() {
                    #expect(batch.rowCount <= limits.rowsMax)
                    found += lines(batch.columns, sample.fields, batch.rowCount)
                }
            }
            #expect(found == sample.rows(sample.fields), "\(limits)")
        }
    }

    @Test("Chosen rows of part of the fields come from the bytes asked for", arguments: seeds)
    func selections(seed: UInt64) throws {
        var sample = try Sample(seed: seed)
        let reader = try sample.reader()
        var cutter = FieldCutter(generator: sample.generator)
        let wanted = cutter.cut(sample.fields)
        let all = sample.rows(wanted)
        let projection = try reader.projection(of: wanted)
        var first = 0
        for group in 0..<reader.footer.rowGroupCount {
            let rowCount = reader.footer.rowCount(ofRowGroup: group)
            let rows = randomRows(rowCount, &sample.generator)
            let indexes = pieces(
                sample.bytes,
                try reader.pageIndexRanges(rowGroup: group, projection)
            )
            let plan = try reader.plan(
                rowGroup: group,
                projection,
                rows: rows,
                pageIndexes: sample.generator.isOne(in: 4) ? [] : indexes
            )
            let open = try reader.open(
                plan,
                bytes: pieces(sample.bytes, plan.byteRanges),
                limits: BatchLimits(rowsMax: 20)
            )
            var found: [String] = []
            var foundRows: [Int] = []
            while let batch = try open.next() {
                found += lines(batch.columns, wanted, batch.rowCount)
                foundRows += batch.rows.flatMap { Array($0) }
            }
            #expect(foundRows == rows.flatMap { Array($0) })
            #expect(found == foundRows.map { all[first + $0] })
            first += rowCount
        }
        #expect(first == all.count)
    }

    @Test(
        "Parts of a row group have all its rows, and no more bytes than allowed",
        arguments: seeds
    )
    func parts(seed: UInt64) throws {
        var sample = try Sample(seed: seed)
        let reader = try sample.reader()
        let projection = try reader.projection(of: sample.fields)
        for group in 0..<reader.footer.rowGroupCount {
            let rows = randomRows(reader.footer.rowCount(ofRowGroup: group), &sample.generator)
            let indexes = pieces(
                sample.bytes,
                try reader.pageIndexRanges(rowGroup: group, projection)
            )
            let bytesMax = [1, 2000, 1 << 20].randomElement(using: &sample.generator) ?? 1
            let parts = try reader.parts(
                of: rows,
                rowGroup: group,
                projection,
                pageIndexes: indexes,
                bytesMax: bytesMax
            )
            #expect(parts.joined().flatMap { Array($0) } == rows.flatMap { Array($0) })
            if bytesMax == 1 << 20 { #expect(parts.count == (rows.isEmpty ? 0 : 1)) }
        }
    }

    private func lines(_ columns: [Column], _ fields: [SchemaField], _ rowCount: Int) -> [String] {
        (0..<rowCount).map { row in
            fields.map { shown($0, fields, columns, row) }.joined(separator: ", ")
        }
    }

    /// The bytes of ranges, each a piece of its own; nothing else can be read.
    private func pieces(_ bytes: [UInt8], _ ranges: [Range<Int>]) -> [FileBytes] {
        ranges.map { FileBytes(offset: $0.lowerBound, bytes: Array(bytes[$0])) }
    }

    private func randomRows(_ rowCount: Int, _ generator: inout SeededGenerator) -> [Range<Int>] {
        var rows: [Range<Int>] = []
        var next = 0
        while next < rowCount {
            let start = min(rowCount, next + Int.random(in: 0...60, using: &generator))
            let end = min(rowCount, start + Int.random(in: 0...20, using: &generator))
            if end > start { rows.append(start..<end) }
            next = end + 1
        }
        return rows
    }
}

/// A row of a field as text: `columns` are of `fields`, among which the field is looked up by its
/// id; one that is not there has its default.
private func shown(
    _ wanted: SchemaField,
    _ fields: [SchemaField],
    _ columns: [Column],
    _ row: Int
) -> String {
    guard let index = fields.firstIndex(where: { $0.id == wanted.id }) else {
        return wanted.initialDefault?.integerValue.map { "\($0)" } ?? "null"
    }
    return shown(columns[index], row, of: fields[index].type, as: wanted.type)
}

private func shown(
    _ column: Column,
    _ row: Int,
    of type: IcebergType,
    as wanted: IcebergType
) -> String {
    if column.isNull(row) { return "null" }
    switch (type, wanted) {
    case (.structure(let fields), .structure(let wantedFields)):
        let parts = wantedFields.map { shown($0, fields, column.children, row) }
        return "[\(parts.joined(separator: ","))]"
    case (.list(let element), .list(let wantedElement)):
        let parts = column.elements(at: row).map {
            shown(column.children[0], $0, of: element.type, as: wantedElement.type)
        }
        return "[\(parts.joined(separator: ","))]"
    case (.map(let key, let value), .map(_, let wantedValue)):
        let parts = column.elements(at: row).map { element in
            let shownKey = RowJSON.text(column.children[0], element, key.type)
            let shownValue = shown(
                column.children[1],
                element,
                of: value.type,
                as: wantedValue.type
            )
            return "[\(shownKey),\(shownValue)]"
        }
        return "[\(parts.joined(separator: ","))]"
    default: return RowJSON.text(column, row, type)
    }
}

/// Takes fields out of a schema at any depth, mixes their order and adds new ones.
private struct FieldCutter {
    var generator: SeededGenerator
    private var nextID: Int32 = 10_000

    init(generator: SeededGenerator) { self.generator = generator }

    mutating func cut(_ fields: [SchemaField]) -> [SchemaField] {
        var left: [SchemaField] = []
        for var field in fields where !generator.isOne(in: 3) {
            field.name = "renamed \(field.name)"
            field.type = cut(field.type)
            left.append(field)
        }
        if generator.isOne(in: 3) {
            nextID += 1
            left.append(
                SchemaField(
                    id: nextID,
                    name: "later",
                    type: .int,
                    isRequired: false,
                    initialDefault: generator.isOne(in: 2) ? .integer(7) : nil
                )
            )
        }
        return left.shuffled(using: &generator)
    }

    private mutating func cut(_ type: IcebergType) -> IcebergType {
        switch type {
        case .structure(let fields): return .structure(cut(fields))
        case .list(var element):
            element.type = cut(element.type)
            return .list(element: element)
        case .map(let key, var value):
            value.type = cut(value.type)
            return .map(key: key, value: value)
        default: return type
        }
    }
}
