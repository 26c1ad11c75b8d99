internal import ChangeModel
public import SourceInterface
internal import Synchronization

/// A MySQL or MariaDB server as a source of changes.
///
/// Snapshots are consistent reads on several connections; changes come from the server's binary
/// log, which the server sends as to a replica and which is decoded here.
public final class MySQLSource: ChangeSource {
    private let configuration: MySQLSourceConfiguration
    private let nulledValues = Mutex<Int>(0)

    public init(configuration: MySQLSourceConfiguration) {
        self.configuration = configuration
    }

    /// Dates that no calendar has (zero dates, 31 February) and that arrived as NULL so far.
    public var specialValueCount: Int { nulledValues.withLock { $0 } }

    private func noteNulledValues(_ count: Int) { nulledValues.withLock { $0 += count } }

    // MARK: Looking

    public func checkRequirements() throws -> [RequirementCheck] {
        let session = try ServerSession(configuration)
        defer { session.connection.close() }
        return try Requirements(session: session, configuration: configuration).check()
    }

    public func inventory() throws -> SourceInventory {
        let session = try ServerSession(configuration)
        defer { session.connection.close() }
        try Requirements(session: session, configuration: configuration).enforce()
        return try reader(session).inventory(configuration.isChosen)
    }

    private func reader(_ session: ServerSession) -> SchemaReader {
        SchemaReader(connection: session.connection, dialect: session.dialect)
    }

    /// Nothing has to be made on the server; its log holds everything from now on.
    public func prepareStream(
        tables: [SourceTable],
        resuming position: SourcePosition?
    ) throws -> SourcePosition {
        let session = try ServerSession(configuration)
        defer { session.connection.close() }
        try Requirements(session: session, configuration: configuration).enforce()
        guard let position else { return try head(session).sourcePosition }
        let from = try LogPosition(position, session.dialect)
        try checkNotAhead(from, session)
        try checkNotPurged(from, session)
        return position
    }

    /// MariaDB tells only when the log is asked for.
    private func checkNotPurged(
        _ from: LogPosition,
        _ session: ServerSession
    ) throws(SourceError) {
        guard session.dialect == .mysql else { return }
        let text = try session.connection.value(
            "SELECT @@GLOBAL.gtid_purged",
            to: "read what the log no longer has"
        )
        let purged = try LogPosition(SourcePosition(text ?? ""), session.dialect)
        guard !purged.isCovered(by: from) else { return }
        throw SourceError(
            .positionLost,
            "the server at \(configuration.address) no longer has the log from \(from) on; it"
                + " removed \(purged)",
            remedy: DumpConnection.copyAnew
        )
    }

    public func headPosition() throws -> SourcePosition {
        let session = try ServerSession(configuration)
        defer { session.connection.close() }
        return try head(session).sourcePosition
    }

    private func head(_ session: ServerSession) throws(SourceError) -> LogPosition {
        let text = try session.connection.value(session.dialect.headQuery, to: "read the position")
        return try LogPosition(SourcePosition(text ?? ""), session.dialect)
    }

    public func isCovered(_ position: SourcePosition, by watermark: SourcePosition) -> Bool {
        guard let position = LogPosition(ofEitherKind: position.text),
            let watermark = LogPosition(ofEitherKind: watermark.text)
        else { return false }
        return position.isCovered(by: watermark)
    }

    public func advance(
        _ watermark: SourcePosition,
        to boundary: SourcePosition
    ) -> SourcePosition {
        guard var joined = LogPosition(ofEitherKind: watermark.text),
            let other = LogPosition(ofEitherKind: boundary.text)
        else { return boundary }
        joined.formUnion(other)
        return joined.sourcePosition
    }

    /// GTIDs do not tell bytes.
    public func lagBytes(behind position: SourcePosition) throws -> Int? { nil }

    // MARK: Snapshot

    public func openSnapshot(
        tables: [SourceTable],
        workers: Int
    ) throws -> any SourceSnapshot {
        let opener = SnapshotOpener(configuration: configuration, tables: tables, workers: workers)
        let opened = try opener.open()
        let session = try ServerSession(configuration)
        defer { session.connection.close() }
        try checkUnchanged(tables, session)
        return MySQLSnapshot(
            opened,
            collations: try collations(session),
            onNulledValues: { [weak self] in self?.noteNulledValues($0) }
        )
    }

    private func collations(_ session: ServerSession) throws(SourceError) -> CollationTable {
        CollationTable(
            try session.connection.query(
                CollationTable.query(for: session.dialect),
                to: "read the character sets"
            ),
            serverTables: try ServerCharacterTable.read(session.connection)
        )
    }

    /// The view shows the tables as they were when it was opened; their descriptions are older.
    private func checkUnchanged(
        _ tables: [SourceTable],
        _ session: ServerSession
    ) throws(SourceError) {
        let wanted = Dictionary(tables.map { ($0.name, $0) }) { first, _ in first }
        let now = try reader(session).inventory { wanted[$0] != nil }
        let found = Dictionary(now.tables.map { ($0.name, $0) }) { first, _ in first }
        for table in tables {
            guard let current = found[table.name],
                current.columns.map(\.name) == table.columns.map(\.name),
                current.columns.map(\.type) == table.columns.map(\.type),
                current.keyColumns == table.keyColumns
            else {
                throw SourceError(
                    .connection,
                    "the table \(table.name) changed since it was looked at",
                    remedy: "Start the pipeline again"
                )
            }
        }
    }

    // MARK: Stream

    public func stream(_ request: StreamRequest, to sink: any SourceEventSink) throws {
        let side = SideConnection(configuration)
        let first = try side.session()
        let from = try LogPosition(request.from, first.dialect)
        let follower = SchemaFollower(
            planner: ColumnPlanner(collations: try collations(first)),
            lookUp: { name throws(SourceError) in try side.table(name) }
        )
        try checkNotAhead(from, first)
        let dump = try DumpConnection(configuration, from: from)
        defer { dump.connection.close() }
        let stream = try LogStream(
            dump,
            request,
            from: from,
            follower: follower,
            sink: sink,
            onNulledValues: { [self] in noteNulledValues($0) }
        )
        do throws(StreamEnd) {
            try stream.run()
        } catch {
            switch error {
            case .closed: return
            case .failed(let error): throw error
            }
        }
    }

    /// A server that lacks transactions which the lake has is not the one that we read from.
    private func checkNotAhead(
        _ from: LogPosition,
        _ session: ServerSession
    ) throws(SourceError) {
        let head = try head(session)
        guard !from.isCovered(by: head) else { return }
        throw SourceError(
            .positionLost,
            "the lake is at \(from), but the server at \(configuration.address) is only at \(head)",
            remedy: "If this is a replica that lags, wait for it; if the server was reset, drop the"
                + " tables from the lake and start again, so that they are copied anew"
        )
    }

    /// The server keeps no state for us.
    public func acknowledge(_ position: SourcePosition) {}

    public func dropStream() throws {}
}

/// The connection that a stream asks about tables; opened when it is needed, and again when it
/// broke meanwhile.
private final class SideConnection {
    private let configuration: MySQLSourceConfiguration
    private var opened: ServerSession?

    init(_ configuration: MySQLSourceConfiguration) { self.configuration = configuration }

    deinit { opened?.connection.close() }

    func session() throws(SourceError) -> ServerSession {
        if let opened { return opened }
        let session = try ServerSession(configuration)
        opened = session
        return session
    }

    func table(_ name: SourceTableName) throws(SourceError) -> SourceInventory {
        do throws(SourceError) {
            return try lookUp(name)
        } catch {
            guard error.kind == .connection else { throw error }
            opened = nil
            return try lookUp(name)
        }
    }

    private func lookUp(_ name: SourceTableName) throws(SourceError) -> SourceInventory {
        let session = try session()
        return try SchemaReader(connection: session.connection, dialect: session.dialect)
            .table(name)
    }
}
