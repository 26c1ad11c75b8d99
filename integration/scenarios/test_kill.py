"""Killed at any moment and started again: nothing is lost and no row is there twice."""

import random
import time

import pytest
from harness.compare import assert_equal
from harness.seeds import new_seed
from harness.workload import KEYS, TABLES, Workload, Writer, create_schema

MOMENTS = {"mariadb": 30, "postgres15": 30, "mysql": 10}
MOMENTS_PER_LAKE = 10
# Many small pieces make a snapshot that can be hit in many places.
SMALL_RANGES = "snapshot: { workers: 2, rows-per-range: 1000 }"


def assert_no_row_twice(lake, source):
    """Read in the middle of things: whatever is visible has each key at most once."""
    for table in TABLES:
        name = source.lake_name(table)
        if name in lake.metadata_locations() and lake.snapshot_id(name) not in (None, -1):
            keys = ", ".join(KEYS[table])
            doubled = lake.query_duckdb(f"SELECT {keys}, count(*) FROM {{{name}}} GROUP BY ALL HAVING count(*) > 1 LIMIT 3")
            assert not doubled, f"{name} holds a key more than once after a kill: {doubled}"


@pytest.mark.parametrize("kind,mode", zip(MOMENTS, ("position", "v3", "equality"), strict=True))
def test_killed_at_random_moments_the_tables_equal_the_source(source, make_pipeline, tmp_path, kind):
    seed = new_seed("moments and workload")
    chance, workload = random.Random(seed), Workload(seed)
    create_schema(source)
    workload.fill(source, orders=15_000, customers=200)
    for number in range(MOMENTS[kind] // MOMENTS_PER_LAKE):
        # A new lake each time, so that several kills fall into the snapshot, some into the hand-over.
        pipeline = make_pipeline(folder=tmp_path / str(number), name=f"kill{number}", extra=SMALL_RANGES)
        with Writer(source, workload, pause_seconds=0.002):
            for _ in range(MOMENTS_PER_LAKE):
                with pipeline.start() as run:
                    time.sleep(chance.choice([chance.uniform(0.02, 0.3), chance.uniform(0.1, 1.2)]))
                    if not run.child.is_running():
                        raise AssertionError(f"frazil ended by itself: {run.output()}")
                    run.kill()
                assert_no_row_twice(pipeline.lake, source)
        pipeline.catch_up()
        for table in TABLES:
            assert_equal(source, pipeline.lake, table, key=KEYS[table])


@pytest.mark.kinds("mariadb", "postgres15")
def test_deleting_the_state_folder_harms_nothing(source, make_pipeline, tmp_path):
    """The position lives in the lake: everything beside lake and pipeline file may vanish."""
    workload = Workload(11)
    create_schema(source)
    workload.fill(source)
    pipeline = make_pipeline()
    pipeline.catch_up()
    workload.apply(source, 30)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != pipeline.path and pipeline.lake.folder not in path.parents:
            path.unlink()
    pipeline.catch_up()
    for table in TABLES:
        assert_equal(source, pipeline.lake, table, key=KEYS[table])
