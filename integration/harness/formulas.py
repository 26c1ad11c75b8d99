"""The rows of `parquet-probe generate`, which follow from their numbers, as queries that count what is wrong."""

from .proof import FULL

TEN_MILLION = 10_000_000
ROWS = TEN_MILLION if FULL else 200_000

FORMULAS = {
    "n": "CASE WHEN id % 11 = 0 THEN NULL ELSE CAST(id * 7919 % 1000003 - 500000 AS INTEGER) END",
    "price": "CAST(CAST(id * 13 % 10000019 AS DECIMAL(14, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS DECIMAL(18, 4))",
    "moment": "make_timestamp(1600000000000000 + id * 1001)",
    "name": "CASE WHEN id % 5 = 3 THEN NULL ELSE 'row-' || CAST(id % 1000 AS VARCHAR) END",
    "ratio": "CAST(id AS DOUBLE) / 8",
    "tags": "CASE WHEN id % 7 = 6 THEN NULL ELSE list_transform(range(id % 3), lambda x: id + x) END",
}
SPARK_FORMULAS = FORMULAS | {
    "n": FORMULAS["n"].replace("INTEGER", "INT"),
    "moment": "CAST(timestamp_micros(1600000000000000 + id * 1001) AS TIMESTAMP_NTZ)",
    "name": "CASE WHEN id % 5 = 3 THEN NULL ELSE concat('row-', id % 1000) END",
    "tags": "CASE WHEN id % 7 = 6 THEN NULL WHEN id % 3 = 0 THEN CAST(array() AS ARRAY<BIGINT>)"
            " ELSE sequence(id, id + id % 3 - 1) END",
}


def checking(table, formulas, differs):
    """A query of one row: rows, the sum of their numbers, and for each column how many values are wrong."""
    wrong = ", ".join(f"sum(CASE WHEN {differs(name, formula)} THEN 1 ELSE 0 END)" for name, formula in formulas.items())
    return f"SELECT count(*), sum(id), count(DISTINCT id), {wrong} FROM {table}"


def assert_all_right(answer, expected=ROWS):
    rows, total, distinct, *wrong = (int(value) for value in answer)
    assert (rows, total, distinct) == (expected, expected * (expected - 1) // 2, expected)
    assert dict(zip(FORMULAS, wrong)) == dict.fromkeys(FORMULAS, 0)


def check_by_duckdb(connection, table, rows=ROWS):
    query = checking(table, FORMULAS, lambda name, formula: f"{name} IS DISTINCT FROM {formula}")
    assert_all_right(connection.execute(query).fetchone(), rows)
