public import Bytes
public import Columns
public import TableModel

/// Turns key columns into fingerprints, the same for values from a source and from a file.
///
/// Canonical form of a hashed key, per column: a tag byte (0 NULL, 1 value), then integers, dates
/// and times as 64-bit, decimals as 128-bit, floats as the bits of the double, uuids as 16 bytes,
/// strings and byte strings behind their 32-bit length. Widening a column therefore changes nothing.
public struct KeyFingerprinter: Sendable {
    enum Form: Sendable {
        case exactInt32
        case exactInt64
        case exactUUID
        case hashed
    }

    let form: Form
    let hasher: SipHash128

    /// Whether fingerprints are the keys themselves and fit 64 bits.
    public var isExact64: Bool { form == .exactInt32 || form == .exactInt64 }

    public init(keyTypes: [IcebergType], hasher: SipHash128) {
        self.hasher = hasher
        guard keyTypes.count == 1, let only = keyTypes.first else {
            form = .hashed
            return
        }
        switch only.physicalType {
        case .int32: form = .exactInt32
        // Decimals may be widened to 128 bits later, so only true 64-bit types are exact.
        case .int64: form = only.isDecimal ? .hashed : .exactInt64
        case .uuid: form = .exactUUID
        default: form = .hashed
        }
    }

    /// One fingerprint a row.
    ///
    /// - Parameter columns: The key columns, in the key's order, of equal length.
    public func fingerprints(of columns: [Column]) -> [KeyFingerprint] {
        guard let first = columns.first else { return [] }
        let rowCount = first.rowCount
        // A NULL has no exact form. Key columns are required in our tables, but files of others
        // may hold anything: such a row gets a hash that fits, and no key of ours finds it.
        if first.nullCount > 0 {
            let hashed = hashedFingerprints(columns, rowCount: rowCount)
            return isExact64 ? hashed.map { KeyFingerprint(high: 0, low: $0.low) } : hashed
        }
        switch form {
        case .exactInt32:
            if first.type == .int64 { return exactInt64(first) }
            return (0..<rowCount).map { row in
                let value = Int64(first.value(at: row, as: Int32.self))
                return KeyFingerprint(high: 0, low: UInt64(bitPattern: value))
            }
        case .exactInt64:
            return exactInt64(first)
        case .exactUUID:
            return (0..<rowCount).map { row in
                let value = first.value(at: row, as: UInt128.self)
                return KeyFingerprint(
                    high: UInt64(truncatingIfNeeded: value >> 64),
                    low: UInt64(truncatingIfNeeded: value)
                )
            }
        case .hashed:
            return hashedFingerprints(columns, rowCount: rowCount)
        }
    }

    private func exactInt64(_ column: Column) -> [KeyFingerprint] {
        (0..<column.rowCount).map { row in
            KeyFingerprint(
                high: 0,
                low: UInt64(bitPattern: column.value(at: row, as: Int64.self))
            )
        }
    }

    private func hashedFingerprints(_ columns: [Column], rowCount: Int) -> [KeyFingerprint] {
        var scratch = ByteBuffer(capacityBytes: 256)
        var fingerprints: [KeyFingerprint] = []
        fingerprints.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            scratch.removeAll()
            for column in columns {
                CanonicalValue.append(row: row, of: column, to: &scratch)
            }
            let (low, high) = scratch.withBytes { hasher.hash($0) }
            fingerprints.append(KeyFingerprint(high: high, low: low))
        }
        return fingerprints
    }
}

/// The canonical bytes of one value, for hashing keys and whole rows.
public enum CanonicalValue {
    /// Appends the value of `column` at `row`; see ``KeyFingerprinter`` for the form.
    @inlinable
    public static func append(row: Int, of column: Column, to buffer: inout ByteBuffer) {
        if column.isNull(row) {
            buffer.append(0 as UInt8)
            return
        }
        buffer.append(1 as UInt8)
        switch column.type {
        case .boolean: buffer.append(column.value(at: row, as: UInt8.self))
        case .int32: buffer.appendInteger(Int64(column.value(at: row, as: Int32.self)))
        case .int64: buffer.appendInteger(column.value(at: row, as: Int64.self))
        case .float:
            buffer.appendInteger(Double(column.value(at: row, as: Float.self)).bitPattern)
        case .double: buffer.appendInteger(column.value(at: row, as: Double.self).bitPattern)
        case .int128, .uuid: buffer.appendInteger(column.value(at: row, as: UInt128.self))
        case .bytes:
            let bytes = column.bytes(at: row)
            buffer.appendInteger(UInt32(truncatingIfNeeded: bytes.count))
            if let start = bytes.baseAddress { buffer.append(start, count: bytes.count) }
        }
    }
}

extension IcebergType {
    var isDecimal: Bool {
        if case .decimal = self { return true }
        return false
    }
}
