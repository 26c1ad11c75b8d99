import ChangeModel
import KeyIndex
import TableModel

extension StreamLoop {
    /// Settles who has memory for an index, after an epoch that changed these tables.
    func settleIndexes(changed: [TableStream]) async throws {
        for stream in changed where stream.isFollowed {
            runner.indexes.used(stream.lake, bytes: stream.indexBytes)
        }
        dropEvictedIndexes()
        for stream in changed where stream.isFollowed && !stream.coversWholeTable {
            runner.indexes.tryAgain(stream.lake, hasher: stream.hasher)
        }
        dropEvictedIndexes()
        try await adoptIndexes()
    }

    func dropEvictedIndexes() {
        for stream in streams.values where runner.indexes.takeEviction(of: stream.name) {
            if stream.coversWholeTable { stream.dropIndex() }
        }
        runner.indexes.forgetEvictions()
    }

    /// Gives indexes that were made beside the stream to their tables.
    func adoptIndexes() async throws {
        for name in runner.indexes.buildingTables {
            guard let stream = streams[name], stream.isFollowed, stream.canChangeIndex,
                let built = try await runner.indexes.takeBuilt(stream.lake)
            else { continue }
            stream.adopt(built)
        }
        dropEvictedIndexes()
    }
}
