public import Bytes
public import Columns
public import TableModel

/// Turns key columns into fingerprints, the same for values from a source and from a file.
///
/// A single integer, date, time or uuid is its own fingerprint; every other key is the hash of its
/// columns' ``CanonicalValue``. Widening a column changes no fingerprint.
public struct KeyFingerprinter: Sendable {
    enum Form: Sendable {
        case exact64
        case exactUUID
        case hashed
    }

    let form: Form
    let hasher: SipHash128

    /// Whether fingerprints fit 64 bits, because they are the keys themselves.
    public var isExact64: Bool { form == .exact64 }

    public init(keyTypes: [IcebergType], hasher: SipHash128) {
        self.hasher = hasher
        guard keyTypes.count == 1, let only = keyTypes.first else {
            form = .hashed
            return
        }
        switch only.physicalType {
        // Decimals may be widened to 128 bits later, so only true 64-bit types are exact.
        case .int32, .int64: form = only.isDecimal ? .hashed : .exact64
        case .uuid: form = .exactUUID
        default: form = .hashed
        }
    }

    /// One fingerprint a row of the key columns, which stand in the key's order.
    ///
    /// Key columns are required in our tables, but files of others may hold NULLs. A NULL has no
    /// exact form; it gets its hash, cut to 64 bits where fingerprints have 64.
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
        case (.exactUUID, .uuid):
            return exact(first, as: UInt128.self) { value in
                KeyFingerprint(
                    high: UInt64(truncatingIfNeeded: value >> 64),
                    low: UInt64(truncatingIfNeeded: value)
                )
            }
        default:
            return hashed(columns)
        }
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

    private func nullFingerprint() -> KeyFingerprint {
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
            for column in columns {
                CanonicalValue.append(row: row, of: column, to: &scratch)
            }
            fingerprints.append(hash(scratch))
        }
        return fingerprints
    }

    @inline(__always)
    private func hash(_ canonical: borrowing ByteBuffer) -> KeyFingerprint {
        let (low, high) = canonical.withBytes { hasher.hash($0) }
        return KeyFingerprint(high: form == .exact64 ? 0 : high, low: low)
    }
}

extension IcebergType {
    var isDecimal: Bool {
        if case .decimal = self { return true }
        return false
    }
}
