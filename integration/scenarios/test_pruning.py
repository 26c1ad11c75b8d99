"""Files are left out by their bounds only when no row of them is wanted: every WHERE finds what a full scan finds.

Spark's part is in test_format_spark.py.
"""

import random

import pytest
from harness import probe, type_matrix
from harness.lake import Lake, duckdb_with_iceberg
from harness.proof import seeds
from harness.pruning import FILES, POINTS, ROWS_PER_FILE, TYPES, all_clauses, assert_duckdb_agrees, some_of, table_of
from harness.row_form import rows_from_arrow
from pyiceberg.expressions import EqualTo


def test_every_where_finds_in_duckdb_what_a_full_scan_finds(tmp_path):
    for seed in seeds(few=1, many=10):
        pick = random.Random(seed)
        schema, rows = table_of(seed, TYPES)
        lake = Lake(tmp_path / f"lake{seed}")
        probe.write_table(lake, "shop.values", schema, rows, "--file-rows", str(ROWS_PER_FILE), "--page-rows", "7")
        clauses = some_of(all_clauses(schema, rows, pick, "duckdb", POINTS), pick, 500)
        assert_duckdb_agrees(lake.metadata_locations()["shop.values"], clauses, "number")
        assert_files_are_left_out(lake, schema, rows)


def assert_files_are_left_out(lake, schema, rows):
    """The bounds are worth something: some value of a column is looked for in a part of the files only."""
    table = lake.catalog().load_table("shop.values")
    assert len(list(table.scan().plan_files())) == FILES
    for index, field in enumerate(schema["fields"]):
        # Of types whose values pyiceberg takes as they are.
        if field["type"] in ("int", "long", "string"):
            value = next(row[index] for row in rows if row[index] is not None)
            planned = list(table.scan(row_filter=EqualTo(field["name"], value)).plan_files())
            assert 0 < len(planned) < FILES, (field["type"], value, len(planned))


@pytest.mark.kinds("mariadb", "postgres15")
def test_every_where_finds_in_replicated_tables_what_a_full_scan_finds(source, pipeline, kind):
    """Files as a pipeline makes them: of a copy, and of some commits with inserts, updates and deletes."""
    seed = seeds(few=1, many=1)[0]
    tables = type_matrix.tables(kind)
    with source.connection() as connection:
        cursor = connection.cursor()
        for statement in type_matrix.preparation(kind):
            cursor.execute(statement)
        for table in tables:
            for statement in [*table.create(), *table.inserts(first_id=0)]:
                cursor.execute(statement)
        pipeline.catch_up()
        for first_id in (1000, 2000):
            for table in tables:
                for statement in table.inserts(first_id=first_id):
                    cursor.execute(statement)
                cursor.execute(f"DELETE FROM {table.name} WHERE id % 7 = 3")
            pipeline.catch_up()
    for table in tables:
        name = source.lake_name(table.name)
        fields = probe.report(f"{pipeline.lake.catalog_path}:{name}")["fields"]
        schema = {"type": "struct", "fields": fields}
        location = pipeline.lake.metadata_locations()[name]
        scan = f"iceberg_scan('{location.removeprefix('file://')}')"
        rows = rows_from_arrow(schema, duckdb_with_iceberg().execute(f"SELECT * FROM {scan}").to_arrow_table())
        pick = random.Random(seed)
        assert_duckdb_agrees(location, some_of(all_clauses(schema, rows, pick, "duckdb", POINTS), pick, 300 // len(tables)), "id")
