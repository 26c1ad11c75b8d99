"""Tables whose files each have a part of every column to themselves, and WHERE clauses over them with and without bounds."""

from . import predicates
from .lake import duckdb_with_iceberg
from .proof import FULL
from .random_rows import PRIMITIVES, RandomRows
from .row_form import NAN, float_value

FILES, ROWS_PER_FILE = (40, 100) if FULL else (8, 25)
POINTS = 12 if FULL else 3
TYPES = [kind for kind in PRIMITIVES if not kind.endswith("_ns")]
# Bounds of sixteen units end in every way: before the surrogates, in the last code point, in FF.
_PREFIXES = [
    "order-2024-0001-", "a" * 15 + "\uD7FF", "a" * 15 + "\U0010FFFF", "\U0010FFFF" * 16, "z" * 16, "é" * 15 + "\uFFFF", "x" * 14,
]
_BYTE_PREFIXES = [b"\xff" * 16, b"k" * 15 + b"\xff", b"k" * 16, b"\x00" * 16, b"m" * 14]
_CLAUSES_PER_QUERY = 20


def table_of(seed, types):
    """A schema and rows whose values ascend in every column."""
    made = RandomRows(seed, primitives=types, columns=3, depth=0)
    count = FILES * ROWS_PER_FILE
    fields = [{"id": 1, "name": "number", "type": "long", "required": True}]
    fields += [{"id": index + 2, "name": f"c{index}", "type": kind, "required": False} for index, kind in enumerate(types)]
    inside = [{"id": 101, "name": "a", "type": "int", "required": False}, {"id": 102, "name": "t", "type": "string", "required": False}]
    fields.append({"id": 100, "name": "s", "type": {"type": "struct", "fields": inside}, "required": False})
    columns = [list(range(count))] + [_column(made, kind, count) for kind in types]
    columns.append(list(zip(_column(made, "int", count), _column(made, "string", count))))
    return {"type": "struct", "schema-id": 0, "fields": fields}, list(zip(*columns))


def _column(made, kind, count):
    pick = made.random
    if kind == "string":
        values = [pick.choice(_PREFIXES) + made.primitive("string") for _ in range(count)]
    elif kind == "binary":
        values = [pick.choice(_BYTE_PREFIXES) + pick.randbytes(pick.randint(0, 4)) for _ in range(count)]
    else:
        values = [made.primitive(kind) for _ in range(count)]
    key = (lambda value: float_value(value, kind == "double")) if kind in ("float", "double") else (lambda value: value)
    ordered = sorted((value for value in values if value != NAN), key=key)
    column = ordered + [NAN] * (count - len(ordered))
    # One file has nothing but NULL, others some; a column of floats also has NaN beside numbers.
    empty = pick.randrange(FILES)
    for row in range(count):
        if row // ROWS_PER_FILE == empty or pick.random() < 0.1:
            column[row] = None
        elif kind in ("float", "double") and pick.random() < 0.05:
            column[row] = NAN
    return column


def _leaf_columns(schema, rows, quote):
    """(SQL name, type, values) of each column that has bounds."""
    for index, field in enumerate(schema["fields"]):
        name = quote + field["name"] + quote
        if isinstance(field["type"], str):
            yield name, field["type"], [row[index] for row in rows]
        elif field["type"]["type"] == "struct":
            for part, inner in enumerate(field["type"]["fields"]):
                yield f"{name}.{quote}{inner['name']}{quote}", inner["type"], [row[index] and row[index][part] for row in rows]


def all_clauses(schema, rows, pick, dialect, count):
    """WHERE clauses about every column; `dialect` is duckdb or spark."""
    columns = _leaf_columns(schema, rows, "`" if dialect == "spark" else '"')
    return [
        clause for name, kind, values in columns for clause in predicates.clauses(name, kind, values, pick, dialect, count)
    ]


def some_of(clauses, pick, count):
    """A run tries some of the clauses, FRAZIL_PROOF=full all of them."""
    assert clauses
    return clauses if FULL or len(clauses) <= count else pick.sample(clauses, count)


def assert_duckdb_agrees(metadata_location, clauses, key):
    """Each clause over the table's files, and over all rows of them with nothing to go by but the rows."""
    connection = duckdb_with_iceberg()
    scan = f"iceberg_scan('{metadata_location.removeprefix('file://')}')"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE all_rows AS SELECT * FROM {scan}")
    for some in _chunks(clauses):
        columns = ", ".join(f"count(*) FILTER (WHERE {clause}), sum({key}) FILTER (WHERE {clause})" for clause in some)
        without = connection.execute(f"SELECT {columns} FROM all_rows").fetchone()
        for clause, *answer in zip(some, without[::2], without[1::2]):
            found = connection.execute(f"SELECT count(*), sum({key}) FROM {scan} WHERE {clause}").fetchone()
            assert found == tuple(answer), f"{clause}: {found} with bounds, {answer} without"


def spark_queries(table, clauses, key):
    """What `assert_spark_agrees` takes the answers of: clauses over the files, and over a cached copy of the rows."""
    copy = "all_rows"
    chunks = _chunks(clauses)
    return [
        # A cache leaves out by bounds of its own, and wrongly where there is NaN.
        "SET spark.sql.inMemoryColumnarStorage.partitionPruning=false", f"CACHE TABLE {copy} AS SELECT * FROM {table}",
        *(
            " UNION ALL ".join(
                f"SELECT {number} AS n, count(*), sum({key}) FROM {table} WHERE {clause}" for number, clause in enumerate(chunk)
            ) for chunk in chunks
        ),
        *(
            "SELECT " + ", ".join(f"count(*) FILTER (WHERE {clause}), sum({key}) FILTER (WHERE {clause})" for clause in chunk)
            + f" FROM {copy}" for chunk in chunks
        ),
    ]


def assert_spark_agrees(answers, clauses):
    chunks = _chunks(clauses)
    with_bounds, without = answers[2:2 + len(chunks)], answers[2 + len(chunks):]
    assert len(without) == len(chunks)
    for chunk, found, [known] in zip(chunks, with_bounds, without):
        assert len(known) == 2 * len(chunk)
        told = {int(row[0]): row[1:] for row in found}
        for number, (clause, *answer) in enumerate(zip(chunk, known[::2], known[1::2])):
            assert told[number] == answer, f"{clause}: {told[number]} with bounds, {answer} without"


def _chunks(clauses):
    return [clauses[start:start + _CLAUSES_PER_QUERY] for start in range(0, len(clauses), _CLAUSES_PER_QUERY)]
