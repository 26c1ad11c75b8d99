import Columns
import TableModel

/// How a column's text becomes its values; decided once a column.
///
/// The lake's type alone decides, so a snapshot and the stream cannot differ.
struct ValueForm: Hashable, Sendable, BitwiseCopyable {
    enum Code: UInt8, BitwiseCopyable {
        case boolean, int32, int64, float, double, decimal64, decimal128
        case date, time, timestamp, timestamptz, text, bytea, uuid
    }

    var code: Code
    var precision: UInt8 = 0
    var scale: UInt8 = 0

    init(_ type: IcebergType) {
        switch type {
        case .boolean: code = .boolean
        case .int: code = .int32
        case .long: code = .int64
        case .float: code = .float
        case .double: code = .double
        case .decimal(let precision, let scale):
            code = precision <= 18 ? .decimal64 : .decimal128
            self.precision = UInt8(clamping: precision)
            self.scale = UInt8(clamping: scale)
        case .date: code = .date
        case .time: code = .time
        case .timestamp: code = .timestamp
        case .timestamptz: code = .timestamptz
        case .string: code = .text
        case .uuid: code = .uuid
        case .fixed, .binary: code = .bytea
        case .timestampNanos, .timestamptzNanos, .unknown, .variant, .geometry, .geography,
            .structure, .list, .map:
            preconditionFailure("no type of PostgreSQL is planned as \(type)")
        }
    }

    /// What became of an appended value; in all but `malformed` the builder has one row more.
    enum Outcome {
        case appended
        /// Appended as NULL: the lake has no form for the value.
        case special
        case malformed
    }

    /// Appends the value that the server's text names.
    @inline(__always)
    func append(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) -> Outcome {
        switch code {
        case .text:
            builder.append(UnsafeRawPointer(text), count: count)
            return .appended
        case .int64:
            guard let value = TextNumbers.integer(text, count) else { return .malformed }
            builder.append(value)
            return .appended
        case .int32:
            guard let wide = TextNumbers.integer(text, count), let value = Int32(exactly: wide)
            else { return .malformed }
            builder.append(value)
            return .appended
        case .decimal64:
            return Self.append(
                TextNumbers.decimal(
                    text,
                    count,
                    precision: Int(precision),
                    scale: Int(scale),
                    as: Int64.self
                ),
                to: &builder
            )
        case .timestamp:
            return Self.append(
                TextTimes.timestamp(text, count, hasOffset: false),
                to: &builder
            )
        case .timestamptz:
            return Self.append(TextTimes.timestamp(text, count, hasOffset: true), to: &builder)
        default: return appendOther(text, count, to: &builder)
        }
    }

    /// The less common forms, out of the way of the inlined ones.
    @inline(never)
    private func appendOther(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) -> Outcome {
        switch code {
        case .boolean:
            guard count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f")
            else { return .malformed }
            builder.append(UInt8(text[0] == UInt8(ascii: "t") ? 1 : 0))
        case .double:
            guard let value = TextFloats.double(text, count) else { return .malformed }
            builder.append(value)
        case .float:
            guard let value = TextFloats.float(text, count) else { return .malformed }
            builder.append(value)
        case .decimal128:
            return Self.append(
                TextNumbers.decimal(
                    text,
                    count,
                    precision: Int(precision),
                    scale: Int(scale),
                    as: Int128.self
                ),
                to: &builder
            )
        case .date: return Self.append(TextTimes.date(text, count), to: &builder)
        case .time: return Self.append(TextTimes.time(text, count), to: &builder)
        case .uuid:
            guard let value = TextBytes.uuid(text, count) else { return .malformed }
            builder.append(value)
        case .bytea: return Self.appendBytea(text, count, to: &builder)
        case .text, .int32, .int64, .decimal64, .timestamp, .timestamptz:
            preconditionFailure("the common forms are handled by the caller")
        }
        return .appended
    }

    @inline(__always)
    private static func append<Value: BitwiseCopyable>(
        _ parsed: ParsedText<Value>,
        to builder: inout ColumnBuilder
    ) -> Outcome {
        switch parsed {
        case .value(let value):
            builder.append(value)
            return .appended
        case .special:
            builder.appendNull()
            return .special
        case .malformed: return .malformed
        }
    }

    private static func appendBytea(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) -> Outcome {
        guard TextBytes.isHexFormat(text, count) else { return .malformed }
        let byteCount = (count - 2) / 2
        var isGood = true
        builder.appendBytes(countMax: byteCount) { target in
            isGood = TextBytes.decode(
                text + 2,
                count - 2,
                into: target.assumingMemoryBound(to: UInt8.self)
            )
            return byteCount
        }
        // The row is taken back with the rest of its tuple.
        return isGood ? .appended : .malformed
    }
}
