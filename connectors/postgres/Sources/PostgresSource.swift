public import SourceInterface
import Synchronization

/// Reads tables and changes of one PostgreSQL database.
///
/// The changes come from a logical replication slot through `pgoutput` in text format, the tables
/// through COPY in text format, and both through the same parsers.
public final class PostgresSource: ChangeSource {
    private struct State {
        /// For questions; opened when needed.
        var control: PostgresConnection?
        var streamCount = 0
        /// Whether the slot was made after all of the tables were published.
        var slotIsFresh = false
    }

    private let configuration: PostgresSourceConfiguration
    private let state = Mutex(State())
    private let durable = Atomic<UInt64>(0)
    private let specialValues = Atomic<Int>(0)

    public init(configuration: PostgresSourceConfiguration) {
        self.configuration = configuration
    }

    /// Values so far that became NULL because Iceberg has no form for them: infinity, NaN of a
    /// decimal, 24:00.
    public var specialValueCount: Int { specialValues.load(ordering: .relaxed) }

    public func checkRequirements() throws -> [RequirementCheck] {
        try withControl {
            try RequirementChecks(configuration: configuration, connection: $0).run()
        }
    }

    public func inventory() throws -> SourceInventory {
        try withControl { connection in
            try RequirementChecks(configuration: configuration, connection: connection)
                .enforceServer()
            let reader = CatalogReader(connection: connection, types: TypeCatalog())
            return try TableInventory(reader: reader).read(configuration.isChosen).inventory
        }
    }

    public func prepareStream(
        tables: [SourceTable],
        resuming position: SourcePosition?
    ) throws -> SourcePosition {
        // A connection of its own: making a slot can wait for long.
        let connection = try PostgresConnection(configuration)
        try RequirementChecks(configuration: configuration, connection: connection).enforceServer()
        let prepared = try StreamPreparation(
            configuration: configuration,
            connection: connection
        ).prepare(
            tables,
            resuming: try position.map { try PostgresPosition(parsing: $0).sequence }
        )
        state.withLock { $0.slotIsFresh = prepared.slotIsFresh }
        return PostgresPosition(prepared.start).position
    }

    public func openSnapshot(
        tables: [SourceTable],
        workers: Int
    ) throws -> any SourceSnapshot {
        let slotIsFresh = state.withLock { $0.slotIsFresh }
        return try SnapshotOpener(
            configuration: configuration,
            countSpecialValues: { [self] in countSpecialValues($0) }
        ).open(tables: tables, slotIsFresh: slotIsFresh)
    }

    public func headPosition() throws -> SourcePosition {
        try withControl { PostgresPosition(try ServerPosition.head($0)).position }
    }

    public func isCovered(_ position: SourcePosition, by watermark: SourcePosition) -> Bool {
        guard let position = try? PostgresPosition(parsing: position),
            let watermark = try? PostgresPosition(parsing: watermark)
        else { return false }
        // Of two positions with the same snapshot, what it saw is in both.
        if position.view == watermark.view { return position.sequence <= watermark.sequence }
        return position.farthest <= watermark.sequence
    }

    public func advance(
        _ watermark: SourcePosition,
        to boundary: SourcePosition
    ) -> SourcePosition {
        guard let held = try? PostgresPosition(parsing: watermark),
            let reached = try? PostgresPosition(parsing: boundary)
        else { return boundary }
        return held.advanced(to: reached.sequence).position
    }

    public func lagBytes(behind position: SourcePosition) throws -> Int? {
        let position = try PostgresPosition(parsing: position).sequence
        return try withControl { connection in
            let rows = try connection.query(
                "SELECT pg_catalog.pg_wal_lsn_diff("
                    + "pg_catalog.pg_current_wal_lsn(), $1::pg_lsn)::bigint",
                ["\(position)"],
                doing: "measure how far the lake is behind"
            )
            return rows.first?.first?.flatMap { Int($0) }.map { max(0, $0) }
        }
    }

    public func stream(_ request: StreamRequest, to sink: any SourceEventSink) throws {
        // Not the shared connection: the session uses it for as long as it runs.
        let connection = try PostgresConnection(configuration)
        let session = try StreamSession(
            configuration: configuration,
            request: request,
            sink: sink,
            control: connection,
            durable: { [self] in LogSequenceNumber(durable.load(ordering: .relaxed)) },
            countSpecialValues: { [self] in countSpecialValues($0) }
        )
        state.withLock { $0.streamCount += 1 }
        defer { state.withLock { $0.streamCount -= 1 } }
        try session.run()
    }

    public func acknowledge(_ position: SourcePosition) {
        guard let sequence = try? PostgresPosition(parsing: position).sequence else { return }
        let previous = durable.max(sequence.value, ordering: .relaxed).oldValue
        // While a stream runs, its thread passes this on; afterwards somebody has to.
        guard previous < sequence.value, state.withLock({ $0.streamCount == 0 }) else { return }
        LateAcknowledgement(configuration: configuration).send(sequence)
    }

    public func dropStream() throws {
        try withControl { connection in
            _ = try connection.query(
                """
                SELECT pg_catalog.pg_drop_replication_slot(slot_name)
                FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
                """,
                [configuration.slotName],
                doing: "drop replication slot \(configuration.slotName)"
            )
            _ = try connection.query(
                "DROP PUBLICATION IF EXISTS "
                    + SQLText.identifier(configuration.publicationName),
                doing: "drop publication \(configuration.publicationName)"
            )
        }
        state.withLock { $0.slotIsFresh = false }
    }

    private func countSpecialValues(_ count: Int) {
        specialValues.wrappingAdd(count, ordering: .relaxed)
    }

    /// Lends the shared connection, opened anew when it broke.
    private func withControl<Result: Sendable>(
        _ body: (PostgresConnection) throws -> Result
    ) throws -> Result {
        try state.withLock { state in
            let connection: PostgresConnection
            if let open = state.control, !open.isBroken {
                connection = open
            } else {
                connection = try PostgresConnection(configuration)
                state.control = connection
            }
            do {
                return try body(connection)
            } catch {
                // A fresh one costs little, and an idle one may have been cut off meanwhile.
                state.control = nil
                throw error
            }
        }
    }
}
