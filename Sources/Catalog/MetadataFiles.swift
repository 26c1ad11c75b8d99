internal import Diagnostics
public import Iceberg
public import ObjectStore

/// A table's next metadata, before its catalog row points to it.
public struct StagedMetadata: Sendable {
    public var metadata: TableMetadata
    /// Where the file goes.
    public var location: String
    /// Metadata files that fall out of the table's log with this commit.
    public var obsoleteLocations: [String]
}

/// The metadata files of catalogs that keep a pointer to the current one.
public enum MetadataFiles {
    /// Metadata files that a table's log remembers, unless the table says otherwise.
    ///
    /// Source: Iceberg's `write.metadata.previous-versions-max`.
    public static let previousVersionsMaxDefault = 100

    /// Reads a metadata file.
    ///
    /// - Throws: ``CatalogError`` `.corrupt` for a file that is missing or makes no sense; what the
    ///   store throws otherwise.
    public static func read(
        _ location: String,
        store: any ObjectStore
    ) async throws -> TableMetadata {
        do {
            let bytes = try await store.read(location, range: nil)
            return try TableMetadata(parsing: bytes, file: location)
        } catch let error as StoreError where error.kind == .notFound {
            throw CatalogError(
                .corrupt,
                "the catalog points to the metadata file \(location), which does not exist",
                remedy: "Restore the file, or drop the table from the catalog"
            )
        } catch let error as FormatError {
            throw CatalogError(.corrupt, error.description)
        }
    }

    /// A new table's first metadata.
    public static func stageCreation(_ metadata: TableMetadata) -> StagedMetadata {
        StagedMetadata(
            metadata: metadata,
            location: location(version: 0, of: metadata),
            obsoleteLocations: []
        )
    }

    /// A table's next metadata, if the change's requirements hold for the table as it is.
    ///
    /// The previous metadata file enters the log, whose oldest entries leave it.
    public static func stage(
        _ change: TableChange,
        current: LoadedTable,
        nowMilliseconds: Int64
    ) throws(TableUpdateError) -> StagedMetadata {
        var next = try current.metadata.applying(
            change.updates,
            requirements: change.requirements,
            nowMilliseconds: nowMilliseconds
        )
        next.metadataLog.append(
            MetadataLogEntry(
                metadataFile: current.metadataLocation,
                timestampMilliseconds: current.metadata.lastUpdatedMilliseconds
            )
        )
        let wanted = next.properties["write.metadata.previous-versions-max"].flatMap { Int($0) }
        // The one before must stay: a reader may just have been told of it.
        let kept = max(wanted ?? previousVersionsMaxDefault, 1)
        let dropped = next.metadataLog.dropLast(kept).map(\.metadataFile)
        next.metadataLog.removeFirst(dropped.count)
        let deletes = next.properties["write.metadata.delete-after-commit.enabled"] == "true"
        return StagedMetadata(
            metadata: next,
            location: location(version: version(of: current.metadataLocation) + 1, of: next),
            obsoleteLocations: deletes ? dropped : []
        )
    }

    /// Writes the staged files, all or none.
    public static func write(_ staged: [StagedMetadata], store: any ObjectStore) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for file in staged {
                    group.addTask {
                        try await store.put(
                            file.location,
                            file.metadata.serialized(forFile: file.location)
                        )
                    }
                }
                try await group.waitForAll()
            }
        } catch {
            await remove(staged.map(\.location), store: store)
            throw error
        }
    }

    /// Deletes files that nothing points to; what cannot be deleted is an orphan.
    public static func remove(_ locations: [String], store: any ObjectStore) async {
        for location in locations { try? await store.delete(location) }
    }

    /// `<folder>/<version, five digits>-<uuid>.metadata.json`, as all pointer catalogs name them;
    /// of packed files `.gz.metadata.json`.
    private static func location(version: Int, of metadata: TableMetadata) -> String {
        let digits = String(version)
        let padding = String(repeating: "0", count: max(5 - digits.count, 0))
        return "\(metadata.metadataFolder)/\(padding)\(digits)-\(randomUUIDText())"
            + metadata.metadataFileSuffix
    }

    /// The number that a metadata file's name begins with; -1 for a name without one.
    static func version(of location: String) -> Int {
        let name = location.split(separator: "/").last ?? ""
        guard let dash = name.firstIndex(of: "-"), let version = Int(name[..<dash]),
            version >= 0, version < Int.max
        else { return -1 }
        return version
    }
}
