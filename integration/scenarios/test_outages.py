"""What the lake needs is away for a while: frazil waits, the source keeps its log, and nothing is lost."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from harness import compare
from harness.rest import ReferenceServer, RestLake
from harness.workload import TABLES, Workload, assert_all_equal, create_schema

# By hand for as long as it takes to believe it: FRAZIL_OUTAGE_SECONDS=300.
OUTAGE_SECONDS = float(os.environ.get("FRAZIL_OUTAGE_SECONDS") or 8)
_FULL_DISK = Path(compare.__file__).parent / "c/full_disk.c"


def count_in_lake(source, pipeline, table):
    (count,), = pipeline.lake.query_duckdb(f"SELECT count(*) FROM {{{source.lake_name(table)}}}")
    return count


def confirmed_position(source):
    """What PostgreSQL may throw away; MySQL's log is kept by its own rules."""
    if not source.is_postgres:
        return None
    return source.query("SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE database = current_database()")


def wait_until_caught_up(run, source, pipeline):
    """Until the lake has the rows of a marker table, which was filled last."""
    expected = source.query("SELECT count(*) FROM marker")[0][0]
    run.wait_for(lambda: count_in_lake(source, pipeline, "marker") == expected, timeout_seconds=180, what="the last row")


def warnings(run):
    return sum(" again" in line for line in run.output().err.splitlines())


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory):
    library = tmp_path_factory.mktemp("full-disk") / "full_disk.so"
    # The Swift toolchain brings a compiler where the system has none.
    compiler = shutil.which("cc") or shutil.which("clang")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, _FULL_DISK, "-ldl"], check=True)
    return library


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_full_disk_is_waited_out_in_copy_and_stream(source, make_pipeline, full_disk, tmp_path):
    workload = Workload(51)
    create_schema(source)
    workload.fill(source)
    source.execute("CREATE TABLE marker (id INT NOT NULL PRIMARY KEY)", "INSERT INTO marker VALUES (0)")
    pipeline = make_pipeline(interval="100ms", extra="snapshot: { workers: 1, rows-per-range: 1000 }")
    flag = tmp_path / "full"
    pipeline.environment |= {
        "LD_PRELOAD": str(full_disk), "FULL_DISK_FLAG": str(flag), "FULL_DISK_ROOT": str(pipeline.lake.folder),
    }
    with pipeline.start() as run:
        for round_number in range(2):
            if round_number == 0:
                # Before it has done anything a full disk ends it, with the reason.
                run.wait_for(lambda: "copying tables" in run.output().err, what="the first copy")
            flag.touch()
            workload.apply(source, 20)
            source.execute(f"INSERT INTO marker VALUES ({1 + round_number})")
            seen = warnings(run)
            run.wait_for(lambda: warnings(run) > seen, what="a word about the full disk")
            before = pipeline.lake.metadata_locations()
            time.sleep(1)
            assert pipeline.lake.metadata_locations() == before
            flag.unlink()
            run.wait_for_tables(*TABLES, "marker")
            wait_until_caught_up(run, source, pipeline)
        run.stop()
    assert_all_equal(source, pipeline.lake)
    outcome = pipeline.call("verify")
    assert outcome.code == 0, outcome
    unfinished = [path for path in pipeline.lake.folder.rglob("*") if path.name.endswith((".tmp", ".partial"))]
    assert not unfinished, unfinished


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_catalog_that_is_gone_is_waited_for_and_the_source_keeps_its_log(source, make_pipeline):
    workload = Workload(52)
    create_schema(source)
    workload.fill(source)
    source.execute("CREATE TABLE marker (id INT NOT NULL PRIMARY KEY)", "INSERT INTO marker VALUES (0)")
    server = ReferenceServer()
    try:
        pipeline = make_pipeline(
            lake=RestLake(server), catalog=f"{{ type: rest, uri: {server.uri} }}", warehouse=False, interval="100ms"
        )
        with pipeline.start() as run:
            run.wait_for_tables(*TABLES, "marker")
            server.stop()
            workload.apply(source, 1)
            time.sleep(1)
            before = confirmed_position(source)
            end = time.monotonic() + OUTAGE_SECONDS
            while time.monotonic() < end:
                workload.apply(source, 2)
                time.sleep(0.5)
                assert run.child.is_running(), run.output()
            # What is not in the lake yet stays in the source's log.
            assert confirmed_position(source) == before
            source.execute("INSERT INTO marker VALUES (1)")
            server.start()
            wait_until_caught_up(run, source, pipeline)
            run.stop()
        assert_all_equal(source, pipeline.lake)
        outcome = pipeline.call("verify")
        assert outcome.code == 0, outcome
    finally:
        server.stop()
