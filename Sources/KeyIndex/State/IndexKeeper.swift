public import Bytes
public import TableModel

/// A key index that was found in a state folder, at the commit that it was last told of.
public struct FoundIndex {
    public var index: KeyIndex
    /// The snapshot that it speaks of; nil for a table that had none.
    public var snapshotID: Int64?
    public var keeper: IndexKeeper
}

/// Keeps one table's key index in a state folder: all of it now and then, and what changed at each
/// commit.
///
/// While it has a keeper, an index writes down what it is told. At each commit of the table the
/// keeper ends the journal's entry and writes a piece of the next whole index, when the journal has
/// grown so long that one is due. Whatever fails here costs time at the next start and nothing
/// else: the caller drops the keeper and goes on.
///
/// Owned by the index's task.
public final class IndexKeeper {
    /// Runs work that waits for the disk somewhere else.
    public typealias Background = @Sendable (@escaping @Sendable () -> Void) -> Void

    private let folder: IndexStateFolder
    private let identity: IndexIdentity
    private let name: String
    private let index: KeyIndex
    private let background: Background
    private var journal: IndexJournal
    /// The generation and size of the newest whole index.
    private var stored: (generation: UInt64, byteCount: Int)?
    /// Bytes of the journals since that one, without the current one.
    private var olderJournalByteCount = 0
    private var writing: Writing?
    private let finishing = Finishing()

    private struct Writing {
        var writer: StoredIndexWriter
        var generation: UInt64
        var beganAt: UInt64
    }

    /// When whole indexes are written, and how fast.
    struct Pace {
        /// A whole index is due when the journals have more bytes than this part of it.
        var journalPart = 8
        /// And more than this many.
        var journalByteCountMin = 4 << 20
        /// The same at a stop.
        var journalPartAtStop = 32
        var journalByteCountMinAtStop = 64 << 10
        /// Bytes of the next whole index that one commit writes at least.
        var pieceByteCount = 8 << 20
        /// And for each byte that it adds to the journal, so that the journal never grows faster.
        var pieceBytesPerJournalByte = 16
    }

    var pace = Pace()

    private init(
        folder: IndexStateFolder,
        identity: IndexIdentity,
        index: KeyIndex,
        journal: IndexJournal,
        background: @escaping Background
    ) {
        self.folder = folder
        self.identity = identity
        name = IndexStateFolder.name(of: identity.tableUUID)
        self.index = index
        self.journal = journal
        self.background = background
        index.journal = journal
    }
}

extension IndexKeeper {
    /// Finds the index of a table with this UUID and these key fields.
    ///
    /// `fingerprinter` makes the table's fingerprinter with the secret that is stored.
    ///
    /// - Throws: Why there is none that can be used; it is to be built from the table.
    public static func find(
        tableUUID: String,
        keyFields: [SchemaField],
        in folder: IndexStateFolder,
        background: @escaping Background,
        fingerprinter: (SipHash128) -> KeyFingerprinter
    ) throws(IndexStateReason) -> FoundIndex {
        let name = IndexStateFolder.name(of: tableUUID)
        let files: IndexStateFolder.Files
        do throws(IndexStateError) { files = try folder.files(of: name) } catch {
            throw .unreadable(error)
        }
        guard let generation = files.indexes.last else { throw .absent }
        let path = folder.indexPath(name, generation)
        let reader = try StoredIndexReader(path: path)
        let manifest = reader.manifest
        let fingerprinter = fingerprinter(manifest.hasher)
        let identity = IndexIdentity(
            tableUUID: tableUUID,
            keyFields: keyFields,
            fingerprinter: fingerprinter
        )
        guard manifest.identity.tableUUID == identity.tableUUID else { throw .otherTable }
        guard manifest.identity == identity else { throw .otherKey }
        guard manifest.generation == generation else {
            throw .damaged("\(path) says that it is generation \(manifest.generation)")
        }
        let index = try reader.load(fingerprinter)
        let journal = try replayJournals(of: files, from: generation, manifest, folder, index)
        folder.removeFiles(of: name, before: generation)
        folder.remove(files.leftovers.map { folder.path + "/" + $0 })
        let keeper: IndexKeeper
        do throws(IndexStateError) {
            keeper = IndexKeeper(
                folder: folder,
                identity: identity,
                index: index,
                journal: try IndexJournal(
                    continuing: journal,
                    isExact64: identity.form == .exact64
                ),
                background: background
            )
            keeper.stored = (generation, try StateFile(path, .reading).byteCount())
            for older in generation..<journal.generation {
                let path = folder.journalPath(name, older)
                keeper.olderJournalByteCount += try StateFile(path, .reading).byteCount()
            }
        } catch {
            index.journal = nil
            throw .unreadable(error)
        }
        return FoundIndex(
            index: index,
            snapshotID: journal.lastCommit.snapshotID,
            keeper: keeper
        )
    }

    /// - Returns: The newest journal.
    private static func replayJournals(
        of files: IndexStateFolder.Files,
        from generation: UInt64,
        _ manifest: IndexManifest,
        _ folder: IndexStateFolder,
        _ index: KeyIndex
    ) throws(IndexStateReason) -> ReadJournal {
        let name = IndexStateFolder.name(of: manifest.identity.tableUUID)
        var newest = try ReadJournal(
            path: folder.journalPath(name, generation),
            generation: generation
        )
        try newest.replay(into: index)
        guard newest.before.number == manifest.commits.lowerBound,
            newest.lastCommit.number >= manifest.commits.upperBound
        else {
            throw .damaged(
                "the journal \(newest.path) holds commits \(newest.before.number) to "
                    + "\(newest.lastCommit.number), the index needs those of \(manifest.commits)"
            )
        }
        for next in files.journals where next > generation {
            // A later journal that does not follow was begun by a run that did not get far.
            guard next == newest.generation + 1,
                var journal = try? ReadJournal(
                    path: folder.journalPath(name, next),
                    generation: next
                ),
                journal.before.number == newest.lastCommit.number
            else { break }
            try journal.replay(into: index)
            newest = journal
        }
        return newest
    }

    /// Begins to keep an index that was built from the table, in place of what the folder holds.
    public static func begin(
        _ index: KeyIndex,
        snapshotID: Int64?,
        tableUUID: String,
        keyFields: [SchemaField],
        in folder: IndexStateFolder,
        background: @escaping Background
    ) throws(IndexStateError) -> IndexKeeper {
        let identity = IndexIdentity(
            tableUUID: tableUUID,
            keyFields: keyFields,
            fingerprinter: index.fingerprinter
        )
        let name = IndexStateFolder.name(of: tableUUID)
        let old = try folder.files(of: name)
        let generation = max(old.indexes.last ?? 0, old.journals.last ?? 0) + 1
        folder.removeFiles(of: name, before: generation)
        folder.remove(old.leftovers.map { folder.path + "/" + $0 })
        let commit = JournalRecord.Commit(number: 0, snapshotID: snapshotID, keyCount: index.count)
        let keeper = IndexKeeper(
            folder: folder,
            identity: identity,
            index: index,
            journal: try IndexJournal(
                path: folder.journalPath(name, generation),
                generation: generation,
                isExact64: identity.form == .exact64,
                after: commit
            ),
            background: background
        )
        do throws(IndexStateError) {
            try keeper.beginWriting(generation: generation)
            try keeper.writePiece(byteCountMax: .max)
        } catch {
            keeper.detach()
            throw error
        }
        return keeper
    }
}

extension IndexKeeper {
    /// The commit in which the table got what the index was told since the last one.
    ///
    /// - Throws: Why the index cannot be kept any more; drop the keeper then.
    public func commit(snapshotID: Int64?) throws(IndexStateError) {
        let before = journal.committedByteCount
        try journal.commit(snapshotID: snapshotID, keyCount: index.count)
        let added = journal.committedByteCount - before
        try takeFinished()
        if writing == nil,
            isWholeIndexDue(part: pace.journalPart, min: pace.journalByteCountMin)
        {
            try beginGeneration()
        }
        try writePiece(
            byteCountMax: max(pace.pieceByteCount, added * pace.pieceBytesPerJournalByte)
        )
    }

    /// Ends with what the table holds; the next start finds it.
    ///
    /// An index that was told more since the last commit is left as it was then.
    ///
    /// - Throws: Why the next start may find none.
    public func stop() throws(IndexStateError) {
        guard !journal.hasUncommitted else {
            abandon()
            return
        }
        finishing.wait()
        try takeFinished()
        if writing == nil,
            isWholeIndexDue(part: pace.journalPartAtStop, min: pace.journalByteCountMinAtStop)
        {
            try beginGeneration()
        }
        try writePiece(byteCountMax: .max)
        finishing.wait()
        try takeFinished()
        detach()
    }

    /// Ends without what the index was told since the last commit; the index is not to be used.
    public func abandon() {
        finishing.wait()
        try? journal.rollBack()
        detach()
    }

    /// Ends and deletes what is stored; for an index that is no good.
    public func discard() {
        finishing.wait()
        detach()
        folder.removeFiles(of: name, before: .max)
        if let left = try? folder.files(of: name).leftovers {
            folder.remove(left.map { folder.path + "/" + $0 })
        }
    }

    private func detach() {
        index.journal = nil
        index.blocks.releaseBlocks()
        if let writing { folder.remove([temporaryPath(writing.generation)]) }
        writing = nil
    }

    private func isWholeIndexDue(part: Int, min: Int) -> Bool {
        guard let stored, !finishing.isRunning else { return false }
        let journals = olderJournalByteCount + journal.committedByteCount
        return journals > max(min, stored.byteCount / part)
    }

    private func temporaryPath(_ generation: UInt64) -> String {
        folder.indexPath(name, generation) + ".new"
    }

    /// Begins a journal and the whole index that it belongs to.
    private func beginGeneration() throws(IndexStateError) {
        let next = try IndexJournal(
            path: folder.journalPath(name, journal.generation + 1),
            generation: journal.generation + 1,
            isExact64: identity.form == .exact64,
            after: journal.lastCommit
        )
        olderJournalByteCount += journal.committedByteCount
        journal = next
        index.journal = next
        try beginWriting(generation: next.generation)
    }

    private func beginWriting(generation: UInt64) throws(IndexStateError) {
        index.blocks.holdBlocks()
        writing = Writing(
            writer: try StoredIndexWriter(
                path: temporaryPath(generation),
                isExact64: identity.form == .exact64
            ),
            generation: generation,
            beganAt: journal.lastCommit.number
        )
    }

    private func writePiece(byteCountMax: Int) throws(IndexStateError) {
        guard let writing else { return }
        try writing.writer.write(index.table, byteCountMax: byteCountMax)
        guard writing.writer.isComplete else { return }
        let manifest = IndexManifest(
            identity: identity,
            hasher: index.fingerprinter.hasher,
            generation: writing.generation,
            commits: writing.beganAt...journal.lastCommit.number,
            snapshotID: journal.lastCommit.snapshotID,
            entryCount: 0,
            pageCount: 0,
            nullAddress: index.table.addressOfNull
        )
        try writing.writer.finish(manifest, blocks: index.blocks)
        index.blocks.releaseBlocks()
        self.writing = nil
        finish(writing)
    }

    /// Waits for the disk elsewhere, then gives the whole index its name and deletes older ones.
    private func finish(_ writing: Writing) {
        let (folder, name, finishing) = (folder, name, finishing)
        let generation = writing.generation
        let temporary = temporaryPath(generation)
        let byteCount = writing.writer.byteCount
        finishing.begin()
        background {
            finishing.end(
                Result { () throws(IndexStateError) in
                    try StateFile(temporary, .reading).synchronize()
                    try StateFile(folder.journalPath(name, generation), .reading).synchronize()
                    try folder.rename(temporary, to: folder.indexPath(name, generation))
                    folder.removeFiles(of: name, before: generation)
                    return (generation, byteCount)
                }
            )
        }
    }

    private func takeFinished() throws(IndexStateError) {
        guard let result = finishing.take() else { return }
        stored = try result.get()
        olderJournalByteCount = 0
    }
}
