import Bytes
import Columns
import Glibc
import Iceberg
import KeyIndex
import ObjectStore
import Parquet
import TableModel
import TableScan
import TableWriter

/// Figures of the key index, one subcommand a benchmark; `make bench` runs them on one core.
///
/// `index-bench NAME KEYS FOLDER`; prints `key=value` pairs.
@main
struct IndexBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let keyCount = Int(arguments[2]), keyCount > 0 else {
            throw UsageError()
        }
        let bench = IndexBench(keyCount: keyCount, folder: arguments[3])
        switch arguments[1] {
        case "write": try await bench.write()
        case "lookup": try bench.lookUp()
        case "rebuild": try await bench.rebuild()
        case "restart": try await bench.restart()
        default: throw UsageError()
        }
    }

    private let keyCount: Int
    private let folder: String
    private static let id = SchemaField(id: 1, name: "id", type: .long, isRequired: true)
    private static let note = SchemaField(id: 2, name: "note", type: .string, isRequired: false)
    private static let filesMax = 4
    private static let laps = 3
    private let fingerprinter = KeyFingerprinter(keyTypes: [.long], hasher: .withRandomKey())
    private let store = LocalObjectStore()
}

struct UsageError: Error, CustomStringConvertible {
    var description: String { "usage: index-bench write|lookup|rebuild|restart KEYS FOLDER" }
}

extension IndexBench {
    /// Random keys found in the index, and in a dictionary of the standard library.
    private func lookUp() throws {
        var generator = Mixer(state: 7)
        let wanted = (0..<(4 << 20)).map { _ in
            KeyFingerprint(high: 0, low: generator.next() % UInt64(keyCount))
        }
        let index = try filled()
        let batch = 65_536
        var found = 0
        let ours = best {
            found = 0
            for first in stride(from: 0, to: wanted.count, by: batch) {
                let keys = [KeyFingerprint](wanted[first..<min(first + batch, wanted.count)])
                found += index.locations(of: keys).count { $0 != nil }
            }
        }
        guard found == wanted.count else { throw UsageError() }
        let memory = index.memoryBytes
        var dictionary: [UInt64: UInt64] = [:]
        dictionary.reserveCapacity(keyCount)
        for key in 0..<UInt64(keyCount) { dictionary[key] = key }
        let theirs = best {
            found = 0
            for key in wanted where dictionary[key.low] != nil { found += 1 }
        }
        print(
            "lookups=\(wanted.count) seconds=\(ours) peer_seconds=\(theirs) "
                + "bytes_per_key=\(Double(memory) / Double(keyCount))"
        )
    }

    private func filled() throws -> KeyIndex {
        let index = KeyIndex(fingerprinter: fingerprinter, expectedCount: keyCount)
        let file = index.addFile("file")
        for first in stride(from: 0, to: keyCount, by: 65_536) {
            let keys = (first..<min(first + 65_536, keyCount)).map {
                KeyFingerprint(high: 0, low: UInt64($0))
            }
            try index.setAll(keys, file: file, positions: RowPositions(first: first))
        }
        return index
    }

    /// Writes the table that is read: a key and a text, in some files, compressed as the product does.
    private func write() async throws {
        let perFile = (keyCount + Self.filesMax - 1) / Self.filesMax
        for (number, first) in stride(from: 0, to: keyCount, by: perFile).enumerated() {
            let writer = try await DataFileWriter(
                store: store,
                path: path(number),
                fields: [Self.id, Self.note].map(ParquetField.init),
                options: ParquetWriterOptions()
            )
            for start in stride(from: first, to: min(first + perFile, keyCount), by: 65_536) {
                let end = min(start + 65_536, first + perFile, keyCount)
                try await writer.append(columns(start..<end), selection: nil)
            }
            _ = try await writer.finish()
        }
    }

    private func path(_ number: Int) -> String { "file://\(folder)/part-\(number).parquet" }

    private func columns(_ keys: Range<Int>) -> [Column] {
        var ids = ColumnBuilder(.int64, expectedRows: keys.count)
        var notes = ColumnBuilder(.bytes, expectedRows: keys.count)
        for key in keys {
            ids.append(Int64(key))
            notes.append(utf8: "a note about \(key)")
        }
        return [ids.finish(), notes.finish()]
    }

    private func table() async throws -> TableMetadata {
        let metadata = try TableMetadata(
            creating: Schema(schemaID: 0, fields: [Self.id, Self.note], identifierFieldIDs: [1]),
            partitionSpec: nil,
            properties: [:],
            location: "file://\(folder)/table",
            nowMilliseconds: 1
        )
        var files: [DataFile] = []
        let perFile = (keyCount + Self.filesMax - 1) / Self.filesMax
        for (number, first) in stride(from: 0, to: keyCount, by: perFile).enumerated() {
            files.append(
                DataFile(
                    content: .data,
                    path: path(number),
                    recordCount: Int64(min(perFile, keyCount - first)),
                    fileSizeBytes: Int64(try await store.byteCount(of: path(number)))
                )
            )
        }
        let produced = try await SnapshotProducer.produce(
            base: metadata,
            delta: RowDelta(dataFiles: files),
            store: store,
            fileNamePrefix: "bench-\(getpid())",
            newSnapshotID: 1,
            nowMilliseconds: 2
        )
        return try metadata.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 2
        )
    }

    private func rebuilt(_ table: TableMetadata) async throws -> KeyIndex {
        let index = try await TableScan(table: table, store: store).rebuildIndex(
            keyFields: [Self.id],
            fingerprinter: fingerprinter
        ).index
        guard index.count == keyCount else { throw UsageError() }
        return index
    }

    /// Key columns become an index.
    private func rebuild() async throws {
        let table = try await table()
        var seconds = Double.infinity
        for _ in 0..<Self.laps {
            let began = now()
            let index = try await rebuilt(table)
            seconds = min(seconds, now() - began)
            withExtendedLifetime(index) {}
        }
        print("keys=\(keyCount) seconds=\(seconds)")
    }

    /// A stored index is found again, up to the first look-up; the peer is a rebuild.
    private func restart() async throws {
        let table = try await table()
        let began = now()
        let index = try await rebuilt(table)
        let rebuiltIn = now() - began
        let state = try IndexStateFolder(path: folder + "/state")
        let keeper = try IndexKeeper.begin(
            index,
            snapshotID: 1,
            tableUUID: table.tableUUID,
            keyFields: [Self.id],
            in: state,
            background: { $0() }
        )
        try keeper.stop()
        var seconds = Double.infinity
        for _ in 0..<Self.laps {
            let began = now()
            let found = try IndexKeeper.find(
                tableUUID: table.tableUUID,
                keyFields: [Self.id],
                in: state,
                background: { $0() },
                fingerprinter: { KeyFingerprinter(keyTypes: [.long], hasher: $0) }
            )
            let key = KeyFingerprint(high: 0, low: UInt64(keyCount - 1))
            guard found.index.location(of: key) != nil else { throw UsageError() }
            seconds = min(seconds, now() - began)
        }
        print("keys=\(keyCount) seconds=\(seconds) peer_seconds=\(rebuiltIn)")
    }

    private func best(_ body: () throws -> Void) rethrows -> Double {
        var seconds = Double.infinity
        for _ in 0..<Self.laps {
            let began = now()
            try body()
            seconds = min(seconds, now() - began)
        }
        return seconds
    }

    /// Processor time of the program in seconds: it runs on one core, which it may have to share.
    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Numbers without order, always the same.
private struct Mixer {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
