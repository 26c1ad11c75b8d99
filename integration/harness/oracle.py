"""What the source's own SELECT says, as canonical values by the type contract: the truth of every scenario."""

import uuid
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from .values import days, float_bits, scaled, timestamp_microseconds

DECIMAL_PRECISION_MAX = 38
GEOMETRIES = {
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
    "geomcollection",
}


@dataclass
class Rows:
    """All rows of a table: column names in order, and one tuple of canonical values per row."""

    columns: list[str]
    rows: list[tuple]


def read_source(source, table):
    """Reads every row of `table` (a name within the scenario's database or schema)."""
    return (_read_postgres if source.server.family == "postgres" else _read_mysql)(source, table)


def _read_mysql(source, table):
    with source.connection(conv={}) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT column_name, data_type, column_type, numeric_precision, numeric_scale FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            [source.database, table],
        )
        columns = [tuple(part.decode() if isinstance(part, bytes) else part for part in row) for row in cursor.fetchall()]
        expressions, readers = zip(*(_mysql_column(*column) for column in columns))
        cursor.execute(f"SELECT {', '.join(expressions)} FROM `{table}`")
        return Rows([column[0] for column in columns], _apply(readers, cursor.fetchall()))


def _mysql_column(name, data_type, column_type, precision, scale):
    """The expression to select and the function from its raw text or bytes to the canonical value."""
    column = f"`{name}`"
    data_type = data_type.lower()
    if data_type in ("tinyint", "smallint", "mediumint", "int", "year"):
        return f"{column}+0", int
    if data_type == "bigint":
        return column, Decimal if "unsigned" in column_type else int
    if data_type == "decimal":
        if int(precision) > DECIMAL_PRECISION_MAX:
            return column, str
        return column, lambda text: _decimal(text, int(scale))
    if data_type in ("float", "double"):
        # As an expression a FLOAT is a double of the same value, and a DOUBLE(m,d) shows all its digits.
        return f"{column}*1e0", lambda text: float_bits(float(text))
    if data_type == "date":
        return f"CAST({column} AS CHAR)", days
    if data_type in ("datetime", "timestamp"):
        return f"CAST({column} AS CHAR)", timestamp_microseconds
    if data_type == "bit":
        width = int(precision)
        whole = lambda raw: int.from_bytes(raw, "big")
        return column, (lambda raw: raw != b"\0") if width == 1 else whole if width < 64 else lambda raw: Decimal(whole(raw))
    if data_type == "uuid":
        return column, uuid.UUID
    if data_type in ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"):
        return column, bytes
    if data_type in GEOMETRIES:
        return f"ST_AsBinary({column})", bytes
    return column, str


_POSTGRES_COLUMNS = """
    WITH RECURSIVE base AS (
        SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a
        WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT b.attnum, b.attname, t.typbasetype, t.typtypmod FROM base b JOIN pg_type t ON t.oid = b.type
        WHERE t.typtype = 'd'
    )
    SELECT b.attname, t.typname, b.modifier FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
    ORDER BY b.attnum
"""


def _read_postgres(source, table):
    with source.connection() as connection:
        name = f'"{source.schema}"."{table}"'
        columns = connection.execute(_POSTGRES_COLUMNS, [name]).fetchall()
        expressions, readers = zip(*(_postgres_column(*column) for column in columns))
        cursor = connection.execute(f"SELECT {', '.join(expressions)} FROM {name}")
        result = cursor.pgresult
        raw = (
            tuple(result.get_value(row, column) for column in range(len(columns)))
            for row in range(result.ntuples)
        )
        texts = (tuple(None if value is None else value.decode() for value in row) for row in raw)
        return Rows([column[0] for column in columns], _apply(readers, texts))


def _postgres_column(name, type_name, modifier):
    column = f'"{name}"'
    if type_name in ("int2", "int4", "int8", "oid"):
        return column, int
    if type_name in ("float4", "float8"):
        return f"{column}::float8", lambda text: float_bits(float(text))
    if type_name == "numeric":
        precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
        if modifier < 0 or precision > DECIMAL_PRECISION_MAX or not 0 <= scale <= precision:
            return column, str
        return column, lambda text: None if text in ("NaN", "Infinity", "-Infinity") else _decimal(text, scale)
    if type_name == "bool":
        return column, lambda text: text == "t"
    if type_name == "date":
        return f"CASE WHEN isfinite({column}) THEN {column} - DATE '1970-01-01' END", int
    if type_name in ("timestamp", "timestamptz"):
        return f"CASE WHEN isfinite({column}) THEN (extract(epoch FROM {column}) * 1000000)::bigint END", int
    if type_name == "time":
        return f"CASE WHEN {column} < TIME '24:00' THEN (extract(epoch FROM {column}) * 1000000)::bigint END", int
    if type_name == "uuid":
        return column, uuid.UUID
    if type_name == "bytea":
        return f"encode({column}, 'hex')", bytes.fromhex
    return column, str


def _decimal(text, scale):
    with localcontext(Context(prec=80)):
        return scaled(text, scale)


def _apply(readers, rows):
    return [tuple(None if value is None else read(value) for read, value in zip(readers, row)) for row in rows]
