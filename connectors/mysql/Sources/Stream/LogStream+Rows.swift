internal import Bytes
internal import ChangeModel
internal import SourceInterface

/// Which of the many rows events it is.
struct RowsEventShape {
    var kind: RowsKind
    var type: UInt8

    init(_ kind: RowsKind, _ type: UInt8) {
        self.kind = kind
        self.type = type
    }

    /// Version 2 has extra data behind the flags.
    var hasExtraData: Bool {
        switch type {
        case EventType.writeRowsV2...EventType.deleteRowsV2,
            EventType.writeRowsCompressedV2...EventType.deleteRowsCompressedV2:
            true
        default: false
        }
    }

    var isCompressed: Bool { type >= EventType.writeRowsCompressedV1 }
}

/// What stands in front of the rows of a rows event.
struct RowsEventHead {
    var tableID: UInt64
    var columnCount = 0
    /// Whether every row has every column, in both images of updates.
    var isComplete = true
    /// Where the rows begin.
    var offset = 0

    /// Reads the head, up to the rows.
    init(
        _ body: RawSpan,
        _ shape: RowsEventShape,
        tableIDByteCount: Int
    ) throws(WireFault) {
        var reader = ByteReader(body)
        tableID = try reader.readTableID(byteCount: tableIDByteCount)
        try reader.skip(2)
        if shape.hasExtraData {
            let extraBytes = Int(try reader.readInteger(as: UInt16.self))
            try reader.skip(extraBytes - 2)
        }
        columnCount = try reader.readCount()
        for _ in 0..<(shape.kind == .update ? 2 : 1) {
            let bitmap = try reader.readBytes((columnCount + 7) / 8)
            if !Self.isFull(bitmap, columnCount) { isComplete = false }
        }
        offset = reader.offset
    }

    /// Bits beyond the last column may be anything.
    private static func isFull(_ bitmap: RawSpan, _ count: Int) -> Bool {
        for index in 0..<count {
            let byte = bitmap.unsafeLoad(fromUncheckedByteOffset: index / 8, as: UInt8.self)
            if byte & (1 << UInt8(index % 8)) == 0 { return false }
        }
        return true
    }
}

extension LogStream {
    // MARK: Table maps

    func handleTableMap(_ body: UnsafeRawBufferPointer) throws(StreamEnd) {
        let idBytes = format.tableIDByteCount(of: EventType.tableMap)
        try parsing("a table map event") { () throws(WireFault) in
            var reader = ByteReader(body.bytes)
            let id = try reader.readTableID(byteCount: idBytes)
            if let known = mapped[id], known.bytes.elementsEqual(body) { return }
            let map = try TableMap(body.bytes, format)
            mapped[id] = MappedTable(bytes: Array(body), map: map, tracked: tables[map.name])
        }
    }

    // MARK: Rows

    func handleRows(
        _ shape: RowsEventShape,
        _ body: UnsafeRawBufferPointer
    ) throws(StreamEnd) {
        let idBytes = format.tableIDByteCount(of: shape.type)
        let head = try parsing("a rows event") { () throws(WireFault) in
            try RowsEventHead(body.bytes, shape, tableIDByteCount: idBytes)
        }
        guard let (entry, tracked) = try table(of: head) else { return }
        guard head.isComplete else {
            try stop(
                tracked,
                "a row in the log does not have all columns",
                "SET GLOBAL binlog_row_image = 'FULL' and let no session change it, drop the table"
                    + " from the lake and start the pipeline again"
            )
            return
        }
        guard head.columnCount == entry.map.columns.count else {
            let fault = WireFault(
                .malformedValue,
                offset: 8,
                wanted: head.columnCount,
                available: entry.map.columns.count
            )
            throw .failed(malformed("a rows event for \(tracked.name)", fault))
        }
        guard let decoder = try decoder(of: entry, tracked) else { return }
        transaction?.hasRows = true
        transaction?.changedTables.insert(tracked.name)
        let rows = UnsafeRawBufferPointer(rebasing: body[head.offset...])
        if shape.isCompressed {
            try readCompressed(shape.kind, rows, entry, tracked, decoder)
        } else {
            try read(shape.kind, rows, entry, tracked, decoder)
        }
    }

    /// The table of a rows event, if its rows concern us.
    private func table(
        of head: RowsEventHead
    ) throws(StreamEnd) -> (MappedTable, TrackedTable)? {
        if head.tableID == TableMap.noTableID { return nil }
        guard let entry = mapped[head.tableID] else {
            throw .failed(
                SourceError(
                    .malformedEvent,
                    "a rows event names table number \(head.tableID), which no table map did",
                    position: place
                )
            )
        }
        guard let tracked = entry.tracked, !tracked.isStopped, !isCovered(tracked) else {
            return nil
        }
        return (entry, tracked)
    }

    /// Only updates of single JSON values come this way, which no complete row does.
    func handlePartialRows(_ body: UnsafeRawBufferPointer) throws(StreamEnd) {
        let idBytes = format.tableIDByteCount(of: EventType.partialUpdateRows)
        let id = try parsing("a partial rows event") { () throws(WireFault) in
            var reader = ByteReader(body.bytes)
            return try reader.readTableID(byteCount: idBytes)
        }
        guard let tracked = mapped[id]?.tracked, !isCovered(tracked) else { return }
        try stop(
            tracked,
            "a row in the log has only parts of a JSON value",
            "SET GLOBAL binlog_row_value_options = '', drop the table from the lake and start the"
                + " pipeline again"
        )
    }

    private func readCompressed(
        _ kind: RowsKind,
        _ rows: UnsafeRawBufferPointer,
        _ entry: MappedTable,
        _ tracked: TrackedTable,
        _ decoder: RowDecoder
    ) throws(StreamEnd) {
        let plain = try parsing("a compressed rows event for \(tracked.name)") {
            () throws(WireFault) in try CompressedField.expandLogRecord(rows.bytes)
        }
        let outcome = plain.withUnsafeBytes { bytes -> Result<Void, StreamEnd> in
            do throws(StreamEnd) {
                return .success(try read(kind, bytes, entry, tracked, decoder))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private func read(
        _ kind: RowsKind,
        _ rows: UnsafeRawBufferPointer,
        _ entry: MappedTable,
        _ tracked: TrackedTable,
        _ decoder: RowDecoder
    ) throws(StreamEnd) {
        guard var cursor = rows.baseAddress.map({ UnsafeRawPointer($0) }) else { return }
        let end = cursor + rows.count
        while cursor < end {
            let batch = tracked.openBatch()
            let bytesBefore = batch.memoryBytes
            let reader = RowsReader(
                decoder: decoder,
                batch: batch,
                batchBytesMax: request.batchBytesMax
            )
            do throws(RowFault) {
                cursor = try reader.read(kind, cursor, end)
            } catch {
                if error.reason == .valueWithoutForm {
                    try stopForKey(tracked, entry, error.columnIndex)
                    return
                }
                throw .failed(malformed(error, entry, tracked))
            }
            waitingBytes += batch.memoryBytes - bytesBefore
            if batch.memoryBytes >= request.batchBytesMax { try sendBatch(of: tracked) }
        }
        if waitingBytes >= request.batchBytesMax * Self.waitingBatchesMax {
            try sendAllBatches()
        }
        if decoder.nulledValueCount > 0 {
            onNulledValues(decoder.nulledValueCount)
            decoder.nulledValueCount = 0
        }
    }

    private func stopForKey(
        _ tracked: TrackedTable,
        _ entry: MappedTable,
        _ index: Int
    ) throws(StreamEnd) {
        let name = Self.columnName(entry.map, index)
        try stop(
            tracked,
            "its key column '\(name)' holds a date that no calendar has",
            "Correct the row, drop the table from the lake and start the pipeline again"
        )
    }

    private static func columnName(_ map: TableMap, _ index: Int) -> String {
        guard map.columns.indices.contains(index) else { return "" }
        return map.columns[index].name ?? "\(index + 1)"
    }

    private func malformed(
        _ fault: RowFault,
        _ entry: MappedTable,
        _ tracked: TrackedTable
    ) -> SourceError {
        let column =
            fault.columnIndex < 0
            ? "" : ", column '\(Self.columnName(entry.map, fault.columnIndex))'"
        return malformed("a rows event for \(tracked.name)\(column)", fault.fault)
    }

    // MARK: Schema

    /// The decoder for a table map, after following what changed.
    private func decoder(
        of entry: MappedTable,
        _ tracked: TrackedTable
    ) throws(StreamEnd) -> RowDecoder? {
        if let decoder = entry.currentDecoder { return decoder }
        // Added columns make a second look necessary, and no third.
        for _ in 0..<2 {
            let outcome = try failing { () throws(SourceError) in
                try follower.resolve(entry.map, tracked.table)
            }
            switch outcome {
            case .same(let decoder):
                entry.use(decoder, version: tracked.version)
                return decoder
            case .added, .stopped:
                try apply(outcome, to: tracked)
                if tracked.isStopped { return nil }
            }
        }
        try stop(tracked, "its columns changed again before we could look at them", "")
        return nil
    }

    /// Announces a change of a table's columns, behind the rows that came before it.
    func apply(
        _ outcome: SchemaFollower.Outcome,
        to tracked: TrackedTable
    ) throws(StreamEnd) {
        switch outcome {
        case .same: return
        case .stopped(let reason, let remedy): try stop(tracked, reason, remedy)
        case .added(let table, let needsSnapshot):
            try sendBatch(of: tracked)
            tracked.replace(with: table)
            try send(.columnsAdded(table, needsSnapshot: needsSnapshot))
        }
    }
}
