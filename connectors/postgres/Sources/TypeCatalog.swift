import TableModel

/// What the server's catalog says of one type.
struct TypeEntry {
    var name: String
    /// `b` base, `c` composite, `d` domain, `e` enum, `p` pseudo, `r` range, `m` multirange.
    var kind: Character
    /// For a domain the type below it, and that type's modifier.
    var baseType: UInt32
    var baseModifier: Int32
    /// `A` for arrays.
    var category: Character
}

/// What becomes of a column of some type.
enum TypeMapping: Equatable {
    case mapped(IcebergType)
    /// The reason, as the second half of a sentence.
    case refused(String)
}

/// The types that the tables use, by object id; asked of the server once each.
final class TypeCatalog {
    private var entries: [UInt32: TypeEntry] = [:]

    /// Reads the types, and the types below domains, that are not known yet.
    func load(_ types: some Sequence<UInt32>, over connection: PostgresConnection) throws {
        var missing = Set(types).filter { entries[$0] == nil }
        while !missing.isEmpty {
            let rows = try connection.query(
                """
                SELECT oid, typname, typtype, typbasetype, typtypmod, typcategory
                FROM pg_catalog.pg_type WHERE oid = ANY ($1::oid[])
                """,
                [SQLText.array(missing)],
                doing: "read the types of columns"
            )
            var below: Set<UInt32> = []
            for row in rows where row.count == 6 {
                guard let type = row[0].flatMap({ UInt32($0) }), let name = row[1],
                    let kind = row[2]?.first, let category = row[5]?.first
                else { continue }
                let entry = TypeEntry(
                    name: name,
                    kind: kind,
                    baseType: row[3].flatMap { UInt32($0) } ?? 0,
                    baseModifier: row[4].flatMap { Int32($0) } ?? -1,
                    category: category
                )
                entries[type] = entry
                if kind == "d" { below.insert(entry.baseType) }
            }
            missing = below.filter { entries[$0] == nil }
        }
    }

    /// - Precondition: The type was loaded; one that is not known (any more) is refused.
    func mapping(of type: UInt32, modifier: Int32) -> TypeMapping {
        if let builtIn = BuiltInType.mapping(of: type, modifier: modifier) { return builtIn }
        guard let entry = entries[type] else {
            return .refused("the server does not know the type any more")
        }
        if entry.kind == "d" {
            return mapping(
                of: entry.baseType,
                modifier: entry.baseModifier >= 0 ? entry.baseModifier : modifier
            )
        }
        if entry.category == "A" { return .refused("arrays are not supported yet") }
        if entry.kind == "p" { return .refused("a pseudo-type has no values") }
        // Enums, ranges, composites and everything else: as the server prints it.
        return .mapped(.string)
    }
}

/// The built-in types that become something other than text.
///
/// Source: `src/include/catalog/pg_type.dat`; these ids never change.
enum BuiltInType {
    private static let numeric: UInt32 = 1700
    /// A type modifier counts the four bytes of a length word.
    private static let modifierOffset: Int32 = 4

    static func mapping(of type: UInt32, modifier: Int32) -> TypeMapping? {
        switch type {
        case 16: .mapped(.boolean)
        case 21, 23: .mapped(.int)
        case 20, 26: .mapped(.long)
        case 700: .mapped(.float)
        case 701: .mapped(.double)
        case numeric: .mapped(numericType(modifier: modifier))
        case 17: .mapped(.binary)
        case 1082: .mapped(.date)
        case 1083: .mapped(.time)
        case 1114: .mapped(.timestamp)
        case 1184: .mapped(.timestamptz)
        case 2950: .mapped(.uuid)
        // "char", name, text, json, xml, bpchar, varchar, jsonb: so common that the catalog need
        // not be asked.
        case 18, 19, 25, 114, 142, 1042, 1043, 3802: .mapped(.string)
        default: nil
        }
    }

    /// `numeric(p, s)` of at most 38 digits is a decimal; all others are text.
    private static func numericType(modifier: Int32) -> IcebergType {
        guard modifier >= modifierOffset else { return .string }
        let packed = modifier - modifierOffset
        let precision = Int((packed >> 16) & 0xFFFF)
        // Eleven bits with a sign: 15 and later allow scales below zero and above the precision.
        let scale = Int(((packed & 0x7FF) ^ 1024) - 1024)
        guard (1...38).contains(precision), (0...precision).contains(scale) else { return .string }
        return .decimal(precision: precision, scale: scale)
    }
}
