import Bytes
import Columns
import Iceberg
import KeyIndex
import TableModel

/// Tells which partition each row belongs to.
///
/// Rows are told apart by a keyed hash of what the transforms make of them, so that no value of a
/// partition is made for a row, only one for each group.
struct PartitionRouter {
    /// Rows of one partition.
    struct Group {
        /// Equal for equal partitions, over all batches of one router.
        var key: KeyFingerprint
        /// One a field of the spec.
        var values: [SingleValue?]
        /// Numbers among the rows asked for, ascending; nil when that is all of them.
        var picks: [Int32]?
    }

    private struct Term {
        var transform: Transform
        var sourceType: IcebergType
        var resultType: IcebergType
        var column: Int
    }

    private let terms: [Term]
    private let hasher = SipHash128.withRandomKey()

    /// - Throws: ``UnusablePartitionSpec``.
    init(_ spec: PartitionSpec, fields: [SchemaField]) throws(UnusablePartitionSpec) {
        var terms: [Term] = []
        for field in spec.fields {
            guard let source = field.sourceIDs.first, field.sourceIDs.count == 1,
                let column = fields.firstIndex(where: { $0.id == source })
            else { throw UnusablePartitionSpec(field: field.name) }
            let type = fields[column].type
            guard field.transform.isKnown, let result = field.transform.resultType(of: type) else {
                throw UnusablePartitionSpec(field: field.name)
            }
            terms.append(
                Term(
                    transform: field.transform,
                    sourceType: type,
                    resultType: result,
                    column: column
                )
            )
        }
        self.terms = terms
    }

    /// The partitions of the rows that `selection` lists, in the order of their first rows.
    func groups(of columns: [Column], selection: [Int32]?) -> [Group] {
        if terms.isEmpty {
            return [Group(key: KeyFingerprint(high: 0, low: 0), values: [], picks: nil)]
        }
        let results = terms.map { term in
            term.transform.apply(to: columns[term.column], type: term.sourceType)
        }
        var groups: [Group] = []
        var picks: [[Int32]] = []
        var groupOfKey: [KeyFingerprint: Int] = [:]
        var last: (key: KeyFingerprint, group: Int)?
        var scratch = ByteBuffer(capacityBytes: 64)
        let count = selection?.count ?? columns.first?.rowCount ?? 0
        for pick in 0..<count {
            let row = selection.map { Int($0[pick]) } ?? pick
            let key = key(of: row, results, &scratch)
            if let last, last.key == key {
                picks[last.group].append(Int32(pick))
                continue
            }
            let group = groupOfKey[key] ?? groups.count
            if group == groups.count {
                groupOfKey[key] = group
                groups.append(Group(key: key, values: values(of: row, results), picks: nil))
                picks.append([])
            }
            picks[group].append(Int32(pick))
            last = (key, group)
        }
        if groups.count > 1 { for group in groups.indices { groups[group].picks = picks[group] } }
        return groups
    }

    private func key(
        of row: Int,
        _ results: [Column],
        _ scratch: inout ByteBuffer
    ) -> KeyFingerprint {
        scratch.removeAll()
        for result in results { CanonicalValue.append(row: row, of: result, to: &scratch) }
        let (low, high) = scratch.withBytes { hasher.hash($0) }
        return KeyFingerprint(high: high, low: low)
    }

    private func values(of row: Int, _ results: [Column]) -> [SingleValue?] {
        zip(results, terms).map { SingleValue(row: row, of: $0, type: $1.resultType) }
    }

    /// The folder of a partition, with a slash before it; empty when there are no fields.
    func folder(of values: [SingleValue?], spec: PartitionSpec) -> String {
        var folder = ""
        for (field, (term, value)) in zip(spec.fields, zip(terms, values)) {
            let text = term.transform.text(of: value, type: term.sourceType)
            folder += "/" + PartitionPath.segment(name: field.name, text: text)
        }
        return folder
    }
}

/// A partition spec whose values this program cannot make of the table's columns.
public struct UnusablePartitionSpec: Error, Sendable, CustomStringConvertible {
    public var field: String
    public var description: String {
        "the partition field \(field) uses a column that is not replicated, or a transform that is "
            + "not known"
    }
}
