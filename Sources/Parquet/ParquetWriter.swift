internal import Bytes
public import Columns

/// Writes the rows of one Parquet file; the caller moves the bytes to the store.
///
/// Owned by one task. Append, drain, append, ..., finish, drain.
public final class ParquetWriter {
    public let fields: [ParquetField]
    public let options: ParquetWriterOptions
    /// Rows appended so far.
    public private(set) var rowCount = 0
    /// Bytes of appended columns that are not encoded yet.
    public private(set) var bufferedBytes = 0
    /// Bytes encoded so far, drained or not.
    public private(set) var writtenBytes = 0
    private var encoded = ByteBuffer()

    /// - Throws: ``ParquetWriteError`` `.schema` for names or ids that repeat and impossible types.
    public init(
        fields: [ParquetField],
        options: ParquetWriterOptions = ParquetWriterOptions()
    ) throws(ParquetWriteError) {
        self.fields = fields
        self.options = options
    }

    /// Appends rows; columns stand in field order.
    ///
    /// - Parameters:
    ///   - columns: One a field, of the field's physical type.
    ///   - selection: The rows to take, in that order; `nil` takes all.
    public func append(
        _ columns: [Column],
        selection: [Int32]? = nil
    ) throws(ParquetWriteError) {
        preconditionFailure("not here yet")
    }

    /// Lends the bytes that are ready for the store, if any, and forgets them.
    public func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        guard encoded.count > 0 else { return }
        try encoded.withBytes(body)
        encoded.removeAll()
    }

    /// Takes the bytes that are ready for the store; `nil` when there are none.
    public func takeEncoded() -> [UInt8]? {
        guard encoded.count > 0 else { return nil }
        let bytes = encoded.toArray()
        encoded.removeAll()
        return bytes
    }

    /// Encodes the rest and the footer; drain afterwards.
    public func finish() throws(ParquetWriteError) -> ParquetFileMetrics {
        preconditionFailure("not here yet")
    }
}
