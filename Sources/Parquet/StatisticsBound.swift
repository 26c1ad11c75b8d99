internal import TableModel

extension FileLeafType {
    /// A bound of the file's statistics as a value of ``icebergType``; `nil` where its bytes are no
    /// such value, or the format defines no order.
    ///
    /// Source: apache/parquet-format, parquet.thrift "Statistics", "ColumnOrder".
    func bound(_ bytes: [UInt8]) -> SingleValue? {
        switch physicalType {
        case .boolean: bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
        case .int32: Self.integer(bytes, Int32.self).flatMap { number(Int64($0)) }
        case .int64: Self.integer(bytes, Int64.self).flatMap { number($0) }
        case .int96: nil
        case .float:
            Self.integer(bytes, UInt32.self).map { .floating(Double(Float(bitPattern: $0))) }
        case .double: Self.integer(bytes, UInt64.self).map { .floating(Double(bitPattern: $0)) }
        case .byteArray, .fixedLengthByteArray: byteString(bytes)
        }
    }

    private static func integer<T: FixedWidthInteger>(_ bytes: [UInt8], _ type: T.Type) -> T? {
        guard bytes.count == MemoryLayout<T>.size else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    private func number(_ value: Int64) -> SingleValue? {
        switch icebergType {
        case .decimal where annotation == .integer(bitWidth: 64, isSigned: false):
            .decimal(unscaled: Int128(UInt64(bitPattern: value)))
        case .decimal: .decimal(unscaled: Int128(value))
        case .long where annotation == .integer(bitWidth: 32, isSigned: false):
            .integer(Int64(UInt32(truncatingIfNeeded: value)))
        case .time, .timestamp, .timestamptz: microseconds(value).map { .integer($0) }
        case .unknown: nil
        default: .integer(value)
        }
    }

    private func microseconds(_ value: Int64) -> Int64? {
        switch annotation {
        case .time(.milliseconds, _), .timestamp(.milliseconds, _):
            let (product, overflows) = value.multipliedReportingOverflow(by: 1000)
            return overflows ? nil : product
        case .time(.nanoseconds, _): return value / 1000
        default: return value
        }
    }

    private func byteString(_ bytes: [UInt8]) -> SingleValue? {
        switch icebergType {
        case .string: .text(bytes)
        case .decimal, .uuid, .fixed, .binary: SingleValue(binary: bytes, type: icebergType)
        case .float:
            Self.integer(bytes, UInt16.self).map {
                .floating(Double(Float16(bitPattern: $0)))
            }
        default: nil
        }
    }
}
