"""Snapshot and stream: whatever the source's tables hold, both readers find exactly the same rows in the lake."""

import time

import pytest
from harness.compare import assert_equal
from harness.seeds import new_seed
from harness.workload import KEYS, TABLES, Workload, Writer, assert_all_equal, create_schema


pytestmark = pytest.mark.modes("position", "equality", "v3")


@pytest.fixture
def workload(request):
    """A workload whose seed is printed with a failure; FRAZIL_TEST_SEED repeats one."""
    seed = new_seed("workload seed")
    return Workload(seed)


@pytest.mark.modes("v3")
def test_snapshot_alone_equals_the_source(source, pipeline, workload):
    create_schema(source)
    workload.fill(source, orders=2000)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.modes("position")
def test_empty_tables_appear_and_fill_up(source, pipeline, workload):
    create_schema(source)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    workload.fill(source)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


def test_random_changes_while_running_equal_the_source(source, make_pipeline, workload):
    create_schema(source)
    workload.fill(source)
    pipeline = make_pipeline()
    with pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        for _ in range(4):
            workload.apply(source, 40)
            time.sleep(0.3)
        run.stop()
    workload.apply(source, 40)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    # Once more from a standing start: nothing new in the log must change nothing.
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


def test_changes_during_the_snapshot_are_neither_lost_nor_doubled(source, make_pipeline, workload):
    create_schema(source)
    workload.fill(source, orders=20_000, customers=500)
    pipeline = make_pipeline(extra="snapshot: { workers: 2, rows-per-range: 1000 }")
    with Writer(source, workload) as writer:
        with pipeline.start() as run:
            run.wait_for_tables(*TABLES)
            time.sleep(1)
            run.stop()
    assert writer.transactions > 10
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("position")
def test_tables_are_chosen_by_pattern_and_exclusion(source, make_pipeline, workload):
    create_schema(source)
    workload.fill(source)
    pipeline = make_pipeline(tables=[source.pattern("*"), "!" + source.pattern("order*")])
    pipeline.catch_up()
    workload.apply(source, 30)
    pipeline.catch_up()
    assert pipeline.lake.tables() == sorted(source.lake_name(name) for name in ("customers", "settings"))
    for table in ("customers", "settings"):
        assert_equal(source, pipeline.lake, table, key=KEYS[table])


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("v3")
def test_a_table_that_is_made_later_joins_at_the_next_start(source, make_pipeline, workload):
    create_schema(source)
    workload.fill(source)
    pipeline = make_pipeline()
    pipeline.catch_up()
    source.execute("CREATE TABLE later (id INT NOT NULL PRIMARY KEY, v VARCHAR(20))", "INSERT INTO later VALUES (1, 'a'), (2, 'b')")
    workload.apply(source, 10)
    pipeline.catch_up()
    source.execute("UPDATE later SET v = 'c' WHERE id = 2", "DELETE FROM later WHERE id = 1")
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    assert_equal(source, pipeline.lake, "later")


@pytest.mark.parametrize("kind,mode", [("mariadb", "position"), ("mysql", "v3"), ("postgres15", "equality"), ("postgres18", "v3")])
def test_one_large_transaction_arrives_whole(source, pipeline):
    source.execute("CREATE TABLE big (id INT NOT NULL PRIMARY KEY, v VARCHAR(200), n INT)")
    pipeline.catch_up()
    with source.connection() as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        for start in range(0, 60_000, 5000):
            rows = ", ".join(f"({i}, '{'x' * (i % 150)}', {i % 7})" for i in range(start, start + 5000))
            cursor.execute(f"INSERT INTO big VALUES {rows}")
        cursor.execute("UPDATE big SET n = n + 1")
        cursor.execute("DELETE FROM big WHERE id % 3 = 0")
        cursor.execute("COMMIT")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "big")
    source.execute("UPDATE big SET n = -n WHERE id % 2 = 0")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "big")
