"""What readers pay for our way of writing: a table that many commits have changed against the same table copied afresh."""

import statistics
import time
from dataclasses import dataclass

from harness import spark
from harness.frazil import Pipeline
from harness.lake import CATALOG_NAME

from . import tables

COMMITS = 50
ROWS_PER_COMMIT = 20_000
QUERY = "SELECT count(*), sum(amount) FROM {table}"
# Reads that count, and those before them that fill caches and let Java compile.
READS, WARM_UPS = {"duckdb": 7, "spark": 8}, {"duckdb": 1, "spark": 6}


@dataclass
class Reading:
    """What a reader answered, and the medians of what that took; CPU time tells more where others share the machine."""

    answer: str
    seconds: float
    cpu_seconds: float


def prepare(source, folder, rows, run_once, extra=""):
    """(changed, fresh): two pipelines whose lakes hold the same rows."""
    tables.insert_rows(source, 1, rows)
    options = dict(tables=[source.pattern("orders")], extra=extra)
    changed = Pipeline(folder / "changed", source, name="changed", interval="100ms", **options)
    run_once(changed)
    name = source.lake_name("orders")
    with changed.start() as run:
        for number in range(COMMITS):
            before = changed.lake.snapshot_id(name)
            tables.replace_rows(source, rows, number, ROWS_PER_COMMIT)
            run.wait_for(lambda: changed.lake.snapshot_id(name) != before, what=f"commit {number + 1}")
        run.stop()
    fresh = Pipeline(folder / "fresh", source, name="fresh", interval="10s", **options)
    run_once(fresh)
    return changed, fresh


def live_files(pipeline, name):
    """(data files, delete files) of the newest snapshot, from its summary."""
    metadata = pipeline.lake.metadata(name)
    current = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])
    return tuple(int(current["summary"][f"total-{kind}-files"]) for kind in ("data", "delete"))


def equality_deletes(pipeline, name):
    """The rows of equality deletes in the newest snapshot, from its summary."""
    metadata = pipeline.lake.metadata(name)
    current = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])
    return int(current["summary"].get("total-equality-deletes", 0))


def read_duckdb(pipelines, name):
    """A reading for each pipeline; the reads take turns, so that what else the machine does weighs on all alike."""
    query = QUERY.replace("{table}", "{" + name + "}")
    answers, seconds, cpu_seconds = ([[] for _ in pipelines] for _ in range(3))
    for _ in range(WARM_UPS["duckdb"] + READS["duckdb"]):
        for number, pipeline in enumerate(pipelines):
            began, cpu_before = time.monotonic(), time.process_time()
            answers[number].append(str(pipeline.lake.query_duckdb(query)))
            seconds[number].append(time.monotonic() - began)
            cpu_seconds[number].append(time.process_time() - cpu_before)
    return [_reading("duckdb", *taken) for taken in zip(answers, seconds, cpu_seconds)]


def read_spark(pipelines, name):
    """The same by Spark, in a session for each: Spark sees one lake at a time."""
    query, count = QUERY.format(table=f"{CATALOG_NAME}.{name}"), WARM_UPS["spark"] + READS["spark"]
    return [_reading("spark", *spark.timed_query(pipeline.lake, query, count)) for pipeline in pipelines]


def _reading(reader, answers, seconds, cpu_seconds):
    found = {str(answer) for answer in answers}
    if len(found) != 1:
        raise SystemExit(f"one query has {len(found)} answers: {sorted(found)}")
    counted = slice(WARM_UPS[reader], None)
    return Reading(found.pop(), statistics.median(seconds[counted]), statistics.median(cpu_seconds[counted]))


READERS = {"duckdb": read_duckdb, "spark": read_spark}
