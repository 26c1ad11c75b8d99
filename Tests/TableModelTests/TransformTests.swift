import Columns
import TableModel
import Testing

@Suite("Transform")
struct TransformTests {
    @Test(
        "names are read and written as metadata spells them",
        arguments: [
            ("identity", Transform.identity), ("bucket[16]", .bucket(count: 16)),
            ("truncate[4]", .truncate(width: 4)), ("year", .year), ("month", .month),
            ("day", .day), ("hour", .hour), ("void", .void), ("zorder[3]", .unknown("zorder[3]")),
            ("bucket[0]", .unknown("bucket[0]")), ("bucket[-1]", .unknown("bucket[-1]")),
            ("bucket[2147483648]", .unknown("bucket[2147483648]")),
            ("bucket[1]x", .unknown("bucket[1]x")),
        ]
    )
    func names(_ text: String, _ transform: Transform) {
        #expect(Transform(named: text) == transform)
        #expect(transform.description == text)
        #expect(Transform(named: "BUCKET[16]") == .bucket(count: 16))
    }

    @Test(
        "terms are read as people write them",
        arguments: [
            ("bucket(16, id)", TransformTerm(transform: .bucket(count: 16), column: "id")),
            ("Bucket( 16 ,id )", TransformTerm(transform: .bucket(count: 16), column: "id")),
            ("truncate(4,a,b)", TransformTerm(transform: .truncate(width: 4), column: "a,b")),
            ("day(created_at)", TransformTerm(transform: .day, column: "created_at")),
            ("hours(t)", TransformTerm(transform: .hour, column: "t")),
            (" region ", TransformTerm(transform: .identity, column: "region")),
            ("identity(f(x))", TransformTerm(transform: .identity, column: "f(x)")),
            ("void(x)", TransformTerm(transform: .void, column: "x")),
        ]
    )
    func terms(_ text: String, _ term: TransformTerm) {
        #expect(TransformTerm(text) == term)
        #expect(TransformTerm(term.description) == term)
    }

    @Test(
        "a term that is none is refused",
        arguments: [
            "", "  ", "bucket(id)", "bucket(x, id)", "bucket(0, id)", "day()", "zorder(a)",
            "bucket(16, )", "truncate(4)",
        ]
    )
    func noTerms(_ text: String) {
        #expect(TransformTerm(text) == nil)
    }

    /// Source: Iceberg specification, appendix B, test values.
    @Test(
        "hashes are the specification's",
        arguments: [
            (IcebergType.int, SingleValue.integer(34), Int32(2_017_239_379)),
            (.long, .integer(34), 2_017_239_379),
            (.decimal(precision: 9, scale: 2), .decimal(unscaled: 1420), -500_754_589),
            (.decimal(precision: 38, scale: 2), .decimal(unscaled: 1420), -500_754_589),
            (.date, .integer(17_486), -653_330_422),
            (.time, .integer(81_068_000_000), -662_762_989),
            (.timestamp, .integer(1_510_871_468_000_000), -2_047_944_441),
            (.timestamp, .integer(1_510_871_468_000_001), -1_207_196_810),
            (.timestamptz, .integer(1_510_871_468_000_000), -2_047_944_441),
            (.timestampNanos, .integer(1_510_871_468_000_000_000), -2_047_944_441),
            (.timestampNanos, .integer(1_510_871_468_000_001_001), -1_207_196_810),
            (.timestamptzNanos, .integer(1_510_871_468_000_001_001), -1_207_196_810),
            (.string, .text("iceberg"), 1_210_000_089),
            (
                .uuid, .uuid(0xf79c_3e09_677c_4bbd_a479_3f34_9cb7_85e7), 1_488_055_340
            ),
            (.fixed(lengthBytes: 4), .binary([0, 1, 2, 3]), -188_683_207),
            (.binary, .binary([0, 1, 2, 3]), -188_683_207),
        ]
    )
    func hashes(_ type: IcebergType, _ value: SingleValue, _ hash: Int32) throws {
        #expect(Transform.hash(of: value, type: type) == hash)
        let bucket = Int64((hash & Int32.max) % 100)
        let transform = Transform.bucket(count: 100)
        #expect(transform.apply(to: value, type: type) == .integer(bucket))
        let column = try #require(Self.column([value, nil], type))
        let result = transform.apply(to: column, type: type)
        #expect(Int64(result.value(at: 0, as: Int32.self)) == bucket)
        #expect(result.isNull(1))
    }

    /// Source: Iceberg specification, "Truncate Transform Details", and values around zero.
    @Test(
        "truncation rounds numbers down and cuts text between code points",
        arguments: [
            (IcebergType.int, Int32(10), SingleValue.integer(1), SingleValue.integer(0)),
            (.int, 10, .integer(-1), .integer(-10)), (.int, 10, .integer(-10), .integer(-10)),
            (.long, 10, .integer(-11), .integer(-20)),
            (.int, 10, .integer(2_147_483_647), .integer(2_147_483_640)),
            (
                .decimal(precision: 9, scale: 2), 50, .decimal(unscaled: 1065),
                .decimal(unscaled: 1050)
            ),
            (
                .decimal(precision: 30, scale: 2), 50, .decimal(unscaled: -5),
                .decimal(unscaled: -50)
            ),
            (.string, 3, .text("iceberg"), .text("ice")),
            (.string, 2, .text("i\u{1F9CA}e"), .text("i\u{1F9CA}")),
            (.string, 1, .text("e\u{301}"), .text("e")), (.string, 9, .text("ice"), .text("ice")),
            (.binary, 3, .binary([1, 2, 3, 4, 5]), .binary([1, 2, 3])),
        ]
    )
    func truncation(
        _ type: IcebergType,
        _ width: Int32,
        _ value: SingleValue,
        _ result: SingleValue
    ) throws {
        try expect(.truncate(width: width), type, value, result)
    }

    @Test(
        "times are rounded down, before 1970 too",
        arguments: [
            (Transform.year, IcebergType.date, Int64(-1), Int64(-1)), (.month, .date, -1, -1),
            (.day, .date, -1, -1), (.year, .date, 17_501, 47), (.month, .date, 17_501, 575),
            (.day, .timestamp, -1, -1), (.hour, .timestamp, -1, -1), (.month, .timestamp, -1, -1),
            (.hour, .timestamp, 1_512_151_975_038_194, 420_042),
            (.day, .timestamptz, 1_512_151_975_038_194, 17_501),
            (.year, .timestamptz, -62_135_596_800_000_000, -1969),
            (.hour, .timestampNanos, -1, -1), (.day, .timestamptzNanos, 86_400_000_000_000, 1),
            (.month, .timestampNanos, -2_678_400_000_000_001, -2),
            (.month, .timestampNanos, -2_678_400_000_000_000, -1),
            (.hour, .timestamp, 3_599_999_999, 0), (.hour, .timestamp, 3_600_000_000, 1),
        ]
    )
    func periods(
        _ transform: Transform,
        _ type: IcebergType,
        _ value: Int64,
        _ result: Int64
    ) throws {
        try expect(transform, type, .integer(value), .integer(result))
    }

    private func expect(
        _ transform: Transform,
        _ type: IcebergType,
        _ value: SingleValue,
        _ result: SingleValue
    ) throws {
        #expect(transform.apply(to: value, type: type) == result)
        let resultType = try #require(transform.resultType(of: type))
        let column = try #require(Self.column([value, nil, value], type))
        let results = transform.apply(to: column, type: type)
        #expect(results.type == resultType.physicalType)
        #expect(results.rowCount == 3)
        let values = (0..<3).map { SingleValue(row: $0, of: results, type: resultType) }
        #expect(values == [result, nil, result])
    }

    @Test("identity gives the values, and void nothing")
    func trivial() throws {
        for (type, _, value, _) in SingleValueTests.samples {
            try expect(.identity, type, value, value)
            #expect(Transform.void.apply(to: value, type: type) == nil)
            let column = try #require(Self.column([value], type))
            #expect(Transform.void.apply(to: column, type: type).isNull(0))
        }
    }

    /// Source: Iceberg specification, "Partition Transforms", the table's column of source types.
    @Test("each transform is allowed on its types only")
    func allowedTypes() {
        let times: Set<IcebergType> = [
            .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos,
        ]
        let truncated: Set<IcebergType> = [
            .int, .long, .decimal(precision: 9, scale: 2), .string, .binary,
        ]
        let bucketed = truncated.union(times).union([
            .date, .time, .uuid, .fixed(lengthBytes: 4),
        ])
        let other: Set<IcebergType> = [.boolean, .float, .double, .unknown]
        let refused: Set<IcebergType> = [
            .variant, .geometry(crs: "x"), .geography(crs: "x", algorithm: "y"), .structure([]),
        ]
        for type in bucketed.union(other).union(refused) {
            #expect((Transform.identity.resultType(of: type) == type) == !refused.contains(type))
            #expect(
                (Transform.bucket(count: 2).resultType(of: type) == .int) == bucketed.contains(type)
            )
            #expect(
                (Transform.truncate(width: 2).resultType(of: type) == type)
                    == truncated.contains(type)
            )
            let isDay = times.contains(type) || type == .date
            #expect((Transform.year.resultType(of: type) == .int) == isDay)
            #expect((Transform.month.resultType(of: type) == .int) == isDay)
            #expect((Transform.day.resultType(of: type) == .date) == isDay)
            #expect((Transform.hour.resultType(of: type) == .int) == times.contains(type))
            #expect(Transform.void.resultType(of: type) == type)
            #expect(Transform.unknown("x").resultType(of: type) == nil)
        }
    }

    @Test("columns may be promoted as the specification allows")
    func promotions() {
        let decimal = IcebergType.decimal(precision: 5, scale: 2)
        #expect(IcebergType.int.canBePromoted(to: .long, formatVersion: 2))
        #expect(IcebergType.float.canBePromoted(to: .double, formatVersion: 2))
        #expect(decimal.canBePromoted(to: .decimal(precision: 6, scale: 2), formatVersion: 2))
        #expect(!decimal.canBePromoted(to: .decimal(precision: 6, scale: 3), formatVersion: 2))
        #expect(!decimal.canBePromoted(to: .decimal(precision: 4, scale: 2), formatVersion: 2))
        #expect(!IcebergType.long.canBePromoted(to: .int, formatVersion: 3))
        #expect(!IcebergType.date.canBePromoted(to: .timestamp, formatVersion: 2))
        #expect(IcebergType.date.canBePromoted(to: .timestamp, formatVersion: 3))
        #expect(IcebergType.date.canBePromoted(to: .timestampNanos, formatVersion: 3))
        #expect(!IcebergType.date.canBePromoted(to: .timestamptz, formatVersion: 3))
        #expect(IcebergType.unknown.canBePromoted(to: .string, formatVersion: 3))
        #expect(!IcebergType.unknown.canBePromoted(to: .string, formatVersion: 2))
    }

    @Test("promotions change what some transforms make of a date")
    func changedTransforms() {
        for transform in [Transform.identity, .bucket(count: 4), .unknown("x")] {
            #expect(!transform.isUnchanged(byPromoting: .date, to: .timestamp))
        }
        for transform in [Transform.year, .month, .day, .void] {
            #expect(transform.isUnchanged(byPromoting: .date, to: .timestamp))
        }
        #expect(Transform.bucket(count: 4).isUnchanged(byPromoting: .int, to: .long))
        #expect(!Transform.bucket(count: 4).isUnchanged(byPromoting: .unknown, to: .double))
    }

    /// A column of values of one type.
    static func column(_ values: [SingleValue?], _ type: IcebergType) -> Column? {
        var builder = ColumnBuilder(type.columnShape, expectedRows: values.count)
        for value in values {
            guard let value else {
                builder.appendNull()
                continue
            }
            guard let column = value.column(as: type) else { return nil }
            builder.append(contentsOf: column)
        }
        return builder.finish()
    }

    @Test("columns and single values come to the same, for random values of all types")
    func agreement() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        let transforms: [Transform] = [
            .identity, .bucket(count: 7), .truncate(width: 3), .year, .month, .day, .hour, .void,
        ]
        for (type, _, _, _) in SingleValueTests.samples {
            let values = (0..<300).map { _ in Self.random(type, &generator) }
            let column = try #require(Self.column(values, type))
            for (row, value) in values.enumerated() {
                #expect(SingleValue(row: row, of: column, type: type) == value)
            }
            for transform in transforms {
                guard let resultType = transform.resultType(of: type) else { continue }
                let results = transform.apply(to: column, type: type)
                for (row, value) in values.enumerated() {
                    let expected = transform.apply(to: value, type: type)
                    let result = SingleValue(row: row, of: results, type: resultType)
                    #expect(result == expected, "\(transform) of \(type), seed \(seed)")
                }
            }
        }
    }

    private static func random(_ type: IcebergType, _ generator: inout SplitMix) -> SingleValue? {
        let bits = generator.next()
        if bits % 7 == 0 { return nil }
        let number = Int64(bitPattern: generator.next() >> (bits % 60)) * (bits & 8 == 0 ? 1 : -1)
        switch type {
        case .boolean: return .boolean(number & 1 == 0)
        case .int, .date: return .integer(Int64(Int32(truncatingIfNeeded: number)))
        case .float: return .floating(Double(Float(number)))
        case .double: return .floating(Double(number))
        case .decimal: return .decimal(unscaled: Int128(number % 1_000_000_000))
        case .uuid: return .uuid(UInt128(bits) << 64 | UInt128(generator.next()))
        case .string: return .text(String(String(number).prefix(Int(bits % 5))) + "\u{20AC}x")
        case .binary: return .binary(Array(String(number).utf8))
        case .fixed(let length):
            return .binary((0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        default: return .integer(number)
        }
    }
}

/// A small seeded generator, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
