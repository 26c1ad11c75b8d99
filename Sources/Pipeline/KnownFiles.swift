import Bytes
import Columns
import Iceberg
import ObjectStore
import Puffin
import TableModel
import TableScan
import TableWriter

/// What the writer of a table's epochs may ask about the table's older files.
///
/// Read lazily, so that an idle table costs no memory. Owned by the table's stream.
final class KnownFiles {
    private let store: any ObjectStore
    /// The table after the last commit that was applied.
    private var metadata: TableMetadata
    /// The live files, where they were asked for before.
    private(set) var files: TableFiles?
    /// Held where there are delete files that speak of several data files.
    ///
    /// Such are not added while the table is streamed.
    private var liveWithShared: LiveFiles?
    private var sharedRows: [String: RoaringBitmap]?

    init(metadata: TableMetadata, store: any ObjectStore) {
        self.metadata = metadata
        self.store = store
    }

    /// The live files, as of the last commit that was applied.
    func live() async throws -> TableFiles {
        if let files { return files }
        return try await read()
    }

    private func read() async throws -> TableFiles {
        let live = try await metadata.liveFiles(store: store)
        let read = TableFiles(live)
        if read.hasSharedDeletes { liveWithShared = live }
        files = read
        return read
    }

    /// By data file, the rows that delete files of several data files list.
    func sharedDeletedRows() async throws -> [String: RoaringBitmap] {
        _ = try await live()
        guard let liveWithShared else { return [:] }
        if let sharedRows { return sharedRows }
        let read = try await TableScan.fetchSharedDeletedRows(liveWithShared, store: store)
        sharedRows = read
        return read
    }

    /// Carries on over a commit, after which the table is as `metadata` says.
    func apply(_ changes: EpochFiles, metadata: TableMetadata) {
        self.metadata = metadata
        let number = metadata.currentSnapshot?.sequenceNumber ?? 0
        files?.apply(changes, sequenceNumber: number)
    }
}

extension KnownFiles {
    /// Reads older files whole, to write their rows anew.
    ///
    /// - Returns: nil where a rewrite would lose something: columns of types that are not known,
    ///   values that files do not have and readers make up, ids that rows have not got yet.
    func rows(of entries: [TableFiles.Entry]) async throws -> OlderRows? {
        guard let schema = try? metadata.currentSchema(),
            schema.allFields.allSatisfy({ $0.initialDefault == nil })
        else { return nil }
        guard metadata.hasRowLineage else { return reader(of: schema.fields) }
        if entries.contains(where: { $0.file.firstRowID == nil }) { _ = try await read() }
        let known = try await live()
        var firstRowIDs: [String: Int64] = [:]
        for entry in entries {
            guard let id = known[entry.file.path]?.file.firstRowID else { return nil }
            firstRowIDs[entry.file.path] = id
        }
        let columns = reader(of: schema.fields + RowLineageColumns.fields)
        let idsByPath = firstRowIDs
        return OlderRows(fields: columns.fields) { entry, body in
            try await columns.forEachBatch(entry) { columns, first in
                let lineage = RowLineageColumns.filled(
                    columns.suffix(RowLineageColumns.fields.count).map { $0 },
                    firstRowID: (idsByPath[entry.file.path] ?? 0) + Int64(first),
                    sequenceNumber: entry.sequenceNumber
                )
                let count = columns.count - RowLineageColumns.fields.count
                try await body(columns.prefix(count) + lineage, first)
            }
        }
    }

    private func reader(of fields: [SchemaField]) -> OlderRows {
        let store = store
        return OlderRows(fields: fields) { entry, body in
            try await TableScan.forEachBatch(
                ofFile: entry.file,
                fields: fields,
                store: store,
                body
            )
        }
    }
}

/// The columns in which rows keep their ids and ages when they are written anew.
///
/// Source: Iceberg specification, "Row Lineage".
enum RowLineageColumns {
    static let fields = [
        SchemaField(id: 2_147_483_540, name: "_row_id", type: .long, isRequired: false),
        SchemaField(
            id: 2_147_483_539,
            name: "_last_updated_sequence_number",
            type: .long,
            isRequired: false
        ),
    ]

    /// The columns as a file has them, with what rows without a value inherit.
    ///
    /// - `firstRowID`: The id that the first of these rows inherits; each next one the next.
    static func filled(
        _ columns: [Column],
        firstRowID: Int64,
        sequenceNumber: Int64
    ) -> [Column] {
        [
            filled(columns[0]) { firstRowID + Int64($0) },
            filled(columns[1]) { _ in sequenceNumber },
        ]
    }

    private static func filled(_ column: Column, _ inherited: (Int) -> Int64) -> Column {
        var builder = ColumnBuilder(.int64, expectedRows: column.rowCount)
        for row in 0..<column.rowCount {
            builder.append(
                column.isNull(row) ? inherited(row) : column.value(at: row, as: Int64.self)
            )
        }
        return builder.finish()
    }
}
