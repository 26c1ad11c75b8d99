public import Bytes
public import Columns
internal import Glibc
public import TableModel

/// Turns key columns into fingerprints, the same for values from a source and from a file.
///
/// A single key that has 128 bits or less is its own fingerprint: integers, dates, times, decimals
/// and uuids. Every other key is the hash of its columns' ``CanonicalValue``. Widening a column
/// changes no fingerprint, except that a decimal has another ``form`` beyond 18 digits.
public struct KeyFingerprinter: Sendable {
    public enum Form: UInt8, Sendable {
        /// The key itself, in 64 bits.
        case exact64
        /// The key itself, in 128 bits.
        case exact128
        /// A keyed hash of 128 bits.
        case hashed
    }

    public let form: Form
    public let hasher: SipHash128
    /// The fields of the columns where fingerprints are those of whole rows.
    public let rowFieldIDs: [Int32]?
    /// Positions of these in ascending order, so that columns may change places.
    private let rowOrder: [Int]
    /// What is left of hashes; all bits but in tests.
    private let hashMask: UInt64

    /// Whether fingerprints fit 64 bits, because they are the keys themselves.
    public var isExact64: Bool { form == .exact64 }
    /// Whether two keys never share a fingerprint.
    public var isExact: Bool { form != .hashed }
    /// Whether fingerprints are those of whole rows, which several rows may share.
    public var isOfRows: Bool { rowFieldIDs != nil }

    /// `hashBits` is for tests: with few of them all keys are hashed, and hashes of different keys are
    /// often the same.
    public init(keyTypes: [IcebergType], hasher: SipHash128, hashBits: Int = 64) {
        self.hasher = hasher
        form = hashBits < 64 ? .hashed : Self.form(of: keyTypes)
        rowFieldIDs = nil
        rowOrder = []
        hashMask = hashBits >= 64 ? .max : 1 << UInt64(hashBits) - 1
    }

    /// Makes fingerprints of whole rows, for tables without a key; columns stand in the order of
    /// `rowFieldIDs`.
    ///
    /// NULLs and the columns' places do not count, so a column that is added changes no fingerprint
    /// of the rows before it.
    public init(rowFieldIDs: [Int32], hasher: SipHash128, hashBits: Int = 64) {
        self.hasher = hasher
        self.rowFieldIDs = rowFieldIDs
        rowOrder = rowFieldIDs.indices.sorted { rowFieldIDs[$0] < rowFieldIDs[$1] }
        form = .hashed
        hashMask = hashBits >= 64 ? .max : 1 << UInt64(hashBits) - 1
    }

    private static func form(of keyTypes: [IcebergType]) -> Form {
        guard keyTypes.count == 1, let only = keyTypes.first else { return .hashed }
        switch only.physicalType {
        case .int32, .int64: return .exact64
        case .int128, .uuid: return .exact128
        default: return .hashed
        }
    }

    /// The fingerprint of a NULL where fingerprints have 64 bits; no number's is the same.
    @usableFromInline static let nullOf64Bits = KeyFingerprint(high: 1, low: 0)

    /// One fingerprint a row of the key columns, which stand in the key's order.
    ///
    /// Key columns are required in our tables, but files of others may hold NULLs.
    public func fingerprints(of columns: [Column]) -> [KeyFingerprint] {
        guard let first = columns.first else { return [] }
        switch (form, first.type) {
        case (.exact64, .int32):
            return exact(first, as: Int32.self) { value in
                KeyFingerprint(high: 0, low: UInt64(bitPattern: Int64(value)))
            }
        case (.exact64, .int64):
            return exact(first, as: Int64.self) { value in
                KeyFingerprint(high: 0, low: UInt64(bitPattern: value))
            }
        case (.exact128, .uuid), (.exact128, .int128):
            return exact(first, as: UInt128.self, Self.wide)
        case (.exact128, .int32):
            return exact(first, as: Int32.self) { Self.wide(UInt128(truncatingIfNeeded: $0)) }
        case (.exact128, .int64):
            return exact(first, as: Int64.self) { Self.wide(UInt128(truncatingIfNeeded: $0)) }
        default:
            return hashed(columns)
        }
    }

    @inline(__always)
    private static func wide(_ value: UInt128) -> KeyFingerprint {
        KeyFingerprint(
            high: UInt64(truncatingIfNeeded: value >> 64),
            low: UInt64(truncatingIfNeeded: value)
        )
    }

    @inline(__always)
    private func exact<Value: BitwiseCopyable>(
        _ column: Column,
        as type: Value.Type,
        _ fingerprint: (Value) -> KeyFingerprint
    ) -> [KeyFingerprint] {
        let rowCount = column.rowCount
        return [KeyFingerprint](unsafeUninitializedCapacity: rowCount) { target, count in
            for row in 0..<rowCount {
                let key =
                    column.isNull(row)
                    ? nullFingerprint() : fingerprint(column.value(at: row, as: Value.self))
                target.initializeElement(at: row, to: key)
            }
            count = rowCount
        }
    }

    /// In 128 bits there is no room for a NULL; its hash is a key's with a chance of 2⁻¹²⁸.
    private func nullFingerprint() -> KeyFingerprint {
        if form == .exact64 { return Self.nullOf64Bits }
        var scratch = ByteBuffer(capacityBytes: 16)
        CanonicalValue.appendNull(to: &scratch)
        return hash(scratch)
    }

    private func hashed(_ columns: [Column]) -> [KeyFingerprint] {
        var scratch = ByteBuffer(capacityBytes: 256)
        var fingerprints: [KeyFingerprint] = []
        let rowCount = columns.first?.rowCount ?? 0
        fingerprints.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            scratch.removeAll()
            if let rowFieldIDs {
                for position in rowOrder where !columns[position].isNull(row) {
                    scratch.appendInteger(rowFieldIDs[position])
                    CanonicalValue.append(row: row, of: columns[position], to: &scratch)
                }
            } else {
                for column in columns {
                    CanonicalValue.append(row: row, of: column, to: &scratch)
                }
            }
            fingerprints.append(hash(scratch))
        }
        return fingerprints
    }

    /// Whether two rows of key columns hold the same key, whatever their fingerprints are.
    ///
    /// - Precondition: Both sides have the columns of the same key.
    public static func isSameKey(
        _ columns: [Column],
        _ row: Int,
        _ otherColumns: [Column],
        _ otherRow: Int
    ) -> Bool {
        precondition(columns.count == otherColumns.count, "keys of other columns were compared")
        var one = ByteBuffer(capacityBytes: 256)
        var other = ByteBuffer(capacityBytes: 256)
        for (column, otherColumn) in zip(columns, otherColumns) {
            CanonicalValue.append(row: row, of: column, to: &one)
            CanonicalValue.append(row: otherRow, of: otherColumn, to: &other)
        }
        guard one.count == other.count else { return false }
        return memcmp(one.pointer, other.pointer, one.count) == 0
    }

    @inline(__always)
    private func hash(_ canonical: borrowing ByteBuffer) -> KeyFingerprint {
        let (low, high) = canonical.withBytes { hasher.hash($0) }
        if hashMask != .max { return KeyFingerprint(high: 0, low: low & hashMask) }
        return KeyFingerprint(high: form == .exact64 ? 0 : high, low: low)
    }
}
