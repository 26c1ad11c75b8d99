import Columns
import Glibc
import TableModel

/// The rows of standard input, as batches of columns.
struct RowSource {
    let fields: [SchemaField]

    private static let rowsPerBatch = 8192
    /// Bytes of JSON that a batch is made of at most; one line alone may be longer.
    private static let bytesPerBatch = 16 << 20

    func forEachBatch(_ body: ([Column]) async throws -> Void) async throws {
        guard let input = fdopen(STDIN_FILENO, "r") else {
            throw ProbeError("cannot read standard input")
        }
        let parser = RowParser(fields: fields)
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var isAtEnd = false
        while !isAtEnd {
            let batch = BatchBuilder(
                shapes: fields.map(\.type.columnShape),
                expectedRows: Self.rowsPerBatch
            )
            var rows = 0
            var bytes = 0
            while rows < Self.rowsPerBatch, bytes < Self.bytesPerBatch {
                let count = getline(&line, &capacity, input)
                guard count > 0, let line else {
                    isAtEnd = true
                    break
                }
                let content = UnsafeRawBufferPointer(start: line, count: count)
                try parser.append([UInt8](content), to: batch)
                rows += 1
                bytes += count
            }
            if rows > 0 { try await body(batch.finishColumns()) }
        }
    }
}
