import Columns
import Diagnostics
import TableModel
import Testing

@testable import Parquet

/// What files tell of their values without being read.
@Suite struct BoundsTests {
    private func reader(_ bytes: [UInt8]) throws -> ParquetReader {
        ParquetReader(
            file: "t",
            fileByteCount: bytes.count,
            footer: try ParquetFooter(file: "t", bytes: bytes),
            matching: .inferred
        )
    }

    private func bounds(_ bytes: [UInt8]) throws -> ColumnBounds? {
        let reader = try reader(bytes)
        let fields = try reader.footer.inferredFields(file: "t")
        return try reader.bounds(
            ofField: fields[0].id,
            rowGroup: 0,
            try reader.projection(of: fields)
        )
    }

    private func handmade(
        _ statistics: [Int: [UInt8]],
        type: ParquetPhysicalType = .int32,
        convertedType: Int? = nil,
        hasColumnOrders: Bool = true
    ) -> [UInt8] {
        HandmadeFile(
            elements: [.init(name: "c", type: type, convertedType: convertedType)],
            rowCount: 1,
            chunks: [.init(type: type, valueCount: 1, pages: [], statistics: statistics)],
            hasColumnOrders: hasColumnOrders
        ).encoded()
    }

    private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    @Test("Bounds of every type come back as the values that were written")
    func ownTypes() throws {
        for type in SampleColumns.types where type != .boolean && type != .uuid {
            let field = SampleColumns.field(type)
            let column = SampleColumns.column(
                field,
                rowCount: 50,
                seed: { UInt64($0) },
                isNull: { $0 % 7 == 0 }
            )
            let bytes = try encode([field], [[column]]).bytes
            let values = (0..<50).compactMap { SingleValue(row: $0, of: column, type: type) }
            let lowest = try #require(values.min { $0.precedes($1) })
            let highest = try #require(values.max { $0.precedes($1) })
            let found = try #require(try bounds(bytes))
            let (lower, upper) = try (#require(found.lower), #require(found.upper))
            #expect(!lowest.precedes(lower), "\(type)")
            #expect(!upper.precedes(highest), "\(type)")
            if type.physicalType != .bytes { #expect(lower == lowest && upper == highest) }
            #expect(found.rowCount == 50 && found.nullCount == 8)
        }
    }

    @Test("uuid has no bounds in the file, in pages or chunks, as readers order it in two ways")
    func uuid() throws {
        let column = SampleColumns.integers(.uuid, [1, UInt128.max] as [UInt128?])
        let (file, _) = try encode([SampleColumns.field(.uuid)], [[column]])
        let chunk = try #require(FileLayout(file).rowGroups.first?.first)
        #expect(chunk.lower == nil)
        #expect(chunk.upper == nil)
        #expect(chunk.columnIndex == nil)
        #expect(chunk.nullCount == 0)
    }

    @Test("Bounds count only where the file says how they are ordered")
    func orders() throws {
        let new: [Int: [UInt8]] = [5: little(Int32(9)), 6: little(Int32(-9))]
        let old: [Int: [UInt8]] = [1: little(Int32(8)), 2: little(Int32(-8))]
        #expect(try bounds(handmade(new))?.lower == .integer(-9))
        #expect(try bounds(handmade(new))?.upper == .integer(9))
        #expect(try bounds(handmade(new, hasColumnOrders: false))?.lower == nil)
        // The older ones were signed, so they hold for signed numbers.
        #expect(try bounds(handmade(old, hasColumnOrders: false))?.lower == .integer(-8))
        #expect(try bounds(handmade(old, convertedType: 13))?.lower == nil)
        #expect(try bounds(handmade(old.merging(new) { $1 }))?.upper == .integer(9))
        let text: [Int: [UInt8]] = [1: Array("b".utf8), 2: Array("a".utf8)]
        #expect(try bounds(handmade(text, type: .byteArray, convertedType: 0))?.lower == nil)
    }

    @Test("Unsigned numbers, NaN, zeros and bounds of another width are seen as what they are")
    func oddities() throws {
        let unsigned: [Int: [UInt8]] = [5: little(UInt32.max), 6: little(UInt32(1))]
        #expect(try bounds(handmade(unsigned, convertedType: 13))?.upper == .integer(4_294_967_295))
        let nan: [Int: [UInt8]] = [
            5: little(Double.nan.bitPattern), 6: little(Double(1).bitPattern),
        ]
        #expect(try bounds(handmade(nan, type: .double))?.upper == nil)
        #expect(try bounds(handmade(nan, type: .double))?.lower == .floating(1))
        let zeros: [Int: [UInt8]] = [
            5: little(Double(-0.0).bitPattern), 6: little(Double(0.0).bitPattern),
        ]
        #expect(try bounds(handmade(zeros, type: .double))?.lower == .floating(-0.0))
        #expect(try bounds(handmade(zeros, type: .double))?.upper == .floating(0.0))
        #expect(try bounds(handmade([5: [1], 6: []]))?.upper == nil)
        #expect(
            try bounds(handmade([5: [UInt8](repeating: 1, count: 12)], type: .int96))?.upper == nil
        )
    }

    @Test("Rows are ruled out only where no value can be in the range")
    func mayHold() {
        let bounds = ColumnBounds(
            lower: .integer(10),
            upper: .integer(20),
            rowCount: 5,
            nullCount: 1
        )
        #expect(!bounds.mayHold(from: .integer(21), to: nil))
        #expect(!bounds.mayHold(from: nil, to: .integer(9)))
        #expect(bounds.mayHold(from: .integer(20), to: .integer(20)))
        #expect(bounds.mayHold(from: .integer(0), to: .integer(10)))
        #expect(bounds.mayHold(from: nil, to: nil))
        #expect(bounds.mayHoldNull)
        let unbounded = ColumnBounds(lower: nil, upper: nil, rowCount: 5, nullCount: nil)
        #expect(unbounded.mayHold(from: .integer(1), to: .integer(1)))
        #expect(unbounded.mayHoldNull)
        let nulls = ColumnBounds(lower: nil, upper: nil, rowCount: 5, nullCount: 5)
        #expect(!nulls.mayHold(from: nil, to: nil))
        let floats = ColumnBounds(
            lower: .floating(1),
            upper: .floating(2),
            rowCount: 5,
            nullCount: 0
        )
        #expect(floats.mayHold(from: .floating(.nan), to: .floating(.nan)))
        #expect(!floats.mayHoldNull)
    }

    /// Pages of ten rows: 0 to 9, ten NULLs, 20 to 29 and so on to 95.
    private func pagedFile() throws -> [UInt8] {
        var options = ParquetWriterOptions()
        options.pageRowsMax = 10
        let numbers = (0..<96).map { $0 / 10 == 1 ? nil : Int64($0) }
        let column = SampleColumns.integers(.long, numbers)
        return try encode([SampleColumns.field(.long)], [[column]], options: options).bytes
    }

    @Test("Page bounds tell which rows to read, and only their pages are fetched")
    func pruning() throws {
        let bytes = try pagedFile()
        let reader = try reader(bytes)
        let fields = try reader.footer.inferredFields(file: "t")
        let projection = try reader.projection(of: fields)
        let indexes = try reader.pageIndexRanges(rowGroup: 0, projection, boundsOf: [1])
            .map { FileBytes(offset: $0.lowerBound, bytes: Array(bytes[$0])) }
        let pages = try #require(
            try reader.pageBounds(
                ofField: 1,
                rowGroup: 0,
                projection,
                pageIndexes: indexes
            )
        )
        #expect(pages.map(\.rows.lowerBound) == Array(stride(from: 0, to: 96, by: 10)))
        #expect(pages[9].rows == 90..<96)
        #expect(
            pages[1].bounds
                == ColumnBounds(lower: nil, upper: nil, rowCount: 10, nullCount: 10)
        )
        #expect(
            pages[2].bounds
                == ColumnBounds(
                    lower: .integer(20),
                    upper: .integer(29),
                    rowCount: 10,
                    nullCount: 0
                )
        )
        let rows = try reader.rows(
            rowGroup: 0,
            projection,
            pageIndexes: indexes,
            whereBoundsOfField: 1
        ) { $0.mayHold(from: .integer(5), to: .integer(30)) }
        #expect(rows == [0..<10, 20..<40])
        let plan = try reader.plan(rowGroup: 0, projection, rows: rows, pageIndexes: indexes)
        let whole = try reader.plan(rowGroup: 0, projection)
        #expect(plan.byteRanges.count == 2)
        let byteCount = plan.byteRanges.reduce(0) { $0 + $1.count }
        #expect(byteCount < whole.byteRanges[0].count / 2)
        let open = try reader.open(
            plan,
            bytes: plan.byteRanges.map {
                FileBytes(offset: $0.lowerBound, bytes: Array(bytes[$0]))
            }
        )
        let batch = try #require(try open.next())
        let numbers = (0..<batch.rowCount).map { batch.columns[0].value(at: $0, as: Int64.self) }
        #expect(numbers == Array(0..<10) + Array(20..<40))
        #expect(batch.rows == rows)
        #expect(try open.next() == nil)
    }

    @Test("Without an index all rows are read, from the bytes of the whole chunk")
    func noIndex() throws {
        let page = HandmadeFile.Page(valueCount: 3, bytes: HandmadeFile.plain([1, 2, 3]))
        let bytes = HandmadeFile.flat(rowCount: 3, repetition: .required, pages: [page]).encoded()
        let reader = try reader(bytes)
        let projection = try reader.projection(
            of: try reader.footer.inferredFields(file: "t")
        )
        #expect(try reader.pageIndexRanges(rowGroup: 0, projection, boundsOf: [1]) == [])
        let rows = try reader.rows(
            rowGroup: 0,
            projection,
            pageIndexes: [],
            whereBoundsOfField: 1
        ) { _ in false }
        #expect(rows == [0..<3])
        let plan = try reader.plan(rowGroup: 0, projection, rows: [1..<2], pageIndexes: [])
        let open = try reader.open(plan, bytes: [FileBytes(offset: 0, bytes: bytes)])
        let batch = try #require(try open.next())
        #expect(batch.columns[0].value(at: 0, as: Int32.self) == 2)
        #expect(batch.rows == [1..<2])
    }

    @Test("Indexes that do not fit their chunk are refused with their place")
    func damagedIndex() throws {
        let bytes = try pagedFile()
        let reader = try reader(bytes)
        let projection = try reader.projection(
            of: try reader.footer.inferredFields(file: "t")
        )
        let range = try reader.pageIndexRanges(rowGroup: 0, projection)[0]
        for flaw in [UInt8](0..<40) {
            var index = Array(bytes[range])
            index[Int(flaw)] ^= 0x55
            let pieces = [FileBytes(offset: range.lowerBound, bytes: index)]
            do throws(FormatError) {
                let plan = try reader.plan(
                    rowGroup: 0,
                    projection,
                    rows: [0..<96],
                    pageIndexes: pieces
                )
                let open = try reader.open(plan, bytes: [FileBytes(offset: 0, bytes: bytes)])
                while try open.next() != nil {}
            } catch {
                #expect(error.message.hasPrefix("column value: "))
                #expect(error.offset != nil)
                continue
            }
            Issue.record("the flaw at \(flaw) was not seen")
        }
    }
}
