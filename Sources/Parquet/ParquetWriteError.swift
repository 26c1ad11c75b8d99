/// A file that could not be written as asked; nothing of it is usable then.
///
/// Row values never appear in it.
public struct ParquetWriteError: Error, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The fields cannot make up a Parquet schema.
        case schema
        /// Appended columns do not have the fields' physical types or differ in row count.
        case columns
        /// A value does not fit its column's type.
        case value
        /// The compression library failed.
        case codec
    }

    public var kind: Kind
    /// The column's name, where one column is at fault.
    public var column: String?
    public var message: String

    public init(_ kind: Kind, column: String? = nil, _ message: String) {
        self.kind = kind
        self.column = column
        self.message = message
    }
}

extension ParquetWriteError: CustomStringConvertible {
    public var description: String {
        if let column { return "could not write column \(column) to Parquet: \(message)" }
        return "could not write Parquet: \(message)"
    }
}
