internal import Bytes
internal import Columns
internal import RowText
internal import TableModel

/// Rows as JSON lines on their way out, up to a limit.
final class RowOutput {
    private var buffer = ByteBuffer(capacityBytes: 1 << 20)
    private(set) var rowsLeft: Int
    private let write: (UnsafeRawBufferPointer) throws -> Void

    /// Bytes that are gathered before they are written.
    private static let writeBytes = 256 << 10

    init(limit: Int?, write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        rowsLeft = limit ?? .max
        self.write = write
    }

    var isFull: Bool { rowsLeft == 0 }

    /// Writes rows of a batch.
    func append(
        _ columns: [Column],
        rows: some Sequence<Int>,
        as text: JSONRows
    ) throws {
        for row in rows where rowsLeft > 0 {
            text.append(row: row, of: columns, to: &buffer)
            try finishRow()
        }
    }

    /// Writes one row.
    func append(_ json: JSONValue) throws {
        guard rowsLeft > 0 else { return }
        buffer.append(contentsOf: json.serialized())
        buffer.append(UInt8(ascii: "\n"))
        try finishRow()
    }

    private func finishRow() throws {
        rowsLeft -= 1
        if buffer.count >= Self.writeBytes { try flush() }
    }

    /// Writes what was gathered.
    func flush() throws {
        try buffer.withBytes { bytes in try write(bytes) }
        buffer.removeAll()
    }
}
