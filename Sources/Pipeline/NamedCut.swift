import Catalog
import Diagnostics
import Iceberg
import PipelineConfig
import TableCommit

/// A consistent cut of the source that readers find by name: the same tag on every table.
///
/// It is set in the commit of the epoch it is named after. Where a catalog commits table by table,
/// the ledger gets its tag last: a cut that the ledger has is whole.
struct NamedCut {
    let name: String
    private let prefix: String
    private let keep: Int

    init(properties: LakeProperties, epoch: Int, keep: Int) {
        prefix = "frazil-\(properties.pipeline)-"
        name = prefix + String(epoch)
        self.keep = keep
    }

    /// Tags the snapshot and takes away the oldest cuts beyond those that stay; nothing for a table
    /// without a snapshot.
    func updates(of metadata: TableMetadata, snapshotID: Int64?) -> [TableUpdate] {
        guard let snapshotID else { return [] }
        let others = metadata.refs.keys.compactMap { name -> (epoch: Int, name: String)? in
            guard name.hasPrefix(prefix), name != self.name,
                let epoch = Int(name.dropFirst(prefix.count))
            else { return nil }
            return (epoch, name)
        }
        let old = others.sorted { $0.epoch > $1.epoch }.dropFirst(keep - 1)
        let tag = SnapshotReference(snapshotID: snapshotID, kind: .tag)
        return old.map { .removeSnapshotReference(name: $0.name) }
            + [.setSnapshotReference(name: name, tag)]
    }
}

extension StreamLoop {
    /// The cut that an epoch which is committed now makes, if one is due.
    func dueCut(epoch: Int) -> NamedCut? {
        guard let cuts = parts.configuration.cuts else { return nil }
        let now = parts.time.microsecondsSince1970()
        if let last = ledger.lastCutMicroseconds,
            now - last < Int64(cuts.intervalMilliseconds) * 1000
        {
            return nil
        }
        return NamedCut(properties: runner.properties, epoch: epoch, keep: cuts.keep)
    }

    /// Tags the tables that an epoch does not change.
    func tagUnchanged(
        _ cut: NamedCut,
        except changed: [TableStream],
        in commit: inout EpochCommit
    ) async throws -> [TableStream] {
        let names = Set(changed.map(\.name))
        var tagged: [TableStream] = []
        for stream in streams.values.sorted(by: { $0.name < $1.name })
        where !names.contains(stream.name) && stream.isFollowed {
            let metadata = stream.lake.loaded.metadata
            guard metadata.currentSnapshotID != nil else { continue }
            _ = try await commit.add(
                stream.lake.loaded,
                delta: RowDelta(),
                properties: [:],
                references: { cut.updates(of: metadata, snapshotID: $0) }
            )
            tagged.append(stream)
        }
        return tagged
    }
}
