internal import ChangeModel

/// What a statement in the log means for replicated tables.
enum StatementEffect: Equatable {
    case begin
    case commit
    case rollback
    case rollbackToSavepoint
    case xaStart
    case xaCommit(XAIdentifier)
    case xaRollback(XAIdentifier)
    case truncate(SourceTableName)
    case drop([SourceTableName])
    case dropSchema(String)
    /// Pairs of old and new names, to be applied from left to right.
    case rename([Rename])
    case alter(SourceTableName, AlterFacts)
    /// A table was made where one may have been before.
    case replace(SourceTableName)
    case create(SourceTableName)
    /// Rows were changed by statement, so that no row events tell about it.
    case changeRows([SourceTableName])
    case none

    struct Rename: Equatable {
        var from: SourceTableName
        var to: SourceTableName
    }

    /// What an ALTER TABLE says, as far as we must know it.
    struct AlterFacts: Equatable {
        /// Every identifier or word in it, in lower case.
        var words: Set<String>
        /// Whether it removes or swaps rows by the partition or tablespace.
        var movesRows: Bool
        var newName: SourceTableName?
    }

    init(_ event: QueryEvent) {
        let tokens = StatementTokens(event.statement, hasANSIQuotes: event.hasANSIQuotes).tokens
        var parser = StatementParser(tokens: tokens, defaultSchema: event.schema)
        self = parser.parse()
    }
}

/// Finds the verb and the tables of a statement; it need not understand more.
private struct StatementParser {
    let tokens: [StatementTokens.Token]
    let defaultSchema: String
    var cursor = 0

    // MARK: Walking

    var keyword: String {
        guard tokens.indices.contains(cursor), case .word(let word) = tokens[cursor] else {
            return ""
        }
        return word.uppercased()
    }

    /// Steps over a keyword if it is next.
    mutating func accept(_ words: String...) -> Bool {
        guard words.contains(keyword) else { return false }
        cursor += 1
        return true
    }

    mutating func accept(symbol: UInt8) -> Bool {
        guard tokens.indices.contains(cursor), tokens[cursor] == .symbol(symbol) else {
            return false
        }
        cursor += 1
        return true
    }

    mutating func skip(_ words: String...) { while words.contains(keyword) { cursor += 1 } }

    mutating func readIdentifier() -> String? {
        guard tokens.indices.contains(cursor) else { return nil }
        switch tokens[cursor] {
        case .word(let name), .quotedIdentifier(let name):
            cursor += 1
            return name
        default: return nil
        }
    }

    mutating func readName() -> SourceTableName? {
        guard let first = readIdentifier() else { return nil }
        guard accept(symbol: UInt8(ascii: ".")), let second = readIdentifier() else {
            return SourceTableName(schema: defaultSchema, table: first)
        }
        return SourceTableName(schema: first, table: second)
    }

    mutating func readNames() -> [SourceTableName] {
        var names: [SourceTableName] = []
        repeat {
            if let name = readName() { names.append(name) }
        } while accept(symbol: UInt8(ascii: ","))
        return names
    }

    // MARK: Statements

    mutating func parse() -> StatementEffect {
        if accept("SET"), accept("STATEMENT") {
            while cursor < tokens.count, keyword != "FOR" { cursor += 1 }
            cursor += 1
        }
        let verb = keyword
        cursor += 1
        switch verb {
        case "BEGIN": return .begin
        case "START": return accept("TRANSACTION") ? .begin : .none
        case "COMMIT": return .commit
        case "ROLLBACK": return parseRollback()
        case "XA": return parseXA()
        case "TRUNCATE":
            skip("TABLE")
            return readName().map { .truncate($0) } ?? .none
        case "DROP": return parseDrop()
        case "RENAME": return parseRename()
        case "ALTER": return parseAlter()
        case "CREATE": return parseCreate()
        case "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD": return parseChange(verb)
        default: return .none
        }
    }

    private mutating func parseRollback() -> StatementEffect {
        skip("WORK")
        return keyword == "TO" ? .rollbackToSavepoint : .rollback
    }

    private mutating func parseDrop() -> StatementEffect {
        if accept("DATABASE", "SCHEMA") {
            skip("IF", "EXISTS")
            return readIdentifier().map { .dropSchema($0) } ?? .none
        }
        guard accept("TABLE", "TABLES") else { return .none }
        skip("IF", "EXISTS")
        return .drop(readNames())
    }

    private mutating func parseRename() -> StatementEffect {
        guard accept("TABLE", "TABLES") else { return .none }
        skip("IF", "EXISTS")
        var renames: [StatementEffect.Rename] = []
        repeat {
            guard let from = readName() else { break }
            while cursor < tokens.count, keyword != "TO" { cursor += 1 }
            cursor += 1
            guard let to = readName() else { break }
            renames.append(StatementEffect.Rename(from: from, to: to))
        } while accept(symbol: UInt8(ascii: ","))
        return .rename(renames)
    }

    private mutating func parseCreate() -> StatementEffect {
        let isReplacing = accept("OR") && accept("REPLACE")
        guard accept("TABLE") else { return .none }
        skip("IF", "NOT", "EXISTS")
        guard let name = readName() else { return .none }
        return isReplacing ? .replace(name) : .create(name)
    }

    private mutating func parseAlter() -> StatementEffect {
        skip("ONLINE", "OFFLINE", "IGNORE")
        guard accept("TABLE") else { return .none }
        skip("IF", "EXISTS")
        guard let name = readName() else { return .none }
        var facts = StatementEffect.AlterFacts(words: [], movesRows: false)
        var last = ""
        while cursor < tokens.count {
            switch tokens[cursor] {
            case .word(let word):
                note(word.uppercased(), after: last, &facts)
                last = word.uppercased()
                facts.words.insert(word.lowercased())
            case .quotedIdentifier(let identifier):
                last = ""
                facts.words.insert(identifier.lowercased())
            case .text, .symbol: last = ""
            }
            cursor += 1
        }
        return .alter(name, facts)
    }

    /// Notes what two neighbouring words of an ALTER TABLE say.
    private mutating func note(
        _ word: String,
        after last: String,
        _ facts: inout StatementEffect.AlterFacts
    ) {
        switch (last, word) {
        case ("TRUNCATE", "PARTITION"), ("DROP", "PARTITION"), ("EXCHANGE", "PARTITION"),
            ("DISCARD", _), ("IMPORT", _), ("CONVERT", "PARTITION"), ("CONVERT", "TABLE"):
            facts.movesRows = true
        case ("RENAME", "COLUMN"), ("RENAME", "INDEX"), ("RENAME", "KEY"): break
        case ("RENAME", _):
            let start = cursor
            if word == "TO" || word == "AS" { cursor += 1 }
            facts.newName = readName()
            cursor = start
        default: break
        }
    }

    private mutating func parseChange(_ verb: String) -> StatementEffect {
        switch verb {
        case "UPDATE": return .changeRows(readNames(until: "SET"))
        case "DELETE": return .changeRows(readNames(until: "WHERE"))
        case "LOAD":
            while cursor < tokens.count, keyword != "TABLE" { cursor += 1 }
            cursor += 1
            return .changeRows(readName().map { [$0] } ?? [])
        default:
            skip("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO")
            return .changeRows(readName().map { [$0] } ?? [])
        }
    }

    /// Everything in front of a keyword that could be a table's name.
    private mutating func readNames(until end: String) -> [SourceTableName] {
        var names: [SourceTableName] = []
        while cursor < tokens.count, keyword != end {
            if let name = readName() { names.append(name) } else { cursor += 1 }
        }
        return names
    }

    // MARK: XA

    private mutating func parseXA() -> StatementEffect {
        if accept("START", "BEGIN") { return .xaStart }
        if accept("COMMIT") { return readXAIdentifier().map { .xaCommit($0) } ?? .none }
        if accept("ROLLBACK") { return readXAIdentifier().map { .xaRollback($0) } ?? .none }
        return .none
    }

    /// `X'global',X'branch',format`; branch and format may be missing.
    private mutating func readXAIdentifier() -> XAIdentifier? {
        guard let global = readXAPart() else { return nil }
        var identifier = XAIdentifier(format: 1, global: global, branch: [])
        if accept(symbol: UInt8(ascii: ",")), let branch = readXAPart() {
            identifier.branch = branch
        }
        if accept(symbol: UInt8(ascii: ",")), let word = readIdentifier() {
            identifier.format = Int32(word) ?? 1
        }
        return identifier
    }

    private mutating func readXAPart() -> [UInt8]? {
        let isHex = accept("X")
        guard tokens.indices.contains(cursor) else { return nil }
        switch tokens[cursor] {
        case .text(let content):
            cursor += 1
            return isHex ? Self.bytes(hex: content) : Array(content.utf8)
        case .word(let word) where word.lowercased().hasPrefix("0x"):
            cursor += 1
            return Self.bytes(hex: String(word.dropFirst(2)))
        default: return nil
        }
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.compactMap { hexDigit($0) }
        guard digits.count == hex.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
