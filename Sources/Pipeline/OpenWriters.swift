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
        var files = writers.reduce(0) { $0 + $1.openFileCount }
        if files > bounds.filesMax {
            // Half of them, so that one more table does not begin this anew.
            for writer in writers.sorted(by: { $0.openFileCount > $1.openFileCount })
            where files > bounds.filesMax / 2 {
                files -= writer.openFileCount
                try await writer.closeOpenFiles()
            }
        }
        var waitingBytes = writers.reduce(0) { $0 + $1.waitingBytes }
        if waitingBytes > bounds.waitingBytesMax {
            for writer in writers.sorted(by: { $0.waitingBytes > $1.waitingBytes })
            where waitingBytes > bounds.waitingBytesMax / 2 {
                waitingBytes -= writer.waitingBytes
                try await writer.closeOpenFiles()
            }
        }
        var bytes = writers.reduce(0) { $0 + $1.bufferedBytes }
        if bytes > bounds.bytesMax {
            for writer in writers.sorted(by: { $0.bufferedBytes > $1.bufferedBytes })
            where bytes > bounds.bytesMax / 2 {
                bytes -= writer.bufferedBytes
                try await writer.closeRowGroups()
            }
        }
    }
}
