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

    @Test("a decimal keeps its fingerprint while its form is the same, whatever holds it")
    func decimalWidening() {
        let numbers: [Int64] = [.min, -1, 0, 1, 999_999_999_999_999_999]
        let narrow = column(.int64, numbers)
        let wide = column(.int128, numbers.map { Int128($0) })
        let exact = fingerprints([.decimal(precision: 18, scale: 2)], [narrow])
        #expect(exact == numbers.map { KeyFingerprint(high: 0, low: UInt64(bitPattern: $0)) })
        let type = IcebergType.decimal(precision: 20, scale: 2)
        let wider = fingerprints([type], [wide])
        #expect(wider == fingerprints([type], [narrow]))
        #expect(wider[1] == KeyFingerprint(high: .max, low: .max))
        #expect(Set(wider).count == numbers.count)
    }

    @Test("decimals beyond 64 bits are their own fingerprints")
    func wideDecimals() {
        let numbers: [Int128] = [5, 5 + 1 << 64, 5 - 1 << 64, Int128(Int64.max) + 1]
        let keys = fingerprints([.decimal(precision: 38, scale: 0)], [column(.int128, numbers)])
        #expect(
            keys == [
                KeyFingerprint(high: 0, low: 5), KeyFingerprint(high: 1, low: 5),
                KeyFingerprint(high: .max, low: 5), KeyFingerprint(high: 0, low: 1 << 63),
            ]
        )
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
        }
        #expect(keys[nullRow] == KeyFingerprint(high: 1, low: 0))
    }

    @Test("the hash is keyed: another secret gives other fingerprints")
    func secret() {
        let other = KeyFingerprinter(keyTypes: [.string], hasher: SipHash128(key0: 1, key1: 3))
        #expect(
            other.fingerprints(of: [strings(["a"])]) != fingerprints([.string], [strings(["a"])])
        )
    }

    @Test(
        "a single key of 128 bits or less is exact",
        arguments: [
            ([.int], .exact64), ([.long], .exact64), ([.date], .exact64), ([.time], .exact64),
            ([.timestamp], .exact64), ([.timestamptzNanos], .exact64),
            ([.decimal(precision: 18, scale: 3)], .exact64),
            ([.decimal(precision: 19, scale: 3)], .exact128), ([.uuid], .exact128),
            ([.string], .hashed), ([.double], .hashed), ([.boolean], .hashed),
            ([.fixed(lengthBytes: 8)], .hashed), ([.int, .int], .hashed), ([], .hashed),
        ] as [([IcebergType], KeyFingerprinter.Form)]
    )
    func forms(types: [IcebergType], form: KeyFingerprinter.Form) {
        #expect(KeyFingerprinter(keyTypes: types, hasher: Self.hasher).form == form)
    }

    @Test("with few hash bits different keys collide, which tests of collisions need")
    func fewHashBits() {
        let names = strings((0..<100).map { "key \($0)" })
        let colliding = KeyFingerprinter(keyTypes: [.string], hasher: Self.hasher, hashBits: 2)
        #expect(Set(colliding.fingerprints(of: [names])).count == 4)
        #expect(Set(fingerprints([.string], [names])).count == 100)
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
