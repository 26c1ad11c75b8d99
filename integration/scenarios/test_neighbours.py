"""Others at work in the same catalog, while frazil streams into it: nobody loses a row, and nobody has to wait for long."""

import pyarrow as pa
import pytest
from harness import spark
from harness.background import Background
from harness.compare import assert_equal
from harness.frazil import Pipeline
from harness.lake import Lake
from harness.workload import TABLES, Workload, Writer, assert_all_equal, create_schema
from pyiceberg.exceptions import CommitFailedException

NOTE = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("text", pa.string())])
HISTORY_ROWS = 400


def create_history(source):
    """A table of several files that is at rest while somebody compacts it."""
    rows = ", ".join(f"({n}, 'row {n}')" for n in range(HISTORY_ROWS))
    source.execute("CREATE TABLE history (id INT NOT NULL PRIMARY KEY, v VARCHAR(40))", f"INSERT INTO history VALUES {rows}")


class NoteTaker(Background):
    """Appends to a table of its own with pyiceberg, and tags tables of ours, until told to stop."""

    def __init__(self, lake, ours):
        super().__init__()
        self.lake, self.ours, self.count, self.tags = lake, ours, 0, 0
        catalog = lake.catalog()
        catalog.create_namespace("notes")
        catalog.create_table("notes.notes", NOTE)

    def work(self):
        catalog = self.lake.catalog()
        while not self.stopping.is_set():
            catalog.load_table("notes.notes").append(pa.Table.from_pylist([{"n": self.count, "text": "x"}], NOTE))
            self.count += 1
            try:
                table = catalog.load_table(self.ours)
                table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, f"seen-{self.count}").commit()
                self.tags += 1
            except CommitFailedException:
                pass  # The table moved on meanwhile.
            self.stopping.wait(0.1)


def engine_work(compacted, expired):
    """What a Spark session does: a table of its own, and upkeep of ours."""
    yield "CREATE NAMESPACE frazil.spark"
    yield "CREATE TABLE frazil.spark.own (n BIGINT) USING iceberg"
    yield f"ALTER TABLE frazil.{expired} SET TBLPROPERTIES ('commit.retry.num-retries' = '50', 'commit.retry.max-wait-ms' = '200')"
    for n in range(2):
        yield f"INSERT INTO frazil.spark.own SELECT id FROM range({n * 10}, {n * 10 + 10})"
        yield f"CALL frazil.system.expire_snapshots(table => '{expired}', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)"
    yield f"CALL frazil.system.rewrite_data_files(table => '{compacted}', options => map('rewrite-all', 'true'))"


def test_pyiceberg_spark_and_two_of_us_work_in_one_catalog_at_once(server_pool, make_source, tmp_path):
    """T069, T077 and T080 beside a stream: what expires changes all the time, what was compacted changes at once after it."""
    lake = Lake(tmp_path / "lake")
    sources = [make_source(server_pool.get(kind)) for kind in ("mariadb", "postgres15")]
    workloads, pipelines = [], []
    for number, (source, mode) in enumerate(zip(sources, ("position", "v3"))):
        create_schema(source)
        create_history(source)
        workloads.append(Workload(60 + number))
        workloads[-1].fill(source)
        pipelines.append(Pipeline(tmp_path, source, name=f"shop{number}", mode=mode, lake=lake, interval="1s"))
    history, orders = (sources[0].lake_name(table) for table in ("history", "orders"))
    with pipelines[0].start() as first, pipelines[1].start() as second:
        runs = (first, second)
        for run in runs:
            run.wait_for_tables(*TABLES, "history")
        sequence = lake.metadata(orders)["last-sequence-number"]
        with NoteTaker(lake, sources[0].lake_name("customers")) as notes, Writer(sources[0], workloads[0], 0.05), Writer(sources[1], workloads[1], 0.05):
            # A Spark that runs already is quick: without these there might be nothing to expire.
            first.wait_for(lambda: lake.metadata(orders)["last-sequence-number"] - sequence >= 5, what="snapshots to expire")
            spark.query(lake, *engine_work(history, orders))
            for source in sources:
                source.execute("UPDATE history SET v = 'changed' WHERE id % 7 = 3", "DELETE FROM history WHERE id % 11 = 5")
        for run in runs:
            assert run.child.is_running(), run.output()
            run.stop()
    assert {snapshot["summary"]["operation"] for snapshot in lake.metadata(history)["snapshots"]} >= {"append", "replace"}
    expired = lake.metadata(orders)
    assert expired["last-sequence-number"] - sequence > len(expired["snapshots"]), "nothing was expired while frazil committed"
    for source, pipeline in zip(sources, pipelines):
        pipeline.catch_up()
        assert_all_equal(source, lake)
        assert_equal(source, lake, "history")
        outcome = pipeline.call("verify")
        assert outcome.code == 0, outcome
    assert notes.count > 5 and notes.tags > 0, (notes.count, notes.tags)
    assert lake.query_duckdb("SELECT count(*), count(DISTINCT n) FROM {notes.notes}") == [(notes.count, notes.count)]
    assert lake.query_duckdb("SELECT count(*), count(DISTINCT n) FROM {spark.own}") == [(20, 20)]


@pytest.mark.kinds("mariadb")
@pytest.mark.modes("equality")
@pytest.mark.parametrize("keeps_age", ["true", "false"])
def test_a_compaction_beside_deletes_by_key_is_right_or_refused(source, make_pipeline, keeps_age):
    """T078: rows that Spark writes anew stay as old as they were, or as new as its commit."""
    create_schema(source)
    workload = Workload(71)
    workload.fill(source)
    pipeline = make_pipeline(interval="200ms")
    orders = source.lake_name("orders")
    rewrite = f"map('rewrite-all', 'true', 'use-starting-sequence-number', '{keeps_age}')"
    with pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        sequence = pipeline.lake.metadata(orders)["last-sequence-number"]
        with Writer(source, workload, 0.02):
            try:
                spark.query(pipeline.lake, f"CALL frazil.system.rewrite_data_files(table => '{orders}', options => {rewrite})")
                operation = "replace"
            except AssertionError as failure:
                # New deletes by key reach rows that were to become new: it must not come through.
                assert keeps_age == "false" and "ValidationException" in str(failure), failure
                operation = "overwrite"
            run.wait_for(lambda: pipeline.lake.metadata(orders)["last-sequence-number"] > sequence + 3, what="commits of both")
        run.stop()
    assert operation in {snapshot["summary"]["operation"] for snapshot in pipeline.lake.metadata(orders)["snapshots"]}
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    assert pipeline.call("verify").code == 0
