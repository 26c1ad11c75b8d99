import Codecs
import Columns
import Glibc
import Parquet
import TableModel

/// How fast a Parquet file in memory becomes columns, in batches as scans read them.
enum DecodeBench {
    /// Reads all columns.
    static func readAll(_ arguments: [String]) throws {
        try run(arguments, usage: "read-all ROWS LAPS PATH") { $0 }
    }

    /// Reads the first column, as an index of keys is read; batches tell the rows' places.
    static func readKey(_ arguments: [String]) throws {
        try run(arguments, usage: "read-key ROWS LAPS PATH") { [$0[0]] }
    }

    private static func run(
        _ arguments: [String],
        usage: String,
        _ choose: ([SchemaField]) -> [SchemaField]
    ) throws {
        guard arguments.count == 3, let rowCount = Int(arguments[0]), let laps = Int(arguments[1])
        else { throw UsageError("format-bench \(usage)") }
        let bytes = try InputFile.read(arguments[2])
        let times = try (0..<laps).map { _ in
            try Lap.measure {
                let found = try decode(bytes, choose)
                guard found == rowCount else { throw UsageError("the rows that PATH has") }
            }
        }
        print(times.report(rowCount: rowCount, byteCount: bytes.count))
    }

    /// Decodes a whole file, its footer included, and counts its rows.
    private static func decode(
        _ bytes: [UInt8],
        _ choose: ([SchemaField]) -> [SchemaField]
    ) throws -> Int {
        let footer = try ParquetFooter(file: "bench", bytes: bytes)
        let reader = ParquetReader(
            file: "bench",
            fileByteCount: bytes.count,
            footer: footer,
            matching: .inferred
        )
        let fields = choose(try footer.inferredFields(file: "bench"))
        let projection = try reader.projection(of: fields)
        var rowCount = 0
        for group in 0..<footer.rowGroupCount {
            let rows = try reader.open(
                try reader.plan(rowGroup: group, projection),
                bytes: [FileBytes(offset: 0, bytes: bytes)]
            )
            while let batch = try rows.next() { rowCount += batch.rowCount }
        }
        return rowCount
    }
}

/// Reads whole files.
enum InputFile {
    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw UsageError("a path that can be read") }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let byteCount = ftell(file)
        rewind(file)
        return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = fread(buffer.baseAddress, 1, byteCount, file)
            guard count == byteCount else { throw UsageError("a path that can be read") }
        }
    }
}
