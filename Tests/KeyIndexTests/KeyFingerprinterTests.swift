import Bytes
import Columns
import KeyIndex
import TableModel
import Testing

@Suite("KeyFingerprinter")
struct KeyFingerprinterTests {
    static let hasher = SipHash128(key0: 1, key1: 2)

    private func fingerprints(_ types: [IcebergType], _ columns: [Column]) -> [KeyFingerprint] {
        KeyFingerprinter(keyTypes: types, hasher: Self.hasher).fingerprints(of: columns)
    }

    @Test("int and long give the same fingerprint for the same number, whichever the key's type is")
    func intAndLong() {
        let numbers: [Int32] = [.min, -1, 0, 1, .max]
        let narrow = column(.int32, numbers)
        let wide = column(.int64, numbers.map { Int64($0) })
        let expected = numbers.map {
            KeyFingerprint(high: 0, low: UInt64(bitPattern: Int64($0)))
        }
        for type in [IcebergType.int, .long] {
            #expect(fingerprints([type], [narrow]) == expected)
            #expect(fingerprints([type], [wide]) == expected)
        }
    }

    @Test("a decimal keeps its fingerprint when its precision grows beyond 18 digits")
    func decimalWidening() {
        let numbers: [Int64] = [.min, -1, 0, 1, 999_999_999_999_999_999]
        let narrow = fingerprints([.decimal(precision: 10, scale: 2)], [column(.int64, numbers)])
        let wide = fingerprints(
            [.decimal(precision: 20, scale: 2)],
            [column(.int128, numbers.map { Int128($0) })]
        )
        #expect(narrow == wide)
        #expect(Set(narrow).count == numbers.count)
    }

    @Test("decimals beyond 64 bits differ from what their low halves say")
    func wideDecimals() {
        let numbers: [Int128] = [5, 5 + 1 << 64, 5 - 1 << 64, Int128(Int64.max) + 1]
        let keys = fingerprints([.decimal(precision: 38, scale: 0)], [column(.int128, numbers)])
        #expect(Set(keys).count == numbers.count)
    }

    @Test("a uuid is its own fingerprint")
    func uuid() {
        let value = UInt128(0x0011_2233_4455_6677) << 64 | 0x8899_AABB_CCDD_EEFF
        #expect(
            fingerprints([.uuid], [column(.uuid, [value])])
                == [KeyFingerprint(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)]
        )
    }

    @Test("where one column ends and the next begins counts")
    func compositeBorders() {
        let left = strings(["a", "ab", "", "abc"])
        let right = strings(["bc", "c", "abc", ""])
        #expect(Set(fingerprints([.string, .string], [left, right])).count == 4)
    }

    @Test("NULL and the empty string differ, in every place")
    func nullIsNotEmpty() {
        let left = strings([nil, "", nil, ""])
        let right = strings([nil, nil, "", ""])
        #expect(Set(fingerprints([.string, .string], [left, right])).count == 4)
        #expect(Set(fingerprints([.string], [strings([nil, ""])])).count == 2)
    }

    @Test("a NULL beside integers changes no other row's fingerprint", arguments: [0, 1, 2])
    func nullAmongIntegers(nullRow: Int) {
        var builder = ColumnBuilder(.int64, expectedRows: 3)
        for row in 0..<3 { row == nullRow ? builder.appendNull() : builder.append(Int64(row)) }
        let keys = fingerprints([.long], [builder.finish()])
        for row in 0..<3 {
            let plain = KeyFingerprint(high: 0, low: UInt64(row))
            #expect((keys[row] == plain) == (row != nullRow))
            #expect(keys[row].high == 0)
        }
        #expect(keys[nullRow] != KeyFingerprint(high: 0, low: 0))
    }

    @Test("the hash is keyed: another secret gives other fingerprints")
    func secret() {
        let other = KeyFingerprinter(keyTypes: [.string], hasher: SipHash128(key0: 1, key1: 3))
        #expect(
            other.fingerprints(of: [strings(["a"])]) != fingerprints([.string], [strings(["a"])])
        )
    }

    @Test(
        "only a single integer, date or time is exact",
        arguments: [
            ([.int], true), ([.long], true), ([.date], true), ([.timestamptz], true),
            ([.decimal(precision: 9, scale: 0)], false), ([.uuid], false), ([.string], false),
            ([.double], false), ([.int, .int], false),
        ] as [([IcebergType], Bool)]
    )
    func exactness(types: [IcebergType], isExact64: Bool) {
        #expect(
            KeyFingerprinter(keyTypes: types, hasher: Self.hasher).isExact64 == isExact64
        )
    }
}

private func column<Value: BitwiseCopyable>(_ type: PhysicalType, _ values: [Value]) -> Column {
    var builder = ColumnBuilder(type, expectedRows: values.count)
    for value in values { builder.append(value) }
    return builder.finish()
}

private func strings(_ values: [String?]) -> Column {
    var builder = ColumnBuilder(.bytes, expectedRows: values.count)
    for value in values {
        if let value { builder.append(utf8: value) } else { builder.appendNull() }
    }
    return builder.finish()
}
