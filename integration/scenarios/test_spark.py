"""Spark with Iceberg 1.10 reads the lake of the demo's two web shops as DuckDB and the sources do."""

import sys

import pytest
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
    for kind, mode in (("mariadb", "v3"), ("postgres15", "equality")):
        source = sources[kind] = make_source(server_pool.get(kind))
        shops.create(source, scale=0.01)
        pipeline = Pipeline(tmp_path, source, name=f"shop_{kind}", mode=mode, lake=lake)
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


@pytest.mark.kinds("mariadb")
@pytest.mark.modes("v3")
def test_deletion_vectors_of_spark_are_seen_and_taken_over(source, pipeline):
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT)", "INSERT INTO t VALUES " + ", ".join(f"({n}, {n})" for n in range(1, 5001)))
    pipeline.catch_up()
    table = f"frazil.`{source.schema}`.t"
    spark.query(
        pipeline.lake, f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')",
        f"DELETE FROM {table} WHERE id % 2 = 0 AND id <= 4000",
    )
    vectors = delete_files(pipeline, source)
    assert vectors and all(file["file_format"] == "PUFFIN" for file in vectors), vectors
    found = pipeline.call("verify")
    assert found.code != 0 and "2,000" in found.out + found.err, str(found)
    # What Spark deleted goes from the source as well, and a few rows of the same files with it.
    source.execute("DELETE FROM t WHERE id % 2 = 0 AND id <= 4000", "DELETE FROM t WHERE id IN (1, 4999)", "UPDATE t SET v = -1 WHERE id = 5")
    pipeline.catch_up()
    assert pipeline.call("verify").code == 0
    assert_equal(source, pipeline.lake, "t")
    vectors = delete_files(pipeline, source)
    assert sum(file["record_count"] for file in vectors) == 2003, vectors
    [[count, ids]] = spark.query(pipeline.lake, f"SELECT count(*), count(DISTINCT _row_id) FROM {table}")[0]
    assert (int(count), int(ids)) == (2998, 2998)


def delete_files(pipeline, source):
    return pipeline.lake.catalog().load_table(source.lake_name("t")).inspect.delete_files().to_pylist()


def _moment(text):
    """Spark prints fractions without trailing zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text
