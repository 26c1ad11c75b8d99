public import Columns
public import TableModel
internal import TestKit

/// Random values of any type, with NULLs, empty lists and odd values among them.
public struct RandomColumns {
    /// How often values come again; changes from column to column and batch to batch.
    private enum Spread: CaseIterable { case few, mixed, fresh }

    private var generator: SeededGenerator
    private var spread = Spread.mixed

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    public mutating func column(of field: SchemaField, rowCount: Int) -> Column {
        var builder = ColumnBuilder(field.type.columnShape, expectedRows: rowCount)
        // One column in three has no NULLs, one in three few, one in three many.
        let nullsOneIn =
            field.isRequired ? nil : [nil, 10, 2].randomElement(using: &generator) ?? nil
        spread = Spread.allCases.randomElement(using: &generator) ?? .mixed
        for _ in 0..<rowCount { append(field, nullsOneIn, to: &builder) }
        return builder.finish()
    }

    private mutating func append(
        _ field: SchemaField,
        _ nullsOneIn: Int?,
        to builder: inout ColumnBuilder
    ) {
        if let nullsOneIn, !field.isRequired, generator.isOne(in: nullsOneIn) {
            builder.appendNull()
            return
        }
        switch field.type {
        case .unknown: builder.appendNull()
        case .structure(let children):
            for (index, child) in children.enumerated() {
                append(child, nullsOneIn ?? 10, to: &builder.children[index])
            }
            builder.closeStructure()
        case .variant:
            appendVariant(to: &builder)
        case .list(let element):
            for _ in 0..<elementCount() { append(element, nullsOneIn, to: &builder.children[0]) }
            builder.closeElements()
        case .map(let key, let value):
            for index in 0..<elementCount() {
                appendKey(key.type, index, to: &builder.children[0])
                append(value, nullsOneIn, to: &builder.children[1])
            }
            builder.closeElements()
        default: appendPrimitive(field.type, to: &builder)
        }
    }

    private mutating func elementCount() -> Int {
        [0, 1, Int.random(in: 0..<7, using: &generator)].randomElement(using: &generator) ?? 0
    }

    /// A key that differs from those of other indexes.
    private mutating func appendKey(
        _ type: IcebergType,
        _ index: Int,
        to builder: inout ColumnBuilder
    ) {
        let key = Int(number(Int32.self)) & ~7 | index
        switch type {
        case .int: builder.append(Int32(truncatingIfNeeded: key))
        case .long: builder.append(Int64(key))
        case .uuid: builder.append(UInt128(truncatingIfNeeded: key))
        default: builder.append(utf8: "\(key)")
        }
    }

    /// A true, an 8-bit number or a short text, with no names in the metadata.
    ///
    /// Source: apache/parquet-format, VariantEncoding.md.
    private mutating func appendVariant(to builder: inout ColumnBuilder) {
        let values: [[UInt8]] = [
            [1 << 2], [3 << 2, number(UInt8.self)], [2 << 2 | 1, 0x61, 0x62],
        ]
        let value = values.randomElement(using: &generator) ?? []
        ([1, 0, 0] as [UInt8]).withUnsafeBytes { builder.children[0].append($0) }
        value.withUnsafeBytes { builder.children[1].append($0) }
        builder.closeStructure()
    }

    /// A point in little-endian well-known binary.
    private mutating func appendPoint(to builder: inout ColumnBuilder) {
        var bytes: [UInt8] = [1, 1, 0, 0, 0]
        for _ in 0..<2 {
            let coordinate = Double.random(in: -90...90, using: &generator)
            withUnsafeBytes(of: coordinate.bitPattern.littleEndian) { bytes += $0 }
        }
        bytes.withUnsafeBytes { builder.append($0) }
    }

    private mutating func appendPrimitive(_ type: IcebergType, to builder: inout ColumnBuilder) {
        switch type {
        case .boolean: builder.append(generator.isOne(in: 2) ? 1 : 0 as UInt8)
        case .int, .date: builder.append(number(Int32.self))
        case .long, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos:
            builder.append(number(Int64.self))
        case .float:
            builder.append(Float(bitPattern: number(UInt32.self)).withoutSignallingNaN)
        case .double:
            builder.append(Double(bitPattern: number(UInt64.self)).withoutSignallingNaN)
        case .time: builder.append(Int64.random(in: 0..<86_400_000_000, using: &generator))
        case .decimal(let precision, _):
            let limit = (0..<precision).reduce(Int128(1)) { product, _ in product * 10 }
            let digits = number(Int128.self) % limit
            if precision <= 18 { builder.append(Int64(digits)) } else { builder.append(digits) }
        case .uuid: builder.append(number(UInt128.self))
        case .fixed(let lengthBytes):
            let bytes = (0..<lengthBytes).map { _ in number(UInt8.self) }
            bytes.withUnsafeBytes { builder.append($0) }
        case .string:
            let alphabet = ["a", "b", "é", "\u{FFFD}", "\u{10FFFF}", " ", "\u{0}", "zz"]
            let count = Int.random(in: spread == .few ? 0...1 : 0...20, using: &generator)
            let text = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "" }
            builder.append(utf8: text.joined())
        case .binary: appendBytes(countMax: 24, to: &builder)
        case .geometry, .geography: appendPoint(to: &builder)
        case .unknown, .structure, .list, .map, .variant: preconditionFailure("not a primitive")
        }
    }

    private mutating func appendBytes(countMax: Int, to builder: inout ColumnBuilder) {
        let count = Int.random(in: spread == .few ? 0...1 : 0...countMax, using: &generator)
        let bytes = (0..<count).map { _ in number(UInt8.self) }
        bytes.withUnsafeBytes { builder.append($0) }
    }

    /// A number of any size: one of the two ends, one of a few, or any.
    private mutating func number<T: FixedWidthInteger>(_ type: T.Type) -> T {
        let kinds =
            switch spread {
            case .few: 0..<5
            case .mixed: 0..<8
            case .fresh: 5..<8
            }
        return switch Int.random(in: kinds, using: &generator) {
        case 0: T.min
        case 1: T.max
        case 2...4: T(truncatingIfNeeded: Int.random(in: -3...3, using: &generator))
        default: T.random(in: T.min...T.max, using: &generator)
        }
    }
}

extension BinaryFloatingPoint {
    /// A signalling NaN may lose a bit on its way through a register; it is not a value to compare.
    fileprivate var withoutSignallingNaN: Self { isSignalingNaN ? .nan : self }
}
