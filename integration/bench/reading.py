"""What readers pay for our way of writing: a table that many commits have changed against the same table copied afresh."""

import statistics
import time
from dataclasses import dataclass

from harness import spark
from harness.frazil import Pipeline
from harness.lake import CATALOG_NAME

from . import tables


@dataclass
class Setting:
    """How a table is changed before it is read: the pipeline's way of deleting, and commits."""

    mode: str = "position"
    commits: int = 50


# By what stands between `read-cost` and the reader in a benchmark's name.
SETTINGS = {"": Setting(), "v3-": Setting(mode="v3"), "long-": Setting(commits=1000), "equality-": Setting(mode="equality")}
ROWS_PER_COMMIT = 20_000
QUERY = "SELECT count(*), sum(amount) FROM {table}"
# Reads that count, and those before them that fill caches and let Java compile.
READS, WARM_UPS = {"duckdb": 7, "spark": 8}, {"duckdb": 1, "spark": 6}
# DuckDB is asked no more when its reads have taken so long.
PATIENCE_SECONDS = 60


@dataclass
class Reading:
    """What a reader answered, and the medians of what that took; CPU time tells more where others share the machine."""

    answer: str
    seconds: float
    cpu_seconds: float


def prepare(source, folder, rows, run_once, setting):
    """(changed, fresh): two pipelines whose lakes hold the same rows."""
    tables.insert_rows(source, 1, rows)
    options = dict(tables=[source.pattern("orders")])
    changed = Pipeline(folder / "changed", source, name="changed", interval="100ms", mode=setting.mode, **options)
    run_once(changed)
    name = source.lake_name("orders")
    with changed.start() as run:
        for number in range(setting.commits):
            before = changed.lake.snapshot_id(name)
            tables.replace_rows(source, rows, number, ROWS_PER_COMMIT)
            run.wait_for(lambda: changed.lake.snapshot_id(name) != before, what=f"commit {number + 1}")
        if setting.mode != "equality":
            # What is done beside the stream may still be under way.
            settled = lambda: equality_deletes(changed, name) == 0
            run.wait_for(settled, what="deletes by key to become positions")
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
    began_all = time.monotonic()
    for turn in range(WARM_UPS["duckdb"] + READS["duckdb"]):
        if turn > 0 and time.monotonic() - began_all > PATIENCE_SECONDS:
            break
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
    counted = slice(min(WARM_UPS[reader], len(answers) - 1), None)
    return Reading(found.pop(), statistics.median(seconds[counted]), statistics.median(cpu_seconds[counted]))


READERS = {"duckdb": read_duckdb, "spark": read_spark}
