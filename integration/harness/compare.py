"""Source against lake, row by row, with a difference that fits a screen."""

import uuid
from collections import Counter

from .lake import EqualityDeletesRefused
from .oracle import read_source

DIFFERENCES_SHOWN_MAX = 8


def difference(expected, actual, key=("id",), reader="lake"):
    """None when both hold the same rows, else a text that names keys and columns."""
    if expected.columns != actual.columns:
        return f"{reader}: columns {actual.columns}, the source has {expected.columns}"
    actual_rows = list(_with_types_of(expected, actual))
    if mismatch := _type_difference(expected, actual_rows):
        return f"{reader}: {mismatch}"
    wanted, found = Counter(expected.rows), Counter(actual_rows)
    if wanted == found:
        return None
    positions = [expected.columns.index(name) for name in key]
    keyed = lambda rows: {tuple(row[position] for position in positions): row for row in rows}
    missing, extra = wanted - found, found - wanted
    missing_by_key, extra_by_key = keyed(missing), keyed(extra)
    lines = [
        f"{reader}: {sum(wanted.values())} rows in the source, {sum(found.values())} in the lake;"
        f" {sum(missing.values())} missing or different, {sum(extra.values())} unexpected or different"
    ]
    keys = sorted(set(missing_by_key) | set(extra_by_key), key=repr)
    for value in keys[:DIFFERENCES_SHOWN_MAX]:
        lines.append(f"  key {value}: " + _row_difference(expected.columns, missing_by_key.get(value), extra_by_key.get(value)))
    if len(keys) > DIFFERENCES_SHOWN_MAX:
        lines.append(f"  and {len(keys) - DIFFERENCES_SHOWN_MAX} more keys")
    return "\n".join(lines)


def _row_difference(columns, wanted, found):
    if found is None:
        return "missing in the lake (or fewer times than in the source)"
    if wanted is None:
        return "in the lake only (or more times than in the source)"
    return ", ".join(
        f"{name}: source {a!r:.200}, lake {b!r:.200}" for name, a, b in zip(columns, wanted, found) if _typed(a) != _typed(b)
    )


def _type_difference(expected, actual_rows):
    """1, True and Decimal(1) are equal in Python; a column that holds one kind for the other is still wrong."""
    for index, name in enumerate(expected.columns):
        wanted = {type(row[index]) for row in expected.rows} - {type(None)}
        found = {type(row[index]) for row in actual_rows} - {type(None)}
        if wanted and found and wanted != found:
            names = lambda kinds: "/".join(sorted(kind.__name__ for kind in kinds))
            return f"column {name} holds {names(found)}, the type contract says {names(wanted)}"
    return None


def _typed(value):
    return type(value), value


def _with_types_of(expected, actual):
    """uuid columns that a reader shows as 16 bytes or as text become UUIDs; equal numbers of other types do not."""
    is_uuid = [
        any(isinstance(row[index], uuid.UUID) for row in expected.rows) for index in range(len(expected.columns))
    ]
    for row in actual.rows:
        yield tuple(_as_uuid(value) if flag else value for flag, value in zip(is_uuid, row))


def _as_uuid(value):
    if isinstance(value, bytes) and len(value) == 16:
        return uuid.UUID(bytes=value)
    return uuid.UUID(value) if isinstance(value, str) else value


def assert_equal(source, lake, *tables, key=("id",)):
    """Every named table reads the same from the source, through pyiceberg and through DuckDB.

    pyiceberg may refuse a table with equality deletes, by name; then DuckDB alone must be right.
    """
    for table in tables:
        expected, name = read_source(source, table), source.lake_name(table)
        assert name in lake.metadata_locations(), f"{name} is not in the lake; it has {lake.tables()}"
        found = difference(expected, lake.read_duckdb(name), key, f"{name} by DuckDB")
        assert found is None, found
        try:
            found = difference(expected, lake.read_pyiceberg(name), key, f"{name} by pyiceberg")
        except EqualityDeletesRefused:
            assert has_equality_deletes(lake, name), f"pyiceberg refused {name}, which has no equality deletes"
            continue
        assert found is None, found


def has_equality_deletes(lake, name):
    metadata = lake.metadata(name)
    current = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])
    return int(current["summary"].get("total-equality-deletes", 0)) > 0
