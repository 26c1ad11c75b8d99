internal import SourceInterface

/// What one of the server's own character sets means, as the server itself converts it.
///
/// The C library's tables of these sets differ from the server's in some characters; the snapshot
/// and the log must give what the server shows.
final class ServerCharacterTable: Sendable {
    /// The UTF-8 form of each single byte.
    private let singles: [[UInt8]]
    /// The UTF-8 form of two bytes, first byte high; empty for sets of single bytes.
    private let pairs: [UInt16: [UInt8]]

    init(singles: [[UInt8]], pairs: [UInt16: [UInt8]]) {
        self.singles = singles
        self.pairs = pairs
    }

    /// Writes at most ``TextConverter/growthMax`` bytes for each of the source's.
    ///
    /// - Returns: The number of bytes written.
    func convert(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ target: UnsafeMutableRawPointer
    ) -> Int {
        var written = 0
        var offset = 0
        while offset < count {
            let first = source.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            var character = singles[Int(first)]
            if !pairs.isEmpty, first >= 0x80, offset < count {
                let second = source.load(fromByteOffset: offset, as: UInt8.self)
                if let pair = pairs[UInt16(first) << 8 | UInt16(second)] {
                    character = pair
                    offset += 1
                }
            }
            for byte in character {
                target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                written += 1
            }
        }
        return written
    }
}

extension ServerCharacterTable {
    /// Sets of single bytes whose conversion is asked from the server.
    static let singleByteSets: Set<String> = [
        "armscii8", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8",
        "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin2", "latin5",
        "latin7", "macce", "macroman", "swe7", "tis620",
    ]
    /// Sets of one and two bytes whose conversion is asked from the server.
    static let doubleByteSets: Set<String> = ["big5", "sjis"]

    /// Reads the tables of the server's single-byte sets, and of the others that its tables use.
    static func read(
        _ connection: Connection
    ) throws(SourceError) -> [String: ServerCharacterTable] {
        let known = try connection.query(
            "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE MAXLEN = 1",
            to: "read the character sets"
        )
        let used = try connection.query(
            "SELECT DISTINCT CHARACTER_SET_NAME FROM information_schema.COLUMNS",
            to: "read the character sets in use"
        )
        var tables: [String: ServerCharacterTable] = [:]
        for name in known.compactMap({ $0.first ?? nil }) where singleByteSets.contains(name) {
            let singles = try readSingles(name, connection)
            tables[name] = ServerCharacterTable(singles: singles, pairs: [:])
        }
        for name in used.compactMap({ $0.first ?? nil }) where doubleByteSets.contains(name) {
            let singles = try readSingles(name, connection)
            let pairs = try readPairs(name, connection)
            tables[name] = ServerCharacterTable(singles: singles, pairs: pairs)
        }
        return tables
    }

    private static let unknown = [UInt8(ascii: "?")]

    /// The sixteen digits, as a table of SQL.
    private static let digits =
        "(SELECT 0 d" + (1...15).map { " UNION ALL SELECT \($0)" }.joined() + ")"

    private static func readSingles(
        _ name: String,
        _ connection: Connection
    ) throws(SourceError) -> [[UInt8]] {
        let rows = try readCodes(
            "SELECT 16 * a.d + b.d code FROM \(digits) a, \(digits) b",
            hexDigits: 2,
            name,
            connection
        )
        var singles = [[UInt8]](repeating: unknown, count: 256)
        for (code, character) in rows where code < 256 { singles[code] = character }
        return singles
    }

    /// Codes that are two single characters for the server do not come back as one.
    private static func readPairs(
        _ name: String,
        _ connection: Connection
    ) throws(SourceError) -> [UInt16: [UInt8]] {
        let rows = try readCodes(
            """
            SELECT 4096 * a.d + 256 * b.d + 16 * c.d + e.d code
              FROM \(digits) a, \(digits) b, \(digits) c, \(digits) e WHERE a.d >= 8
            """,
            hexDigits: 4,
            name,
            connection
        )
        var pairs: [UInt16: [UInt8]] = [:]
        for (code, character) in rows where character != unknown {
            let scalars = String(decoding: character, as: UTF8.self).unicodeScalars.count
            if scalars == 1 { pairs[UInt16(truncatingIfNeeded: code)] = character }
        }
        return pairs
    }

    private static func readCodes(
        _ codes: String,
        hexDigits: Int,
        _ name: String,
        _ connection: Connection
    ) throws(SourceError) -> [(Int, [UInt8])] {
        let rows = try connection.query(
            """
            SELECT code, HEX(CONVERT(CONVERT(UNHEX(LPAD(HEX(code), \(hexDigits), '0'))
                   USING \(name)) USING utf8mb4)) FROM (\(codes)) codes
            """,
            to: "read the character set \(name)"
        )
        return rows.compactMap { row in
            guard row.count == 2, let code = row[0].flatMap({ Int($0) }), let hex = row[1] else {
                return nil
            }
            let digits = hex.utf8.compactMap { hexDigit($0) }
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
                digits[$0] << 4 | digits[$0 + 1]
            }
            // At most three bytes: no such set has characters beyond the basic plane.
            return bytes.count <= TextConverter.growthMax ? (code, bytes) : nil
        }
    }
}
