internal import Bytes

/// The smallest description of bytes that are no roaring bitmap.
///
/// Plain data, thrown from the innermost reads; whoever knows the file turns it into an error.
public struct RoaringFault: Error, Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// Fewer bytes remain than the field needs.
        case truncated
        /// More 32-bit bitmaps or containers are announced than bytes can hold them.
        case impossibleCount
        /// A 32-bit bitmap begins with neither of the two cookies.
        case unknownCookie
        /// A key, a value or a run does not lie behind the one before it.
        case notAscending
        /// A key of 32 bits has its highest bit set: its positions do not fit into a signed long.
        case keyTooLarge
        /// A container does not hold as many values as it announces.
        case wrongCardinality
        /// A run goes on past 65535.
        case runTooLong
        /// The offset header names another place than where the container is.
        case wrongOffset
        /// Bytes are left behind the last bitmap.
        case trailingBytes
    }

    public var kind: Kind
    /// Bytes from the start of the bitmap to the field that failed.
    public var offset: Int
    /// What stands there.
    public var found: Int
    /// What has to stand there: the least, the most or the one value, as the kind has it.
    public var expected: Int

    public init(_ kind: Kind, offset: Int, found: Int, expected: Int) {
        self.kind = kind
        self.offset = offset
        self.found = found
        self.expected = expected
    }

    init(_ fault: WireFault) {
        self.init(.truncated, offset: fault.offset, found: fault.available, expected: fault.wanted)
    }
}

extension RoaringFault: CustomStringConvertible {
    public var description: String {
        let reason =
            switch kind {
            case .truncated: "\(expected) bytes are needed, \(found) are left"
            case .impossibleCount: "\(found) items are announced, at most \(expected) are possible"
            case .unknownCookie: "the cookie is \(found), known are 12346 and 12347"
            case .notAscending: "\(found) follows, the least possible is \(expected)"
            case .keyTooLarge: "the key is \(found), the greatest possible is \(expected)"
            case .wrongCardinality: "\(found) values are held, \(expected) are announced"
            case .runTooLong: "a run ends at \(found), the last possible value is \(expected)"
            case .wrongOffset: "a container is said to be at \(found), it is at \(expected)"
            case .trailingBytes: "\(found) bytes are left, expected were \(expected)"
            }
        return "\(reason) (at byte \(offset) of the bitmap)"
    }
}
