import Catalog
import ChangeModel
import SourceInterface
import TableWriter

extension PipelineRunner {
    /// Gets every table ready to stream, with its key index where it can have one.
    func openStreams(_ tables: [LakeTable]) async throws -> [TableStream] {
        let deletedRowsCache = DeletedRowsCache(bytesMax: Limits.deletedRowsCacheBytes)
        var streams: [TableStream] = []
        for var table in tables {
            table.hashBits = parts.secrets.hashBits
            streams.append(
                TableStream(
                    table,
                    kept: try await indexes.open(table),
                    deletedRowsCache: deletedRowsCache,
                    parts: parts,
                    properties: properties
                )
            )
        }
        indexes.forget(except: tables.map(\.name))
        return streams
    }
}
