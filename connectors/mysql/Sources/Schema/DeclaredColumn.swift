internal import SourceInterface
internal import TableModel

/// One row of `information_schema.COLUMNS`.
struct DeclaredColumn: Equatable {
    static let selectList = """
        TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, \
        NUMERIC_PRECISION, NUMERIC_SCALE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
        CHARACTER_SET_NAME, COLUMN_COMMENT
        """

    var schema: String
    var table: String
    var name: String
    var dataType: String
    /// As the server spells it: `decimal(10,2) unsigned`.
    var columnType: String
    var precision: Int
    var scale: Int
    var isNullable: Bool
    var defaultText: String?
    var extra: String
    var characterSet: String?
    var comment: String

    init?(_ row: [String?]) {
        guard row.count == 12, let schema = row[0], let table = row[1], let name = row[2],
            let dataType = row[3], let columnType = row[4]
        else { return nil }
        self.schema = schema
        self.table = table
        self.name = name
        self.dataType = dataType
        self.columnType = columnType
        precision = row[5].flatMap { Int($0) } ?? 0
        scale = row[6].flatMap { Int($0) } ?? 0
        isNullable = row[7] == "YES"
        defaultText = row[8]
        extra = (row[9] ?? "").lowercased()
        characterSet = row[10]
        comment = row[11] ?? ""
    }

    /// Whether rows that were there before the column read anything but NULL in it.
    ///
    /// MariaDB writes the default NULL as the word.
    var hasDefault: Bool {
        !isNullable || (defaultText != nil && defaultText != "NULL") || extra.contains("generated")
            || extra.contains("virtual") || extra.contains("stored")
    }

    /// - Returns: The column, or why it cannot be replicated.
    func sourceColumn() -> Result<SourceColumn, Refusal> {
        switch icebergType() {
        case .failure(let refusal): .failure(refusal)
        case .success(let type):
            .success(
                SourceColumn(
                    name: name,
                    declaredType: columnType,
                    type: type,
                    isNullable: isNullable,
                    comment: comment.isEmpty ? nil : comment,
                    hasDefault: hasDefault
                )
            )
        }
    }

    /// Why a column cannot be replicated: the second half of a sentence that names it.
    struct Refusal: Error, Equatable {
        var reason: String
        var remedy: String
    }

    /// The contract of `schemas/types/mysql.csv`.
    private func icebergType() -> Result<IcebergType, Refusal> {
        let isUnsigned = columnType.lowercased().contains("unsigned")
        switch dataType {
        case "tinyint", "smallint", "mediumint", "year", "bool", "boolean": return .success(.int)
        case "int", "integer": return .success(isUnsigned ? .long : .int)
        case "bigint":
            return .success(isUnsigned ? .decimal(precision: 20, scale: 0) : .long)
        case "decimal", "numeric", "dec", "fixed":
            guard precision <= 38 else { return .success(.string) }
            return .success(.decimal(precision: precision, scale: scale))
        case "float": return .success(.float)
        case "double", "real": return .success(.double)
        case "bit": return .success(BitMapping.icebergType(bits: precision))
        case "date": return .success(.date)
        case "datetime": return .success(.timestamp)
        case "timestamp": return .success(.timestamptz)
        case "time", "enum", "set", "json", "inet4", "inet6": return textType()
        case "char", "varchar", "tinytext", "text", "mediumtext", "longtext": return textType()
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
            return .success(.binary)
        case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
            "multipolygon", "geometrycollection", "geomcollection":
            return .success(.binary)
        case "uuid": return .success(.uuid)
        default: return .failure(unsupported(columnType))
        }
    }

    private func textType() -> Result<IcebergType, Refusal> {
        guard let characterSet else { return .success(.string) }
        guard let set = CharacterSet(serverName: characterSet),
            set == .singleByte || TextConverter(set) != nil
        else {
            return .failure(unsupported("\(columnType) in character set \(characterSet)"))
        }
        return .success(set == .binary ? .binary : .string)
    }

    private func unsupported(_ type: String) -> Refusal {
        Refusal(
            reason: "has type \(type), which cannot be replicated yet",
            remedy: "Exclude the table with '!\(schema).\(table)', or change the column's type"
        )
    }
}

/// BIT(1) is a truth value; BIT(64) has more values than a long.
enum BitMapping {
    static func icebergType(bits: Int) -> IcebergType {
        switch bits {
        case ...1: .boolean
        case 64: .decimal(precision: 20, scale: 0)
        default: .long
        }
    }
}
