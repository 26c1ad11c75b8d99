import Bytes
import ChangeModel
import SourceInterface

/// Inserts, updates and deletes: from tuples to columns.
extension ChangeDecoder {
    func insert(
        _ reader: inout ByteReader,
        _ bytes: UnsafeRawBufferPointer,
        _ table: StreamedTable,
        _ binding: RelationBinding
    ) throws {
        try expect(UInt8(ascii: "N"), &reader)
        try read(newCells, &reader, bytes, binding)
        let rows = table.rows
        let cells = newCells.cells
        for (place, target) in binding.targets.enumerated() where target >= 0 {
            try rows.append(cells[place], to: target)
        }
        for column in binding.absent { rows.appendNull(to: column) }
        table.endRow(.insert, textBytes: bytes.count)
    }

    /// An update whose key stays is one row; one whose key changes, or of a table without a key, is
    /// the old row's deletion and the new row.
    func update(
        _ reader: inout ByteReader,
        _ bytes: UnsafeRawBufferPointer,
        _ table: StreamedTable,
        _ binding: RelationBinding
    ) throws {
        var tag = try reader.readInteger(as: UInt8.self)
        let hasOldRow = tag == UInt8(ascii: "O")
        let hasOldTuple = hasOldRow || tag == UInt8(ascii: "K")
        if hasOldTuple {
            try read(oldCells, &reader, bytes, binding)
            tag = try reader.readInteger(as: UInt8.self)
        }
        guard tag == UInt8(ascii: "N") else {
            throw WireFault(
                .unknownTag,
                offset: reader.offset - 1,
                wanted: Int(tag),
                available: reader.remaining
            )
        }
        try read(newCells, &reader, bytes, binding)
        if binding.keyCells.isEmpty, !hasOldRow { throw Self.missingOldRow }
        fillUnchanged(binding, keyOnly: !hasOldRow, hasOldTuple: hasOldTuple)
        let keyMoved = hasOldTuple && (binding.keyCells.isEmpty || keyDiffers(binding))
        if keyMoved {
            try appendOld(table, binding)
            table.endRow(.delete, textBytes: 0)
        }
        try appendUpdated(table, binding)
        table.endRow(keyMoved ? .insertMoved : .update, textBytes: bytes.count)
    }

    func delete(
        _ reader: inout ByteReader,
        _ bytes: UnsafeRawBufferPointer,
        _ table: StreamedTable,
        _ binding: RelationBinding
    ) throws {
        let tag = try reader.readInteger(as: UInt8.self)
        guard tag == UInt8(ascii: "K") || tag == UInt8(ascii: "O") else {
            throw WireFault(
                .unknownTag,
                offset: reader.offset - 1,
                wanted: Int(tag),
                available: reader.remaining
            )
        }
        try read(oldCells, &reader, bytes, binding)
        if binding.keyCells.isEmpty, tag == UInt8(ascii: "K") { throw Self.missingOldRow }
        try appendOld(table, binding)
        table.endRow(.delete, textBytes: bytes.count)
    }

    /// Without a key only the whole old row tells which row it was.
    private static let missingOldRow = RowFault(kind: .missingKey, column: 0, byteCount: 0)

    private func expect(_ tag: UInt8, _ reader: inout ByteReader) throws {
        let found = try reader.readInteger(as: UInt8.self)
        guard found == tag else {
            throw WireFault(
                .unknownTag,
                offset: reader.offset - 1,
                wanted: Int(found),
                available: reader.remaining
            )
        }
    }

    @inline(__always)
    private func read(
        _ cells: TupleCells,
        _ reader: inout ByteReader,
        _ bytes: UnsafeRawBufferPointer,
        _ binding: RelationBinding
    ) throws {
        guard let base = bytes.baseAddress else { return }
        try cells.read(
            &reader,
            base: base.assumingMemoryBound(to: UInt8.self),
            columnCount: binding.targets.count
        )
    }

    /// Takes TOASTed values that the update left alone from the old tuple, where it has them: all
    /// with REPLICA IDENTITY FULL, otherwise those of the key.
    private func fillUnchanged(_ binding: RelationBinding, keyOnly: Bool, hasOldTuple: Bool) {
        guard hasOldTuple else { return }
        for place in 0..<newCells.count where newCells.cells[place].kind == .unchanged {
            if keyOnly, !binding.keyCells.contains(place) { continue }
            newCells.cells[place] = oldCells.cells[place]
        }
    }

    private func keyDiffers(_ binding: RelationBinding) -> Bool {
        binding.keyCells.contains { place in
            !newCells.cells[place].hasSameText(as: oldCells.cells[place])
        }
    }

    /// Appends the old row: only the key of it holds values, or all where there is no key.
    private func appendOld(
        _ table: StreamedTable,
        _ binding: RelationBinding
    ) throws(RowFault) {
        let rows = table.rows
        let cells = oldCells
        if binding.keyCells.isEmpty {
            for (place, target) in binding.targets.enumerated() where target >= 0 {
                try rows.append(cells.cells[place], to: target)
            }
            for column in binding.absent { rows.appendNull(to: column) }
            return
        }
        for column in 0..<rows.columnCount where !table.table.keyColumns.contains(column) {
            rows.appendNull(to: column)
        }
        for (place, column) in zip(binding.keyCells, table.table.keyColumns) {
            try rows.append(cells.cells[place], to: column)
        }
    }

    private func appendUpdated(
        _ table: StreamedTable,
        _ binding: RelationBinding
    ) throws(RowFault) {
        let rows = table.rows
        for (place, target) in binding.targets.enumerated() where target >= 0 {
            let cell = newCells.cells[place]
            if cell.kind == .unchanged, !binding.keyCells.contains(place) {
                table.appendUnchanged(to: target)
            } else {
                try rows.append(cell, to: target)
            }
        }
        for column in binding.absent { table.appendUnchanged(to: column) }
    }
}
