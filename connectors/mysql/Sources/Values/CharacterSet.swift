/// The server's character sets and how their bytes become UTF-8.
enum CharacterSet: Hashable, Sendable {
    /// No text at all: bytes stay as they are.
    case binary
    /// Every value is already UTF-8.
    case utf8
    /// Windows code page 1252, with the five undefined bytes as C1 controls.
    case latin1
    /// One byte a character, by a table that the server gives.
    case singleByte
    /// Anything that the C library converts, by its name there.
    case converted(from: String)

    /// By the server's name, such as `utf8mb4`; `nil` when we cannot read it.
    init?(serverName name: String) {
        switch name {
        case "binary": self = .binary
        case "utf8", "utf8mb3", "utf8mb4", "ascii": self = .utf8
        case "latin1": self = .latin1
        case let name where ServerCharacterTable.singleByteSets.contains(name): self = .singleByte
        default:
            guard let converter = Self.converterNames[name] else { return nil }
            self = .converted(from: converter)
        }
    }

    /// Every name that ``init(serverName:)`` takes.
    static var knownNames: [String] {
        ["binary", "utf8", "utf8mb3", "utf8mb4", "ascii", "latin1"]
            + ServerCharacterTable.singleByteSets.sorted() + converterNames.keys.sorted()
    }

    private static let converterNames = [
        "big5": "BIG5", "cp932": "CP932", "eucjpms": "EUC-JP-MS", "euckr": "UHC",
        "gb18030": "GB18030", "gb2312": "EUC-CN", "gbk": "GBK", "sjis": "SJIS", "ucs2": "UCS-2BE",
        "ujis": "EUC-JP", "utf16": "UTF-16BE", "utf16le": "UTF-16LE", "utf32": "UTF-32BE",
    ]
}

/// The character set of each collation number, as this server numbers them.
struct CollationTable: Sendable {
    static let binaryCollation = 63
    private var names: [Int: String] = [binaryCollation: "binary"]
    private let serverTables: [String: ServerCharacterTable]

    init(_ rows: [[String?]] = [], serverTables: [String: ServerCharacterTable] = [:]) {
        self.serverTables = serverTables
        for row in rows {
            guard row.count == 2, let id = row[0].flatMap({ Int($0) }), let name = row[1] else {
                continue
            }
            names[id] = name
        }
    }

    /// The server's name of a collation's character set.
    func characterSetName(of collation: Int) -> String? { names[collation] }

    /// How text of a character set becomes UTF-8: as the server does it, if it told us.
    func converter(of set: CharacterSet, named name: String) -> TextConverter? {
        if let table = serverTables[name] { return TextConverter(table) }
        return set == .singleByte ? nil : TextConverter(set)
    }

    static func query(for dialect: Dialect) -> String {
        switch dialect {
        case .mysql: "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS"
        case .mariadb:
            """
            SELECT ID, CHARACTER_SET_NAME
              FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY
            """
        }
    }
}
