/// The smallest description of bytes that could not be decoded.
///
/// It is thrown from the innermost reads, so it is plain old data: no string, no allocation, no
/// existential. Whoever knows the log position or file, the table and the column turns it into a
/// rich error once, at the event or page boundary.
public struct WireFault: Error, Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// Fewer bytes remained than the field needs.
        case truncated
        /// A length prefix announced more bytes than the message holds, or a negative count.
        case impossibleLength
        /// A tag byte has no meaning in the protocol or format version we speak.
        case unknownTag
        /// A field was whole but its value is not one the grammar allows (text that is no number).
        case malformedValue
    }

    public var kind: Kind
    /// Bytes from the start of the message to the field that failed.
    public var offset: Int
    /// What the field asked for: a byte count for `truncated` and `impossibleLength`, the tag or
    /// the column ordinal otherwise.
    public var wanted: Int
    /// Bytes that were left when the field was read.
    public var available: Int

    @inlinable
    public init(_ kind: Kind, offset: Int, wanted: Int, available: Int) {
        self.kind = kind
        self.offset = offset
        self.wanted = wanted
        self.available = available
    }
}

extension WireFault: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .truncated:
            "needed \(wanted) bytes at offset \(offset), found \(available)"
        case .impossibleLength:
            "length prefix \(wanted) at offset \(offset) exceeds the \(available) bytes left"
        case .unknownTag:
            "unknown tag 0x\(String(wanted, radix: 16)) at offset \(offset)"
        case .malformedValue:
            "malformed value at offset \(offset) (field \(wanted), \(available) bytes left)"
        }
    }
}
