import Iceberg

/// Which small data files are to become one.
///
/// Files fall into tiers by the bytes of their live rows, each tier ``filesPerTier`` times as large as
/// the one below it. As many files of one tier and partition become one file of the next tier, so a
/// row is written again once a tier, and a partition has fewer small files of each.
public struct FoldingPolicy: Sendable {
    /// Four: readers pay for each file, and DuckDB for its opening more than for 20,000 rows in it.
    public static let filesPerTierDefault = 4

    /// As many files of a tier become one.
    public let filesPerTier: Int
    /// Files below this are of the lowest tier.
    static let lowestTierBytes: Int64 = 256 << 10

    /// Bytes of files that are read at one time; larger files stay as they are.
    public var bytesMax: Int64
    /// Smaller files are left to another policy, in bytes.
    public var fileBytesMin: Int64

    /// - Parameters:
    ///   - bytesMax: Bytes of files that are read at one time.
    ///   - fileBytesMin: Bytes of the smallest file that is read.
    ///   - filesPerTier: At least two.
    public init(
        bytesMax: Int64,
        fileBytesMin: Int64 = 0,
        filesPerTier: Int = filesPerTierDefault
    ) {
        self.bytesMax = bytesMax
        self.fileBytesMin = fileBytesMin
        self.filesPerTier = max(filesPerTier, 2)
    }

    /// Larger files stay as they are, in bytes.
    public var fileBytesMax: Int64 { bytesMax / Int64(filesPerTier) }

    /// The tier of a file with so many bytes of live rows.
    func tier(liveBytes: Int64) -> Int {
        var tier = 0
        var limit = Self.lowestTierBytes
        while liveBytes >= limit, limit < .max / Int64(filesPerTier) {
            tier += 1
            limit *= Int64(filesPerTier)
        }
        return tier
    }

    private struct Group: Hashable {
        var partition: PartitionTuple
        var tier: Int
    }

    /// Files that are worth being folded, oldest first; empty when there are none.
    ///
    /// Only files of the spec that new files have are chosen, and none of which a delete by key may
    /// have taken rows.
    func files(of table: TableFiles, specID: Int32) -> [TableFiles.Entry] {
        var groups: [Group: [TableFiles.Entry]] = [:]
        let lastEqualityDelete = table.lastEqualityDelete
        for entry in table.allEntries where entry.file.specID == specID {
            guard entry.sequenceNumber >= lastEqualityDelete else { continue }
            guard
                (fileBytesMin...max(fileBytesMin, fileBytesMax)).contains(entry.file.fileSizeBytes)
            else {
                continue
            }
            let group = Group(
                partition: entry.file.partition,
                tier: tier(liveBytes: entry.liveBytes)
            )
            groups[group, default: []].append(entry)
        }
        // Small files first: they are many, and folding them is cheap.
        let worthwhile = groups.filter { $0.value.count >= filesPerTier }
            .min { ($0.key.tier, -$0.value.count) < ($1.key.tier, -$1.value.count) }
        guard let worthwhile else { return [] }
        var bytes: Int64 = 0
        return worthwhile.value.sorted { $0.sequenceNumber < $1.sequenceNumber }.filter { entry in
            bytes += entry.file.fileSizeBytes
            return bytes <= bytesMax
        }
    }
}

extension TableFiles.Entry {
    /// The part of the file's bytes that its live rows have, as far as its deletes tell.
    var liveBytes: Int64 {
        guard file.recordCount > 0 else { return 0 }
        let live = Double(max(0, file.recordCount - deadRows)) / Double(file.recordCount)
        return Int64(Double(file.fileSizeBytes) * live)
    }
}
