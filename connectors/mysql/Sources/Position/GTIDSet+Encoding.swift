extension GTIDSet {
    /// The bytes that `COM_BINLOG_DUMP_GTID` takes: little-endian counts, ends excluded.
    ///
    /// Sets with tags carry a format number in the first and the last byte of the source count, and
    /// each source a tag behind its UUID.
    ///
    /// Source: MySQL `sql/rpl_gtid_set.cc`, `Gtid_set::encode`.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        let count = UInt64(intervals.count)
        let isTagged = hasTags
        Self.append(isTagged ? 1 << 56 | count << 8 | 1 : count, to: &bytes)
        for source in intervals.keys.sorted() {
            for shift in stride(from: 120, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: source.uuid >> UInt128(shift)))
            }
            if isTagged {
                // A tag has at most 32 characters, so that its length's variable form is one byte.
                bytes.append(UInt8(truncatingIfNeeded: source.tag.utf8.count << 1))
                bytes.append(contentsOf: source.tag.utf8)
            }
            let list = intervals[source] ?? []
            Self.append(UInt64(list.count), to: &bytes)
            for interval in list {
                Self.append(UInt64(bitPattern: interval.first), to: &bytes)
                Self.append(UInt64(bitPattern: interval.last &+ 1), to: &bytes)
            }
        }
        return bytes
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
