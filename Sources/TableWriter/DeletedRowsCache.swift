public import Iceberg
public import Puffin

/// Deleted rows of data files, by the delete file that lists them.
///
/// A delete file never changes, so what is kept stays true whatever becomes of a commit; rows whose
/// file is gone are simply not asked for again. Owned by one task.
public final class DeletedRowsCache {
    private struct Key: Hashable {
        var path: String
        /// Several deletion vectors share a file.
        var referencedDataFile: String?

        init(_ file: DataFile) {
            path = file.path
            referencedDataFile = file.referencedDataFile
        }
    }

    private struct Kept {
        var rows: RoaringBitmap
        var bytes: Int
        var lastUse: Int
    }

    private let bytesMax: Int
    private var kept: [Key: Kept] = [:]
    private var uses = 0
    public private(set) var memoryBytes = 0

    /// Paths, dictionary slots and the bitmap's own arrays.
    private static let bytesPerEntryEstimate = 512

    /// `bytesMax` bounds the memory of the rows kept; those used least recently go first.
    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    public func rows(of file: DataFile) -> RoaringBitmap? {
        uses += 1
        let key = Key(file)
        kept[key]?.lastUse = uses
        return kept[key]?.rows
    }

    public func insert(_ rows: RoaringBitmap, of file: DataFile) {
        uses += 1
        let bytes = rows.serializedByteCount + Self.bytesPerEntryEstimate
        let old = kept.updateValue(Kept(rows: rows, bytes: bytes, lastUse: uses), forKey: Key(file))
        memoryBytes += bytes - (old?.bytes ?? 0)
        if memoryBytes > bytesMax { shrink() }
    }

    /// Forgets what was listed by a file that no newer snapshot has.
    public func remove(_ file: DataFile) {
        if let old = kept.removeValue(forKey: Key(file)) { memoryBytes -= old.bytes }
    }

    /// Leaves room for a while, so that not every insertion sorts.
    private func shrink() {
        for (key, entry) in kept.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard memoryBytes > bytesMax / 4 * 3 else { return }
            memoryBytes -= entry.bytes
            kept.removeValue(forKey: key)
        }
    }
}
