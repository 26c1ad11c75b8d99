internal import Bytes
internal import Columns
internal import Diagnostics
internal import TableModel

/// Closes the structures, lists and maps of a batch whose leaves are filled.
///
/// Which entries of a leaf begin a row of a group, and whether that is NULL, is told by the leaf's
/// levels. All leaves inside a group must say the same of it.
struct GroupAssembly {
    let file: String
    let leaves: [LeafReader]

    /// Rows of a node's parent: how many, and which of them are not NULL.
    struct Slots {
        var count: Int
        /// One byte a row; `nil` when none is NULL.
        var isValid: [UInt8]?
    }

    /// Closes what `node` holds and checks that it has a row for each slot.
    func close(
        _ node: ReadNode,
        _ builder: UnsafeMutablePointer<ColumnBuilder>,
        _ slots: Slots
    ) throws(FormatError) {
        switch node.content {
        case .leaf(let index): try check(builder.pointee.rowCount, slots, leaves[index])
        case .missing: try ConstantFill(node.field, file: file).append(to: builder, slots)
        case .structure(let children): try closeStructure(node, children, builder, slots)
        case .list(let element): try closeElements(node, [element], builder, slots)
        case .map(let key, let value): try closeElements(node, [key, value], builder, slots)
        }
    }

    private func closeStructure(
        _ node: ReadNode,
        _ children: [ReadNode],
        _ builder: UnsafeMutablePointer<ColumnBuilder>,
        _ slots: Slots
    ) throws(FormatError) {
        var rows = slots
        if let index = node.levelLeaf, leaves[index].leaf.keepsLevels {
            rows.isValid = leaves[index].trace.validity(of: node.levels)
            rows.count = rows.isValid?.count ?? slots.count
            try check(rows.count, slots, leaves[index])
            try checkAgreement(
                of: children,
                with: leaves[index],
                repetition: node.levels.repetition,
                definition: node.levels.definition
            )
        }
        for (index, child) in children.enumerated() {
            try close(child, builder.pointee.children + index, rows)
        }
        Self.withPointer(rows.isValid) {
            builder.pointee.closeStructures(count: rows.count, isValid: $0)
        }
    }

    private func closeElements(
        _ node: ReadNode,
        _ children: [ReadNode],
        _ builder: UnsafeMutablePointer<ColumnBuilder>,
        _ slots: Slots
    ) throws(FormatError) {
        guard let index = node.levelLeaf else {
            preconditionFailure("a list is told of by a leaf's levels")
        }
        guard let rows = leaves[index].trace.elements(of: node.levels) else {
            throw contradiction(leaves[index])
        }
        try check(rows.ends.count, slots, leaves[index])
        try checkAgreement(
            of: children,
            with: leaves[index],
            repetition: node.levels.repetition + 1,
            definition: node.levels.definition + 1
        )
        let elements = Slots(count: Int(rows.ends.last ?? 0), isValid: nil)
        for (index, child) in children.enumerated() {
            try close(child, builder.pointee.children + index, elements)
        }
        rows.ends.withUnsafeBufferPointer { ends in
            guard let start = ends.baseAddress else { return }
            Self.withPointer(rows.isValid) {
                builder.pointee.closeElements(count: ends.count, ends: start, isValid: $0)
            }
        }
    }

    private static func withPointer(
        _ bytes: [UInt8]?,
        _ body: (UnsafePointer<UInt8>?) -> Void
    ) {
        guard let bytes else { return body(nil) }
        bytes.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    private func check(
        _ rowCount: Int,
        _ slots: Slots,
        _ leaf: LeafReader
    ) throws(FormatError) {
        guard rowCount == slots.count else { throw contradiction(leaf) }
    }

    private func checkAgreement(
        of children: [ReadNode],
        with leaf: LeafReader,
        repetition: Int,
        definition: Int
    ) throws(FormatError) {
        guard repetition > 0 || definition > 0 else { return }
        for child in children {
            guard let index = child.levelLeaf, leaves[index] !== leaf else { continue }
            guard
                leaves[index].trace.agrees(
                    with: leaf.trace,
                    repetition: repetition,
                    definition: definition
                )
            else { throw contradiction(leaves[index]) }
        }
    }

    private func contradiction(_ leaf: LeafReader) -> FormatError {
        leaf.error(
            "its levels contradict each other or those of its neighbours",
            at: leaf.position.page ?? 0
        )
    }
}
