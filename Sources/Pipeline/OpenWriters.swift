import TableWriter

/// What all tables together may hold open between the pieces of a transaction.
package struct OpenWriterBounds: Sendable {
    /// Data files; each is an open file or upload with a buffer of its own.
    package var filesMax: Int
    /// Rows that wait for their row groups, in bytes.
    package var bytesMax: Int
    /// What waits to be uploaded: a store may want parts of some megabytes.
    package var waitingBytesMax: Int

    package init(filesMax: Int, bytesMax: Int, waitingBytesMax: Int) {
        self.filesMax = filesMax
        self.bytesMax = bytesMax
        self.waitingBytesMax = waitingBytesMax
    }
}

extension StreamLoop {
    /// Closes files and row groups of the tables that hold most of them, until all tables are within
    /// their bounds.
    ///
    /// Called after each piece of a table: a transaction that changes thousands of tables would
    /// otherwise leave a file of each open.
    func boundOpenWriters() async throws {
        let bounds = parts.openWriters
        let writers = streams.values.compactMap(\.writer)
        for writer in writers.thatExceed(bounds.filesMax, \.openFileCount) {
            try await writer.closeOpenFiles()
        }
        for writer in writers.thatExceed(bounds.waitingBytesMax, \.waitingBytes) {
            try await writer.closeOpenFiles()
        }
        for writer in writers.thatExceed(bounds.bytesMax, \.bufferedBytes) {
            try await writer.closeRowGroups()
        }
    }
}

extension [EpochWriter] {
    /// Those that hold most of what all hold, if that is above `max`.
    ///
    /// Without them half of it is left at most, so that one more table does not begin this anew.
    fileprivate func thatExceed(_ max: Int, _ held: (EpochWriter) -> Int) -> [EpochWriter] {
        var left = reduce(0) { $0 + held($1) }
        guard left > max else { return [] }
        var chosen: [EpochWriter] = []
        for writer in sorted(by: { held($0) > held($1) }) where left > max / 2 {
            left -= held(writer)
            chosen.append(writer)
        }
        return chosen
    }
}
