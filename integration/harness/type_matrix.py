"""Every common type with its edges: one column per type, one case per row, so that a failure names the case.

A case is an SQL expression; `tables(family_kind)` gives one table per group of types.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class TypedTable:
    """A table with `id` and one column per type; row n holds the n-th case of each column (NULL when it has fewer)."""

    name: str
    columns: dict[str, tuple[str, list[str]]]
    options: str = ""
    afterwards: tuple[str, ...] = ()

    def create(self):
        """The statements that make the table."""
        body = ", ".join(f"{name} {declaration}" for name, (declaration, _) in self.columns.items())
        return [f"CREATE TABLE {self.name} (id INT NOT NULL PRIMARY KEY, {body}) {self.options}", *self.afterwards]

    def inserts(self, first_id=0):
        """One INSERT per row; the last row is NULL in every column."""
        count = max(len(cases) for _, cases in self.columns.values()) + 1
        for index in range(count):
            values = [cases[index] if index < len(cases) else "NULL" for _, cases in self.columns.values()]
            yield f"INSERT INTO {self.name} VALUES ({first_id + index}, {', '.join(values)})"


def _integers(bits):
    return [str(-(2 ** (bits - 1))), "-1", "0", "1", str(2 ** (bits - 1) - 1)]


def _unsigned(bits):
    return ["0", "1", str(2 ** (bits - 1)), str(2**bits - 1)]


_INTEGERS_MYSQL = TypedTable("t_integers", {
    **{
        f"c_{name}": (name, _integers(bits))
        for name, bits in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))
    },
    **{
        f"u_{name}": (f"{name} unsigned", _unsigned(bits))
        for name, bits in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))
    },
    "c_zerofill": ("int(6) unsigned zerofill", ["0", "7", "4294967295"]),
    "c_bool": ("boolean", ["TRUE", "FALSE", "-128", "127"]),
    "c_year": ("year", ["1901", "2155", "0", "2024"]),
    "c_bit1": ("bit(1)", ["b'0'", "b'1'"]),
    "c_bit9": ("bit(9)", ["b'0'", "b'1'", "b'111111111'", "b'100000000'"]),
    "c_bit63": ("bit(63)", ["0", "1", "9223372036854775807"]),
    "c_bit64": ("bit(64)", ["0", "18446744073709551615", "9223372036854775808"]),
})

_DECIMALS_MYSQL = TypedTable("t_decimals", {
    "d1": ("decimal(1,0)", ["9", "-9", "0"]),
    "d5_5": ("decimal(5,5)", ["0.99999", "-0.99999", "0.00001", "0"]),
    "d9_2": ("decimal(9,2)", ["9999999.99", "-9999999.99", "0.01", "-0.01"]),
    "d10": ("decimal", ["9999999999", "-9999999999", "1"]),
    "d12_2": ("decimal(12,2) unsigned", ["9999999999.99", "0.00", "1.50"]),
    "d18_9": ("decimal(18,9)", ["999999999.999999999", "-999999999.999999999", "0.000000001"]),
    "d19_0": ("decimal(19,0)", ["9999999999999999999", "-9999999999999999999", "1"]),
    "d20_10": ("decimal(20,10)", ["9999999999.9999999999", "-0.0000000001", "1"]),
    "d38_10": ("decimal(38,10)", ["9" * 28 + "." + "9" * 10, "-" + "9" * 28 + "." + "9" * 10, "0.0000000001", "123.4500000000"]),
    "d38_38": ("decimal(38,30)", ["0." + "9" * 30, "-99999999." + "0" * 29 + "1"]),
    "d39_0": ("decimal(39,0)", ["9" * 39, "-" + "9" * 39, "0"]),
    "d65_30": ("decimal(65,30)", ["9" * 35 + "." + "9" * 30, "-" + "9" * 35 + "." + "9" * 30, "0", "-0.5"]),
})

_FLOATS_MYSQL = TypedTable("t_floats", {
    "c_float": ("float", ["0", "-1e0 * 0e0", "3.4028234663852886e38", "-3.4028234663852886e38", "1.1754943508222875e-38",
                          "1.401298464324817e-45", "0.1", "16777217", "1e-10", "123456.789"]),
    "c_double": ("double", ["0", "-1e0 * 0e0", "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308",
                            "0.1", "9007199254740993", "1e-300", "3.141592653589793", "4.35e0"]),
    "c_float_7_3": ("float(7,3)", ["1234.567", "-0.001", "9999.999"]),
    "c_double_10_2": ("double(10,2)", ["12345678.91", "-0.01"]),
})

_TIMES_MYSQL = TypedTable("t_times", {
    "c_date": ("date", ["'1000-01-01'", "'9999-12-31'", "'1970-01-01'", "'1969-12-31'", "'2000-02-29'", "'0000-00-00'", "'2024-00-10'"]),
    **{
        f"c_datetime{digits}": (f"datetime({digits})", [
            "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59" + ("." + "9" * digits if digits else "") + "'",
            "'1970-01-01 00:00:00'", "'1969-12-31 23:59:59" + ("." + "9" * digits if digits else "") + "'",
            "'2024-02-29 12:34:56" + (".123456"[: digits + 1] if digits else "") + "'", "'0000-00-00 00:00:00'", "'2024-06-00 01:02:03'",
        ])
        for digits in (0, 1, 2, 3, 4, 5, 6)
    },
    **{
        f"c_timestamp{digits}": (f"timestamp({digits}) NULL", [
            "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07" + ("." + "9" * digits if digits else "") + "'",
            "'2024-03-31 01:30:00'", "'2024-10-27 02:30:00" + (".000001"[: digits + 1] if digits else "") + "'", "'0000-00-00 00:00:00'",
        ])
        for digits in (0, 3, 6)
    },
    **{
        f"c_time{digits}": (f"time({digits})", [
            "'00:00:00'", "'838:59:59'", "'-838:59:59'", "'-00:00:01'", "'23:59:59" + ("." + "9" * digits if digits else "") + "'",
            "'-12:34:56" + (".123456"[: digits + 1] if digits else "") + "'", "'100:00:00" + (".000001"[: digits + 1] if digits else "") + "'",
            "'-00:00:00" + (".5" if digits else "") + "'", "'-01:00:00'",
        ])
        for digits in (0, 1, 2, 3, 4, 5, 6)
    },
})

_LATIN = ["''", "'a'", "'Grüße'", "'trailing  '", "'ÿ'"]
_TEXT_MYSQL = TypedTable("t_text", {
    "c_char": ("char(10)", ["''", "'abc'", "'pad  '", "'äöü'", "'🦈🦈🦈'"]),
    "c_varchar": ("varchar(255)", ["''", "'a'", "'trailing  '", "'日本語 Ж ß 🦈'", "REPEAT('x', 255)", "'quote '' back \\\\ nul \\0 end'"]),
    "c_varchar_long": ("varchar(300)", ["''", "REPEAT('🦈', 300)", "REPEAT('y', 256)"]),
    "c_latin1": ("varchar(40) CHARACTER SET latin1", _LATIN + ["'€uro'"]),
    "c_char_latin1": ("char(8) CHARACTER SET latin1", ["'ü'", "'€'"]),
    "c_cp1251": ("varchar(40) CHARACTER SET cp1251", ["'Привет'", "'Ёж №1'", "''"]),
    "c_sjis": ("varchar(40) CHARACTER SET sjis", ["'日本語'", "'表示ソ'", "'ｱｲｳ'"]),
    "c_ucs2": ("varchar(40) CHARACTER SET ucs2", ["'abc'", "'Ж日ß'", "''"]),
    "c_utf16": ("varchar(40) CHARACTER SET utf16", ["'abc'", "'Ж日🦈'", "''"]),
    "c_utf8mb3": ("varchar(40) CHARACTER SET utf8mb3", ["'Ж日ß'", "''"]),
    "c_gbk": ("varchar(40) CHARACTER SET gbk", ["'汉字'", "'abc'"]),
    "c_ascii": ("varchar(40) CHARACTER SET ascii", ["'abc'", "''"]),
    "c_collation": ("varchar(40) COLLATE utf8mb4_bin", ["'Ab'", "'🦈'"]),
    "c_tinytext": ("tinytext", ["''", "REPEAT('z', 255)"]),
    "c_text": ("text", ["''", "REPEAT('ä', 30000)", "'line\\nline'"]),
    "c_mediumtext": ("mediumtext", ["''", "REPEAT('m', 100000)"]),
    "c_longtext": ("longtext CHARACTER SET latin1", ["''", "REPEAT('ü', 70000)"]),
    "c_enum": ("enum('small','medium','größe, l''x')", ["'small'", "'medium'", "'größe, l''x'"]),
    "c_enum_latin1": ("enum('a','ü') CHARACTER SET latin1", ["'ü'", "'a'"]),
    "c_set": ("set('a','b','c','d','e','f','g','h','i')", ["''", "'a'", "'a,c,i'", "'a,b,c,d,e,f,g,h,i'"]),
}, "DEFAULT CHARACTER SET utf8mb4")

_BINARY_MYSQL = TypedTable("t_binary", {
    "c_binary4": ("binary(4)", ["x''", "x'01'", "x'00000000'", "x'FFFFFFFF'", "x'2000'"]),
    "c_binary16": ("binary(16)", ["x'000102030405060708090a0b0c0d0e0f'", "x'00'"]),
    "c_varbinary": ("varbinary(300)", ["x''", "x'00'", "x'0100'", "REPEAT(x'AB', 300)"]),
    "c_tinyblob": ("tinyblob", ["x''", "x'00FF'"]),
    "c_blob": ("blob", ["x''", "REPEAT(x'00', 40000)"]),
    "c_mediumblob": ("mediumblob", ["x'FF'", "REPEAT(x'7F80', 50000)"]),
    "c_longblob": ("longblob", ["x''", "REPEAT(x'C3', 100000)"]),
    "c_json": ("json", ["'{}'", "'[]'", "'null'", "'true'", "'0'", "'-1.5'", "'\"text 🦈\"'",
                        "'{\"b\": 1, \"aa\": [1, 2.5, null, {\"x\": \"y\"}], \"a\": \"ü\"}'",
                        "'[1,\"two\",{\"three\":3}]'", "'18446744073709551615'", "'1e100'", "'\"quote \\\\\" back \\\\\\\\ nl \\\\n\"'"]),
})

_GEOMETRY_MYSQL = TypedTable("t_geometry", {
    "c_geometry": ("geometry", ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0,1 1,2 0)')"]),
    "c_point": ("point", ["ST_GeomFromText('POINT(-1.5 1e10)')"]),
    "c_polygon": ("polygon", ["ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))')"]),
    "c_collection": ("geometrycollection", ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"]),
})

_MORE_MARIADB = TypedTable("t_more", {
    "c_inet4": ("inet4", ["'0.0.0.0'", "'255.255.255.255'", "'192.168.0.1'"]),
    "c_inet6": ("inet6", ["'::'", "'2001:db8::ff00:42:8329'", "'::ffff:10.0.0.1'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"]),
    "c_compressed": ("varchar(1000) compressed", ["''", "'short'", "REPEAT('compress me ', 80)"]),
    "c_text_compressed": ("text compressed", ["''", "REPEAT('ä', 5000)"]),
    "c_blob_compressed": ("blob compressed", ["x''", "REPEAT(x'00FF', 5000)"]),
})

_UUID_MARIADB = TypedTable("t_uuid", {
    "c_uuid": ("uuid", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                        "'123e4567-e89b-12d3-a456-426614174000'", "'01890a5d-ac96-774b-bcce-b302099a8057'"]),
    "c_text": ("varchar(20)", ["'zero'", "'max'", "'v1'", "'v7'"]),
})

_JSON_MYSQL = TypedTable("t_json", {
    "c_json": ("json", [
        "JSON_OBJECT('d', CAST('2024-02-29' AS DATE), 't', CAST('-12:34:56.5' AS TIME(6)), 'dt', CAST('2024-02-29 01:02:03.25' AS DATETIME(6)))",
        "JSON_OBJECT('n', CAST(1.50 AS DECIMAL(10,2)), 'f', 1.0e0, 'i', 3000000000, 'neg', -32769)",
        "JSON_ARRAY(1e0, 0.1e0, -0e0, 1e16, 1e-7, 123456789012345680e0)",
        "JSON_OBJECT('longer', 1, 'b', 2, 'a', 3, '', 4)", "JSON_QUOTE(REPEAT('ü', 300))", "CAST(CONCAT('[', REPEAT('1,', 20000), '2]') AS JSON)",
    ]),
})

_NUMBERS_POSTGRES = TypedTable("t_numbers", {
    "c_int2": ("smallint", _integers(16)), "c_int4": ("integer", _integers(32)), "c_int8": ("bigint", _integers(64)),
    "c_oid": ("oid", ["0", "4294967295"]),
    "c_float4": ("real", ["0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "3.4028235e38", "1e-45", "0.1", "16777216", "123456.789"]),
    "c_float8": ("double precision", ["0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "1.7976931348623157e308", "5e-324", "0.1", "1e-300"]),
    "n9_2": ("numeric(9,2)", ["9999999.99", "-9999999.99", "0.01", "'NaN'"]),
    "n18_0": ("numeric(18)", ["999999999999999999", "-999999999999999999", "0"]),
    "n38_10": ("numeric(38,10)", ["9" * 28 + "." + "9" * 10, "-" + "9" * 28 + "." + "9" * 10, "0.0000000001", "123.45", "10000"]),
    "n38_38": ("numeric(38,38)", ["0." + "9" * 38, "-0." + "0" * 37 + "1"]),
    "n39_0": ("numeric(39,0)", ["9" * 39, "-1", "0"]),
    "n100_50": ("numeric(100,50)", ["1.5", "-" + "9" * 50 + "." + "9" * 50]),
    "n_free": ("numeric", ["1", "1.0", "1.00", "-12345678901234567890.123456789", "0.000000000000000000001", "'NaN'", "'Infinity'"]),
    "c_bool": ("boolean", ["true", "false"]),
})

_TIMES_POSTGRES = TypedTable("t_times", {
    "c_date": ("date", ["'0001-01-01'", "'9999-12-31'", "'1970-01-01'", "'1969-12-31'", "'4713-01-01 BC'", "'20000-01-01'", "'infinity'", "'-infinity'"]),
    "c_timestamp": ("timestamp", ["'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'", "'1999-12-31 23:59:59.999999'",
                                  "'2000-01-01'", "'4713-01-01 00:00:00 BC'", "'infinity'", "'-infinity'", "'2024-02-29 12:34:56.789'"]),
    "c_timestamp0": ("timestamp(0)", ["'2024-02-29 12:34:56'"]),
    "c_timestamptz": ("timestamptz", ["'2024-03-31 02:30:00+01'", "'2024-10-27 02:30:00.000001 Europe/Berlin'", "'1900-01-01 00:00:00-05:53:28'",
                                      "'0001-01-01 00:00:00Z'", "'9999-12-31 23:59:59.999999Z'", "'infinity'", "'-infinity'"]),
    "c_time": ("time", ["'00:00:00'", "'23:59:59.999999'", "'12:34:56.7'", "'24:00:00'"]),
    "c_timetz": ("timetz", ["'00:00:00+00'", "'23:59:59.999999-12'", "'12:00:00+05:30'"]),
    "c_interval": ("interval", ["'0'", "'1 year 2 mons 3 days 04:05:06.789'", "'-1 day -02:03:04'", "'1 mon -1 day'", "'178000000 years'"]),
})

_TEXT_POSTGRES = TypedTable("t_text", {
    "c_text": ("text", ["''", "'a'", "'日本語 Ж ß 🦈'", "repeat('x', 5000)", "E'tab\\tline\\nback\\\\slash\\rcr'", "'\\N'", "'quote '' \"double\"'"]),
    "c_varchar": ("varchar(20)", ["''", "'trailing  '", "'🦈'"]),
    "c_varchar_free": ("varchar", ["''", "'free'"]),
    "c_char": ("char(8)", ["''", "'abc'", "'äöü'", "'12345678'"]),
    "c_char1": ("char", ["'x'", "''"]),
    "c_name": ("name", ["'a_name'", "''"]),
    "c_bytea": ("bytea", ["''", "'\\x00'", "'\\xdeadbeef00ff'", "decode(repeat('5c27', 3000), 'hex')"]),
    "c_json": ("json", ["'{}'", "'{\"b\" :  1, \"b\":2 }'", "'null'", "'\"ü🦈\"'", "'[1, 2]'"]),
    "c_jsonb": ("jsonb", ["'{}'", "'{\"b\": 1, \"aa\": [1, 2.50, null], \"a\": \"ü🦈\"}'", "'null'", "'1e3'", "'\"x\"'"]),
    "c_uuid": ("uuid", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "gen_random_uuid()"]),
    "c_inet": ("inet", ["'192.168.0.1'", "'10.0.0.0/8'", "'::1'", "'2001:db8::/32'"]),
    "c_cidr": ("cidr", ["'10.0.0.0/8'", "'2001:db8::/32'"]),
    "c_mood": ("mood", ["'happy'", "'so ''so'", "'größe'"]),
    "c_positive": ("positive_amount", ["0.01", "12345678.90"]),
    "c_short_text": ("short_text", ["'abc'", "''"]),
    "c_xml": ("xml", ["'<a b=\"c\">d</a>'"]),
})

_MORE_POSTGRES = TypedTable("t_more", {
    "c_money": ("money", ["'-1234.56'", "'0'", "'92233720368547758.07'"]),
    "c_macaddr": ("macaddr", ["'08:00:2b:01:02:03'"]),
    "c_macaddr8": ("macaddr8", ["'08:00:2b:01:02:03:04:05'"]),
    "c_bit": ("bit(5)", ["B'00000'", "B'10101'"]),
    "c_varbit": ("varbit", ["B''", "B'1'", "B'101010101'"]),
    "c_int4range": ("int4range", ["'[1,5)'", "'empty'", "'(,)'"]),
    "c_tstzrange": ("tstzrange", ["'[2024-01-01 00:00:00+00,2024-06-01 12:00:00+02)'"]),
    "c_multirange": ("int8multirange", ["'{[1,3),[5,9)}'"]),
    "c_pair": ("pair", ["ROW(1, 'x, \"y\"')", "ROW(NULL, '')"]),
    "c_tsvector": ("tsvector", ["to_tsvector('simple', 'a fat cat sat')"]),
    "c_tsquery": ("tsquery", ["'fat & (rat | cat)'"]),
    "c_point": ("point", ["'(1.5,-2)'"]),
    "c_polygon": ("polygon", ["'((0,0),(1,1),(2,0))'"]),
    "c_circle": ("circle", ["'<(1,2),3>'"]),
    "c_lsn": ("pg_lsn", ["'16/B374D848'"]),
    "c_char": ('"char"', ["'a'"]),
})

_TOAST_POSTGRES = TypedTable("t_toast", {
    "c_small": ("integer", ["1", "2", "3"]),
    "c_big": ("text", ["repeat('0123456789', 20000)", "repeat('ü', 100000)", "'short'"]),
    "c_bytes": ("bytea", ["decode(repeat('00ff', 60000), 'hex')", "'\\x01'", "NULL"]),
    "c_document": ("jsonb", ["to_jsonb(repeat('random', 50000))", "'{}'", "'[]'"]),
}, afterwards=("ALTER TABLE t_toast ALTER c_big SET STORAGE EXTERNAL, ALTER c_bytes SET STORAGE EXTERNAL",))

# `interval` and the like print the same everywhere; types are made before the tables that use them.
POSTGRES_TYPES = [
    "CREATE TYPE mood AS ENUM ('happy', 'so ''so', 'größe')",
    "CREATE DOMAIN positive_amount AS numeric(10,2) CHECK (VALUE > 0)",
    "CREATE DOMAIN short_text AS varchar(10)",
    "CREATE TYPE pair AS (a integer, b text)",
]

# Zero dates and dates with a zero month or day need a permissive mode; backslashes are escapes.
MYSQL_SESSION = ["SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'", "SET SESSION time_zone = '+00:00'"]


def tables(kind):
    if kind.startswith("postgres"):
        # The PostgreSQL 18 that we get is built without libxml.
        text = _TEXT_POSTGRES if kind == "postgres15" else replace(
            _TEXT_POSTGRES, columns={name: column for name, column in _TEXT_POSTGRES.columns.items() if name != "c_xml"}
        )
        return [_NUMBERS_POSTGRES, _TIMES_POSTGRES, text, _MORE_POSTGRES, _TOAST_POSTGRES]
    common = [_INTEGERS_MYSQL, _DECIMALS_MYSQL, _FLOATS_MYSQL, _TIMES_MYSQL, _TEXT_MYSQL, _BINARY_MYSQL, _GEOMETRY_MYSQL]
    return common + ([_UUID_MARIADB, _MORE_MARIADB] if kind == "mariadb" else [_JSON_MYSQL])


def preparation(kind):
    """Statements before the tables: types on PostgreSQL, session modes on the MySQL family."""
    return POSTGRES_TYPES if kind.startswith("postgres") else MYSQL_SESSION
