import Bytes
import Iceberg
import Inspection
import ObjectStore
import Synchronization
import TableModel
import Testing

/// A store that remembers which bytes were read.
final class WatchedStore: WrappingObjectStore {
    private let base = MemoryObjectStore()
    private let ranges = Mutex<[Range<Int>]>([])

    var readRanges: [Range<Int>] { ranges.withLock { $0 } }
    var readByteCount: Int { readRanges.reduce(0) { $0 + $1.count } }

    var wrapped: any ObjectStore { base }

    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let bytes = try await base.read(path, range: range)
        ranges.withLock { $0.append(range ?? 0..<bytes.count) }
        return bytes
    }
}

/// The report on a file of these bytes.
func report(
    on bytes: [UInt8],
    _ path: String = "mem:/file",
    store: any ObjectStore = MemoryObjectStore()
) async throws -> Report {
    try await store.put(path, bytes)
    return try await Inspector(store: store).report(onFile: path)
}

/// The JSON document of a report, to look members up in.
func parsed(_ report: Report) throws -> JSONValue {
    try JSONValue(parsing: Array(report.json.utf8))
}

extension JSONValue {
    subscript(name: String) -> JSONValue? { objectValue?[name] }
    subscript(index: Int) -> JSONValue? {
        arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil }
    }
}

let ordersSchema = Schema(
    schemaID: 0,
    fields: [
        SchemaField(id: 1, name: "id", type: .long, isRequired: true),
        SchemaField(id: 2, name: "name", type: .string, isRequired: false, doc: "as on the door"),
        SchemaField(
            id: 3,
            name: "place",
            type: .structure([
                SchemaField(id: 4, name: "lat", type: .double, isRequired: false),
                SchemaField(
                    id: 5,
                    name: "tags",
                    type: .list(
                        element: SchemaField(
                            id: 6,
                            name: "element",
                            type: .decimal(precision: 9, scale: 2),
                            isRequired: true
                        )
                    ),
                    isRequired: false
                ),
            ]),
            isRequired: false
        ),
    ],
    identifierFieldIDs: [1]
)

/// An empty table of ``ordersSchema``, partitioned by its ids.
func ordersTable() throws -> TableMetadata {
    var metadata = try TableMetadata(
        creating: ordersSchema,
        partitionSpec: PartitionSpec(
            specID: 0,
            fields: [
                PartitionField(sourceIDs: [1], name: "id_bucket", transform: .bucket(count: 4))
            ]
        ),
        properties: [
            "frazil.shop.eu.position": "0-1-42", "frazil.shop.eu.source": "shop.orders",
            "write.format.default": "parquet",
        ],
        location: "mem:/lake/orders",
        nowMilliseconds: 1_000
    )
    metadata.tableUUID = "9c12d441-03fe-4693-9a96-a0705ddf69c1"
    return metadata
}
