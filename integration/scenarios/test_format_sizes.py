"""Files of no rows and of ten million, values of no bytes and of a hundred megabytes, in both directions.

Each run has ten million rows and a hundred megabytes once in each direction, and smaller ones with the other readers and
writers; FRAZIL_PROOF=full has them with all. Spark's part is in test_format_spark.py.
"""

import subprocess

import duckdb
import pyarrow.parquet as parquet
import pytest
from harness import file_readers, probe
from harness.formulas import FORMULAS, ROWS, TEN_MILLION, check_by_duckdb
from harness.frazil import binary
from harness.random_rows import PRIMITIVES, RandomRows
from harness.row_form import HUNDRED_MEGABYTES, LENGTH, first_difference, long_rows, to_arrow


@pytest.fixture
def connection():
    with duckdb.connect(config={"threads": "2"}) as connection:
        yield connection


LAYOUTS = {
    "default": (TEN_MILLION, []),
    "delta": (ROWS, ["--page-version", "2", "--encoding", "1=delta", "--encoding", "5=delta-length"]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ten_million_rows_of_ours_are_read_by_duckdb_and_pyarrow(tmp_path, connection, layout):
    rows, options = LAYOUTS[layout]
    path = probe.generate_file(tmp_path / "rows.parquet", rows, *options)
    check_by_duckdb(connection, f"read_parquet('{path}')", rows)
    # By parts, so that not all rows are in memory at once.
    connection.execute("CREATE TABLE by_pyarrow AS SELECT * FROM read_parquet($1) LIMIT 0", [str(path)])
    for part in parquet.ParquetFile(path).iter_batches(batch_size=1 << 18):
        connection.register("part", part)
        connection.execute("INSERT INTO by_pyarrow SELECT * FROM part")
        connection.unregister("part")
    check_by_duckdb(connection, "by_pyarrow", rows)


@pytest.mark.parametrize("writer", ["frazil", "duckdb", "pyarrow"])
def test_we_read_ten_million_rows(tmp_path, connection, writer):
    path = tmp_path / "rows.parquet"
    columns = ", ".join(f"{formula} AS {name}" for name, formula in FORMULAS.items())
    rows = f"SELECT id, {columns} FROM (SELECT range AS id FROM range({ROWS}))"
    if writer == "frazil":
        probe.generate_file(path, ROWS)
    elif writer == "duckdb":
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    else:
        parquet.write_table(connection.execute(rows).to_arrow_table(), path)
    lines = tmp_path / "rows.json"
    with open(lines, "wb") as output:
        subprocess.run([binary(), "inspect", path, "--rows"], stdout=output, check=True, stdin=subprocess.DEVNULL)
    # 64-bit integers are strings, those of lists too.
    read = (
        "SELECT CAST(id AS BIGINT) AS id, n, CAST(price AS DECIMAL(18, 4)) AS price, CAST(moment AS TIMESTAMP) AS moment, name, ratio,"
        f" CAST(tags AS BIGINT[]) AS tags FROM read_json('{lines}', format = 'newline_delimited', columns = {{id: 'VARCHAR',"
        " n: 'INTEGER', price: 'VARCHAR', moment: 'VARCHAR', name: 'VARCHAR', ratio: 'DOUBLE', tags: 'VARCHAR[]'})"
    )
    check_by_duckdb(connection, f"({read})")


@pytest.mark.parametrize("reader", ["frazil", "pyarrow", "duckdb"])
def test_values_of_no_bytes_and_of_a_hundred_megabytes_of_ours(tmp_path, reader):
    read, length = {
        "frazil": (probe.read_rows, LENGTH), "pyarrow": (file_readers.read_pyarrow, HUNDRED_MEGABYTES),
        "duckdb": (file_readers.read_duckdb, LENGTH),
    }[reader]
    schema, rows = long_rows(length)
    path = probe.write_file(tmp_path / "long.parquet", schema, rows)
    # No comparison that would show the values.
    assert (read(path, schema) == rows) is True


def test_values_of_no_bytes_and_of_a_hundred_megabytes_of_pyarrow(tmp_path):
    schema, rows = long_rows(HUNDRED_MEGABYTES)
    parquet.write_table(to_arrow(schema, rows), tmp_path / "long.parquet")
    assert (probe.read_rows(tmp_path / "long.parquet", schema) == rows) is True


@pytest.mark.parametrize("case", ["empty", "one", "null", "nulls", "same", "late"])
def test_columns_of_one_value_and_of_none(tmp_path, case):
    """A column of each type that holds one value, or nothing but NULL, or one value again and again."""
    made = RandomRows(seed=5)
    fields = [{"id": index + 2, "name": f"c{index}", "type": kind, "required": False} for index, kind in enumerate(PRIMITIVES)]
    number = {"id": 1, "name": "number", "type": "long", "required": True}
    schema = {"type": "struct", "schema-id": 0, "fields": [number, *fields]}
    value, nothing = tuple(made.primitive(kind) for kind in PRIMITIVES), (None,) * len(PRIMITIVES)
    parts = {
        "empty": [], "one": [value], "null": [nothing], "nulls": [nothing] * 500, "same": [value] * 500,
        "late": [nothing] * 499 + [value],
    }[case]
    rows = [(index, *part) for index, part in enumerate(parts)]
    path = probe.write_file(tmp_path / "ours.parquet", schema, rows)
    for read in (probe.read_rows, file_readers.read_pyarrow):
        assert not first_difference(schema, rows, read(path, schema)), (case, read)
    parquet.write_table(to_arrow(schema, rows), tmp_path / "theirs.parquet")
    assert not first_difference(schema, rows, probe.read_rows(tmp_path / "theirs.parquet", schema)), case
