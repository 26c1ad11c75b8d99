"""WHERE clauses around the values and cut bounds of a column, as DuckDB and Spark spell them."""

import re
import uuid

from .random_rows import limits_of
from .row_form import NAN, date_text, decimal_parts, decimal_text, fixed_length, float_value, timestamp_parts, write

UNITS_KEPT = 16
"""Code points or bytes that bounds in manifests keep, unless the table says otherwise."""


def points(kind, values, pick, count):
    """Values to compare a column with: some that it has, their cut bounds, and their nearest neighbours."""
    distinct = sorted({value for value in values if value not in (None, NAN)}, key=lambda value: _order(kind, value))
    if not distinct:
        return []
    chosen = {distinct[0], distinct[-1], *pick.sample(distinct, min(len(distinct), count))}
    near = {other for value in chosen for other in _neighbours(kind, value)}
    few = pick.sample(sorted(near, key=repr), min(len(near), 2 * count))
    return sorted(chosen | set(few), key=repr)


def _order(kind, value):
    return float_value(value, kind == "double") if kind in ("float", "double") else value


def _neighbours(kind, value):
    if kind == "boolean":
        return [not value]
    if kind in ("float", "double"):
        return _floats_around(value, kind == "double")
    if kind == "string":
        cut = value[:UNITS_KEPT]
        return [cut, _next_text(cut), value + "a", value[:-1], cut + "\U0010FFFF"]
    if kind in ("binary",):
        cut = value[:UNITS_KEPT]
        return [cut, _next_bytes(cut), value + b"\0", value[:-1], cut + b"\xff"]
    if kind == "uuid" or fixed_length(kind) is not None:
        return [_next_bytes(value), value[:-1] + bytes([value[-1] ^ 1])]
    low, high = limits_of(kind)
    return [other for other in (value - 1, value + 1) if low <= other <= high]


def _floats_around(bits, is_double):
    """Both neighbours of a number, and the numbers that orders disagree about."""
    width, code = (8, "<Q") if is_double else (4, "<I")
    top = 2 ** (8 * width) - 1
    around = [other for other in (bits - 1, bits + 1) if 0 <= other <= top]
    around += [0, 2 ** (8 * width - 1)]
    return [other for other in around if float_value(other, is_double) == float_value(other, is_double)]


def _next_text(text):
    """The next text after all that begin with this one."""
    for index in range(len(text) - 1, -1, -1):
        if ord(text[index]) < 0x10FFFF:
            point = ord(text[index]) + 1
            return text[:index] + chr(0xE000 if 0xD800 <= point < 0xE000 else point)
    return text


def _next_bytes(content):
    for index in range(len(content) - 1, -1, -1):
        if content[index] < 0xFF:
            return content[:index] + bytes([content[index] + 1]) + (bytes(len(content) - index - 1) if len(content) > 16 else b"")
    return content


def literal(kind, value, dialect):
    """A value in SQL; `dialect` is duckdb or spark."""
    is_spark = dialect == "spark"
    if kind == "boolean":
        return str(value).lower()
    if kind in ("int", "long"):
        return f"CAST('{value}' AS {'BIGINT' if kind == 'long' else 'INT'})"
    if kind in ("float", "double"):
        number = float_value(value, kind == "double")
        return f"CAST('{number!r}' AS {kind.upper()})"
    if parts := decimal_parts(kind):
        return f"CAST('{decimal_text(value, parts[1])}' AS DECIMAL({parts[0]}, {parts[1]}))"
    if kind == "date":
        return f"DATE '{date_text(value) if is_spark else _era(date_text(value))}'"
    if kind == "time":
        return f"TIME '{write(kind, value)}'"
    if timestamp_parts(kind):
        text = write(kind, value).replace("T", " ")
        if is_spark:
            return f"{'TIMESTAMP' if kind == 'timestamptz' else 'TIMESTAMP_NTZ'} '{text}'"
        return f"CAST('{_era(text)}' AS {'TIMESTAMPTZ' if kind == 'timestamptz' else 'TIMESTAMP'})"
    if kind == "string":
        if is_spark:
            # As bytes: the two quote backslashes differently.
            return f"CAST(X'{value.encode().hex()}' AS STRING)"
        # A zero byte ends DuckDB's queries.
        return f"decode({_blob(value.encode())})" if "\0" in value else "'" + value.replace("'", "''") + "'"
    if kind == "uuid":
        text = str(uuid.UUID(bytes=value))
        return f"'{text}'" if is_spark else f"CAST('{text}' AS UUID)"
    if is_spark:
        return f"X'{value.hex()}'"
    return _blob(value)


def _blob(content):
    return "CAST('" + "".join(f"\\x{byte:02X}" for byte in content) + "' AS BLOB)"


def _era(text):
    """A date, perhaps with a time, as DuckDB spells years before 1 and after 9999."""
    sign, year, day, rest = re.fullmatch(r"([+-]?)(\d{4,})(-\d\d-\d\d)(.*)", text).groups()
    number = int(sign.replace("+", "") + year)
    return f"{number:04d}{day}{rest}" if number > 0 else f"{1 - number:04d}{day} (BC){rest}"


OPERATORS = ["=", "<", "<=", ">", ">=", "<>"]


def clauses(column, kind, values, pick, dialect, count):
    """WHERE clauses about a column."""
    chosen = points(kind, values, pick, count)
    literals = [literal(kind, value, dialect) for value in chosen]
    made = [f"{column} {operator} {text}" for text in literals for operator in OPERATORS]
    made += [f"{column} IS NULL", f"{column} IS NOT NULL"]
    if kind in ("float", "double"):
        nan = f"CAST('NaN' AS {kind.upper()})"
        made += [f"{column} {operator} {nan}" for operator in ("=", "<>", "<", ">=")]
    for first, second in zip(literals, reversed(literals)):
        made += [f"{column} IN ({first}, {second})", f"{column} BETWEEN {first} AND {second}", f"NOT {column} IN ({first}, {second})"]
    if kind == "string":
        plain = [value for value in chosen if not set(value) & set("%_\\'")]
        for value in plain:
            for length in {1, UNITS_KEPT - 1, UNITS_KEPT, UNITS_KEPT + 1}:
                made.append(f"{column} LIKE {literal(kind, value[:length] + '%', dialect)}")
                made.append(f"{column} NOT LIKE {literal(kind, value[:length] + '%', dialect)}")
    return made
