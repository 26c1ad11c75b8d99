"""Shows in a minute what frazil does, on real servers: `make demo`."""

import argparse
import contextlib
import shlex
import shutil
import time
from pathlib import Path

from harness import servers
from harness.background import Background
from harness.frazil import Pipeline
from harness.lake import Lake
from harness.processes import CACHE, REPOSITORY, exit_on_signals
from harness.source import Source
from harness.spark import settings

from . import shops

FOLDER = REPOSITORY / "demo-lake"


class Story:
    """Ten numbered lines for a newcomer, with the time each step took."""

    def __init__(self):
        self.number, self.started = 0, time.monotonic()

    def tell(self, text):
        self.number += 1
        print(f"{self.number:>2}. [{time.monotonic() - self.started:5.1f} s] {text}", flush=True)


class Life(Background):
    """Both shops live on in a thread of their own."""

    def __init__(self, sources):
        super().__init__()
        self.sources, self.rounds = sources, 0

    def work(self):
        while not self.stopping.is_set():
            for source in self.sources:
                shops.change(source, rounds=5, seed=self.rounds)
                self.rounds += 5
            time.sleep(0.01)


def count_rows(lake):
    return sum(lake.query_duckdb(f"SELECT count(*) FROM {{{name}}}")[0][0] for name in lake.tables())


def main():
    argparse.ArgumentParser(prog="make demo", description=__doc__).parse_args()
    exit_on_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    story, lake = Story(), Lake(FOLDER)
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(servers.start(kind)) for kind in ("mariadb", "postgres15")]
        shop, store = Source(running[0], "shop"), Source(running[1], "store")
        sources = [shop, store]
        for source in sources:
            shops.create(source)
        rows = sum(shops.ROWS.values()) * 2
        story.tell(f"Started MariaDB and PostgreSQL, each with a web shop of 4 tables: {rows:,} rows in all.")
        pipelines = [
            Pipeline(FOLDER, shop, name="mariadb_shop", lake=lake, interval="1s", namespace="mariadb_{schema}"),
            Pipeline(FOLDER, store, name="postgres_shop", lake=lake, interval="1s", namespace="postgres_{schema}"),
        ]
        runs = [stack.enter_context(pipeline.start()) for pipeline in pipelines]
        for run in runs:
            run.wait_for(lambda: len(lake.tables()) == 8 and count_rows(lake) >= rows, 300, "the snapshot of 8 tables")
        story.tell(f"`frazil run` copied all 8 tables into one Iceberg lake, {count_rows(lake):,} rows, and now follows both logs.")
        with Life(sources) as life:
            time.sleep(2)
            for source in sources:
                source.execute("ALTER TABLE orders ADD COLUMN coupon VARCHAR(20)", "UPDATE orders SET coupon = 'SUMMER' WHERE id % 100 = 0")
            story.tell(f"The shops changed data all the while ({life.rounds} rounds so far) and got a new column, orders.coupon.")
            time.sleep(2)
            for run in runs:
                run.kill()
            story.tell("Killed both frazil processes with SIGKILL in the middle of it, without warning.")
            time.sleep(1)
            runs = [stack.enter_context(pipeline.start()) for pipeline in pipelines]
            time.sleep(4)
            story.tell(f"Started them again; they went on where the lake was. The shops are at round {life.rounds}.")
        for run in runs:
            run.stop()
        for pipeline in pipelines:
            pipeline.catch_up()
        story.tell("Stopped the shops, let frazil catch up, and stopped it with SIGTERM: it committed and left.")
        for pipeline, source in zip(pipelines, sources):
            outcome = pipeline.call("verify")
            if outcome.code != 0:
                raise SystemExit(f"`frazil verify {pipeline.path}` found a difference: {outcome}")
            story.tell(f"`frazil verify` compared every row of {source.server.kind.rstrip('15')} with the lake: equal, nothing lost, nothing twice.")
        show(lake, story)
    story.tell("Stopped the servers; no process is left. The lake stays in ./demo-lake for you to look at:")
    print(how_to_open(lake))


def show(lake, story):
    story.tell("This is the lake, as DuckDB sees it:")
    for name in lake.tables():
        count, files = lake.query_duckdb(f"SELECT count(*) FROM {{{name}}}")[0][0], lake.metadata(name)["snapshots"]
        print(f"        {name:<28} {count:>8,} rows  {len(files):>4} snapshots")
    for namespace in sorted({name.split(".")[0] for name in lake.tables()}):
        answer = lake.query_duckdb(
            f"SELECT status, count(*), sum(total), count(coupon) FROM {{{namespace}.orders}} GROUP BY status ORDER BY status"
        )
        text = "; ".join(f"{status} {count:,} worth {total:,}" for status, count, total, _ in answer)
        print(f"        {namespace}.orders by status: {text}; with a coupon: {sum(row[3] for row in answer)}")


def how_to_open(lake):
    orders = next(name for name in lake.tables() if name.endswith(".orders"))
    location = lake.metadata_locations()[orders].removeprefix("file://")
    options = " ".join(f"--conf {shlex.quote(f'{key}={value}')}" for key, value in settings(lake).items())
    return f"""
  DuckDB    {CACHE}/python/bin/python -c "import sys; sys.path.insert(0, '{REPOSITORY}/integration'); \\
              from harness.lake import Lake; print(Lake('{lake.folder}').query_duckdb('SELECT * FROM {{{orders}}} LIMIT 5'))"
            or in any DuckDB with the iceberg extension: SELECT * FROM iceberg_scan('{location}');
  pyiceberg {CACHE}/python/bin/python -c "from pyiceberg.catalog.sql import SqlCatalog; \\
              print(SqlCatalog('frazil', uri='sqlite:///{lake.catalog_path}').load_table('{orders}').scan(limit=5).to_arrow())"
  Spark     integration/setup spark && PATH={CACHE}/spark/bin:$PATH pyspark {options}
            then: spark.sql("SELECT * FROM frazil.{orders}").show()
"""


if __name__ == "__main__":
    main()
