"""From the source's commit to the snapshot that readers see, with changes in many tables in every epoch."""

import math
import os
import threading
import time
from pathlib import Path

from harness.frazil import Pipeline
from harness.source import Source

TABLES = 100
INTERVAL_SECONDS = 1
# The table whose rows are only inserted, one a transaction: its row count tells which transactions a snapshot has.
PROBE = "t000"
POLL_SECONDS = 0.02
# What is promised for the slowest of a hundred transactions.
GOAL_SECONDS = 3


def bench(name, source: Source, folder, seconds):
    """Prints one line; every transaction changes every table, and all tables are committed together."""
    for number in range(TABLES):
        source.execute(
            f"CREATE TABLE t{number:03} (id BIGINT NOT NULL PRIMARY KEY, changed BIGINT NOT NULL, note VARCHAR(40))"
        )
        source.execute(f"INSERT INTO t{number:03} VALUES (0, 0, 'first')")
    pipeline = Pipeline(folder, source, name="freshness", interval=f"{INTERVAL_SECONDS}s")
    with pipeline.start() as run:
        run.wait_for_tables(*(f"t{number:03}" for number in range(TABLES)), timeout_seconds=120)
        writer = _Writer(source)
        delays = _follow(run, pipeline, source.lake_name(PROBE), writer, seconds)
        cpu_seconds, peak_mb = _cost(run.child.process.pid)
        run.stop()
    for table in (PROBE, f"t{TABLES - 1:03}"):
        (count, newest), = pipeline.lake.query_duckdb(f"SELECT count(*), max(changed) FROM {{{source.lake_name(table)}}}")
        wanted = source.query(f"SELECT count(*), max(changed) FROM {table}")[0]
        if (count, newest) != tuple(wanted):
            raise SystemExit(f"the lake's {table} has {count, newest}, the source {wanted}")
    delays.sort()
    quantile = lambda share: delays[min(len(delays) - 1, math.ceil(len(delays) * share) - 1)]
    print(
        f"bench {name} {quantile(0.99):.2f} s ratio={GOAL_SECONDS / quantile(0.99):.2f} vs=three-seconds"
        f" median={quantile(0.5):.2f} longest={delays[-1]:.2f} transactions={len(delays)} seconds={seconds}"
        f" cpu_share={cpu_seconds / seconds:.2f} rss_mb={peak_mb:.0f}",
        flush=True,
    )


class _Writer(threading.Thread):
    """Four transactions a second, each of which inserts into the probe and updates or inserts in every other table."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source, self.committed, self.is_done = source, [], threading.Event()

    def run(self):
        with self.source.connection() as connection:
            cursor = connection.cursor()
            number = 0
            while not self.is_done.is_set():
                number += 1
                cursor.execute("BEGIN")
                cursor.execute(f"INSERT INTO {PROBE} VALUES ({number}, {number}, 'next')")
                for table in range(1, TABLES):
                    cursor.execute(f"UPDATE t{table:03} SET changed = {number}")
                cursor.execute("COMMIT")
                self.committed.append(time.monotonic())
                self.is_done.wait(0.25)


def _follow(run, pipeline, name, writer, seconds):
    """The delay of each transaction, in the order of their commits."""
    writer.start()
    delays, end = [], time.monotonic() + seconds
    while not writer.is_done.is_set() or len(delays) < len(writer.committed):
        if time.monotonic() > end:
            writer.is_done.set()
            writer.join()
        if time.monotonic() > end + 60 or not run.child.is_running():
            raise SystemExit(f"only {len(delays)} of {len(writer.committed)} transactions arrived: {run.output()}")
        seen, now = _row_count(pipeline, name) - 1, time.monotonic()
        for number in range(len(delays), min(seen, len(writer.committed))):
            delays.append(now - writer.committed[number])
        time.sleep(POLL_SECONDS)
    return delays


def _row_count(pipeline, name):
    metadata = pipeline.lake.metadata(name)
    current = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])
    return int(current["summary"]["total-records"])


def _cost(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024
