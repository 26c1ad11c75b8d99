"""Killed between any two steps of the copy and the commit, started again: the tables equal the source."""

import signal

import pytest
from harness.workload import Workload, assert_all_equal, create_schema

# A place that only catalogs without common commits reach, commit.table-committed, is covered by the simulation.
COMMIT = ["commit.ready", "commit.metadata-written", "commit.half-swapped", "commit.swapped", "epoch.manifests-written"]
COPY = ["start.table-created", "copy.files-written", "copy.committed"]
# Each program's first commit is its claim of the ledger.
COPY_MOMENTS = (
    ["commit.metadata-written:1", "commit.swapped:1", "start.ledger-claimed:1"]
    + [f"{point}:{count}" for point in COPY for count in (1, 2)] + [f"{point}:{count}" for point in COMMIT for count in (2, 3)]
)
STREAM = ["epoch.spilled", "epoch.files-written", "epoch.committed", "epoch.acknowledged"]


def kill_at(pipeline, point):
    """Runs the program until it reaches a fail point, where it must die as by SIGKILL."""
    pipeline.environment["FRAZIL_FAIL_POINT"] = point
    outcome = pipeline.call("run", "--until-caught-up")
    del pipeline.environment["FRAZIL_FAIL_POINT"]
    assert outcome.code == -signal.SIGKILL, f"the run should have died at {point}: {outcome}"


def insert_more_than_an_epoch_holds(source):
    rows = ", ".join(f"({100_000 + number}, 'large', 1, '{'x' * 1000}')" for number in range(2500))
    source.execute(f"INSERT INTO customers VALUES {rows}")


@pytest.mark.parametrize("point", COPY_MOMENTS)
@pytest.mark.kinds("mariadb", "postgres15")
def test_a_copy_that_is_killed_between_two_steps_is_repeated_whole(source, make_pipeline, point):
    workload = Workload(3)
    create_schema(source)
    workload.fill(source, orders=300, customers=50)
    pipeline = make_pipeline()
    kill_at(pipeline, point)
    workload.apply(source, 10)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.modes("position", "equality", "v3")
@pytest.mark.kinds("mariadb", "postgres15")
def test_an_epoch_that_is_killed_between_two_steps_is_repeated_whole(source, make_pipeline):
    workload = Workload(4)
    create_schema(source)
    workload.fill(source, orders=300, customers=50)
    pipeline = make_pipeline()
    pipeline.replace("bytes: 64MB", "bytes: 1MB")
    pipeline.catch_up()
    for point in STREAM + [f"{point}:2" for point in COMMIT]:
        workload.apply(source, 12)
        if point == "epoch.spilled":
            insert_more_than_an_epoch_holds(source)
        kill_at(pipeline, point)
        workload.apply(source, 3)
        pipeline.catch_up()
        assert_all_equal(source, pipeline.lake)
