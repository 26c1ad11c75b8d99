"""Spark with Iceberg 1.10 reads the lake of the demo's two web shops as DuckDB and the sources do."""

import sys

from harness import spark
from harness.compare import assert_equal
from harness.frazil import Pipeline
from harness.lake import Lake
from harness.processes import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "integration"))
from demo import shops  # noqa: E402


def test_spark_reads_the_demos_lake(server_pool, make_source, tmp_path):
    lake = Lake(tmp_path / "lake")
    sources = {}
    for kind, deletes in (("mariadb", "auto"), ("postgres15", "equality")):
        source = sources[kind] = make_source(server_pool.get(kind))
        shops.create(source, scale=0.01)
        pipeline = Pipeline(tmp_path, source, name=f"shop_{kind}", deletes=deletes, lake=lake)
        pipeline.catch_up()
        shops.change(source, rounds=5)
        pipeline.catch_up()
    names = [(source, table) for source in sources.values() for table in shops.tables(source)]
    sums = "count(*), sum(id), sum(CAST(id AS DECIMAL(38,0)) * id)"
    counting = " UNION ALL ".join(
        f"SELECT {number} AS n, {sums} FROM frazil.`{source.schema}`.`{table}`" for number, (source, table) in enumerate(names)
    )
    columns = "id, customer, status, total, CAST(placed AS STRING)"
    counts, *orders = spark.query(
        lake, counting, *(f"SELECT {columns} FROM frazil.`{source.schema}`.orders" for source in sources.values())
    )
    for (source, table), (_, *answer) in zip(names, sorted(counts, key=lambda row: int(row[0]))):
        expected = lake.query_duckdb(
            f"SELECT {sums} FROM {{{source.lake_name(table)}}}"
        )[0]
        assert [int(value) for value in answer] == [int(value) for value in expected], table
        assert_equal(source, lake, table)
    for source, rows in zip(sources.values(), orders):
        expected = lake.query_duckdb(
            "SELECT id, customer, status, total, strftime(CAST(placed AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%f') FROM "
            f"{{{source.lake_name('orders')}}}"
        )
        clean = lambda row: tuple(None if v is None else _moment(str(v)) if index == 4 else str(v) for index, v in enumerate(row))
        assert sorted(map(clean, rows), key=repr) == sorted(map(clean, expected), key=repr)


def _moment(text):
    """Spark prints fractions without trailing zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text
