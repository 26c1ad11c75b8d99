internal import Bytes
internal import ChangeModel
internal import SourceInterface

extension LogStream {
    /// Does what an event says; `body` is the event without its header and checksum.
    func dispatch(
        _ header: EventHeader,
        _ body: UnsafeRawBufferPointer
    ) throws(StreamEnd) {
        switch header.type {
        case EventType.writeRowsV1, EventType.writeRowsV2:
            try handleRows(RowsEventShape(.write, header.type), body)
        case EventType.updateRowsV1, EventType.updateRowsV2:
            try handleRows(RowsEventShape(.update, header.type), body)
        case EventType.deleteRowsV1, EventType.deleteRowsV2:
            try handleRows(RowsEventShape(.delete, header.type), body)
        case EventType.writeRowsCompressedV1, EventType.writeRowsCompressedV2:
            try handleRows(RowsEventShape(.write, header.type), body)
        case EventType.updateRowsCompressedV1, EventType.updateRowsCompressedV2:
            try handleRows(RowsEventShape(.update, header.type), body)
        case EventType.deleteRowsCompressedV1, EventType.deleteRowsCompressedV2:
            try handleRows(RowsEventShape(.delete, header.type), body)
        case EventType.partialUpdateRows: try handlePartialRows(body)
        case EventType.tableMap: try handleTableMap(body)
        case EventType.transactionPayload: try handlePayload(body)
        default: try dispatchControl(header, body)
        }
    }

    private func dispatchControl(
        _ header: EventHeader,
        _ body: UnsafeRawBufferPointer
    ) throws(StreamEnd) {
        switch header.type {
        case EventType.gtid, EventType.taggedGTID, EventType.mariadbGTID:
            try begin(
                try parsing("the start of a transaction") { () throws(WireFault) in
                    try Self.openTransaction(header, body.bytes)
                }
            )
        case EventType.xid: try endTransaction()
        case EventType.query, EventType.queryCompressed:
            let isCompressed = header.type == EventType.queryCompressed
            try handleQuery(
                try parsing("a query event") { () throws(WireFault) in
                    try QueryEvent(body.bytes, isCompressed: isCompressed)
                }
            )
        case EventType.xaPrepare:
            try handleXAPrepare(
                try parsing("an XA event") { () throws(WireFault) in
                    try XAPrepareEvent(body.bytes)
                }
            )
        case EventType.rotate:
            try parsing("a rotate event") { () throws(WireFault) in try handleRotate(body.bytes) }
        case EventType.formatDescription:
            format = try parsing("a format description event") { () throws(WireFault) in
                try FormatDescription(body.bytes)
            }
            mapped = [:]
        default: try dispatchRest(header)
        }
    }

    /// Gives a decoding error the place in the log.
    func parsing<Result>(
        _ what: String,
        _ body: () throws(WireFault) -> Result
    ) throws(StreamEnd) -> Result {
        do throws(WireFault) {
            return try body()
        } catch {
            throw .failed(malformed(what, error))
        }
    }

    /// Events without content for us, and those that mean that something is lost.
    private func dispatchRest(_ header: EventHeader) throws(StreamEnd) {
        switch header.type {
        case EventType.heartbeat, EventType.heartbeatV2:
            // Also how a stream without changes learns that its sink was closed.
            if transaction == nil { try sendBoundary() }
        case EventType.stop, EventType.ignorable, EventType.rowsQuery, EventType.previousGTIDs,
            EventType.transactionContext, EventType.annotateRows, EventType.binlogCheckpoint,
            EventType.gtidList, EventType.startEncryption, EventType.intvar, EventType.rand,
            EventType.userVariable, EventType.viewChange:
            break
        case EventType.anonymousGTID:
            throw .failed(
                SourceError(
                    .configuration,
                    "the log has a transaction without a GTID",
                    remedy: "Set gtid_mode=ON and enforce_gtid_consistency=ON on the server",
                    position: place
                )
            )
        case EventType.incident:
            throw .failed(
                SourceError(
                    .positionLost,
                    "the server says that changes are missing from its log (an incident event)",
                    remedy: "Drop the tables from the lake and start again, so that they are"
                        + " copied anew",
                    position: place
                )
            )
        case EventType.beginLoadQuery, EventType.executeLoadQuery:
            throw .failed(
                SourceError(
                    .configuration,
                    "the log has a LOAD DATA in statement format",
                    remedy: "SET GLOBAL binlog_format = 'ROW', and copy the tables anew",
                    position: place
                )
            )
        default:
            if header.flags & EventType.ignorableFlag != 0 { return }
            throw .failed(
                SourceError(
                    .configuration,
                    "the log has an event of type \(header.type), which we do not know",
                    remedy: "This server is newer than the program; look for a newer program",
                    position: place
                )
            )
        }
    }

    private static func openTransaction(
        _ header: EventHeader,
        _ body: RawSpan
    ) throws(WireFault) -> OpenTransaction {
        if header.type == EventType.mariadbGTID {
            let event = try MariaDBGTIDEvent(body, serverID: header.serverID)
            return OpenTransaction(
                id: event.transaction,
                isStandalone: event.isStandalone,
                isPrepared: event.isPreparedXA,
                alterPhase: event.alterPhase
            )
        }
        let event =
            header.type == EventType.gtid
            ? try MySQLGTIDEvent(body) : try MySQLGTIDEvent(tagged: body)
        return OpenTransaction(
            id: event.transaction,
            isStandalone: true,
            committedAtMicroseconds: event.committedAtMicroseconds
        )
    }

    private func handleRotate(_ body: RawSpan) throws(WireFault) {
        var reader = ByteReader(body)
        try reader.skip(8)
        fileName = text(try reader.readRest())
    }

    /// Keeps the rows of a prepared branch until its end is in the log.
    private func handleXAPrepare(_ event: XAPrepareEvent) throws(StreamEnd) {
        try sendAllBatches()
        let rows = transaction?.heldBatches ?? []
        if event.isOnePhase {
            transaction?.isPrepared = false
            for batch in rows { try send(.rows(batch)) }
        } else {
            held.hold(rows, of: event.identifier)
        }
        try endTransaction()
    }
}
