"""Prints one line per benchmark: `bench NAME VALUE UNIT ratio=X vs=PEER cpu_s_per_million=Y rss_mb=Z`.

Each is run three times and the median counts; ratio above 1 means faster than the peer, measured in the same run.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import servers
from harness.frazil import Pipeline
from harness.processes import exit_on_signals
from harness.source import Source

from . import file_formats, freshness, key_index, peers, reading, tables
from .measure import measure

KINDS = {"mariadb": "mariadb", "mysql": "mysql", "postgres": "postgres15"}
DEFAULT_SOURCES = ("mariadb", "postgres")


def run_once(pipeline):
    with open(pipeline.folder / "bench.log", "ab") as log:
        try:
            return measure(
                pipeline.command("run", "--until-caught-up"), env=pipeline.environment, stdout=log, stderr=subprocess.STDOUT
            )
        except RuntimeError as error:
            raise SystemExit(f"{error}\n{(pipeline.folder / 'bench.log').read_text()[-2000:]}") from None


def new_pipelines(source, folder, options, prefix):
    return [
        Pipeline(folder / f"{prefix}{number}", source, name=f"{prefix}{number}", tables=[source.pattern("orders")], interval="10s")
        for number in range(options.runs)
    ]


def bench_snapshot(source, folder, options):
    tables.insert_rows(source, 1, options.rows)
    pairs = []
    for pipeline in new_pipelines(source, folder, options, "snapshot"):
        peer_name, peer = peers.snapshot(source)
        pairs.append((run_once(pipeline), peer))
        drop_slots(source)
    return options.rows, "rows/s", peer_name, pairs


def bench_drain_inserts(source, folder, options):
    return drain(source, folder, options, "inserts", 0, lambda: tables.insert_rows(source, 1, options.rows) or options.rows, "rows/s")


def bench_drain_mix(source, folder, options):
    loaded = options.loaded or options.rows
    change = lambda: tables.change_rows(source, loaded, options.rows)
    return drain(source, folder, options, "mix", loaded, change, "changes/s")


def drain(source, folder, options, prefix, loaded, make_backlog, unit):
    """Snapshots first, makes the backlog while nobody reads, and measures how each pipeline drains it."""
    if loaded:
        tables.insert_rows(source, 1, loaded)
    pipelines = new_pipelines(source, folder, options, prefix)
    for pipeline in pipelines:
        run_once(pipeline)
    reader = peers.LogReader(source, options.runs)
    count = make_backlog()
    pairs = []
    for pipeline in pipelines:
        peer = reader.read()
        pairs.append((run_once(pipeline), peer))
    for pipeline in pipelines:
        (rows,), = pipeline.lake.query_duckdb(f"SELECT count(*) FROM {{{source.lake_name('orders')}}}")
        (wanted,), = source.query("SELECT count(*) FROM orders")
        if rows != wanted:
            raise SystemExit(f"the lake of {pipeline.name} has {rows} rows, the source {wanted}")
        if equality := reading.equality_deletes(pipeline, source.lake_name("orders")):
            raise SystemExit(f"the lake of {pipeline.name} has {equality} equality deletes")
    return count, unit, reader.name, pairs


def bench_read_cost(setting, readers, folder, options):
    """One line a reader: seconds for the changed table, and how many times the fresh one's that is (below 1 is faster)."""
    with servers.start("mariadb", "--innodb-buffer-pool-size=1G") as server:
        source = Source(server, "bench")
        tables.create(source)
        changed, fresh = reading.prepare(source, folder, options.read_rows, run_once, reading.SETTINGS[setting])
        server.stop()
    name = source.lake_name("orders")
    data_files, delete_files = reading.live_files(changed, name)
    for reader in readers:
        ours, theirs = reading.READERS[reader]([changed, fresh], name)
        if ours.answer != theirs.answer:
            raise SystemExit(f"{reader} reads {ours.answer} from the changed table and {theirs.answer} from the fresh one")
        print(
            f"bench read-cost-{setting}{reader} {ours.seconds:.3f} s ratio={theirs.seconds / ours.seconds:.2f} vs=fresh-copy"
            f" times={ours.seconds / theirs.seconds:.2f} cpu_times={ours.cpu_seconds / theirs.cpu_seconds:.2f}"
            f" data_files={data_files} delete_files={delete_files}",
            flush=True,
        )


def drop_slots(source):
    if source.is_postgres:
        for slot, in source.query("SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND NOT active"):
            source.execute(f"SELECT pg_drop_replication_slot('{slot}')")


BENCHMARKS = {"snapshot": bench_snapshot, "drain-inserts": bench_drain_inserts, "drain-mix": bench_drain_mix}


def report(name, count, unit, peer_name, pairs):
    ours, theirs = zip(*pairs)
    median = lambda costs, field: statistics.median(getattr(cost, field) for cost in costs)
    wall = median(ours, "wall_seconds")
    print(
        f"bench {name} {count / wall:.0f} {unit} ratio={median(theirs, 'wall_seconds') / wall:.2f} vs={peer_name}"
        f" cpu_s_per_million={median(ours, 'cpu_seconds') * 1e6 / count:.2f} rss_mb={median(ours, 'peak_memory_mb'):.0f}",
        flush=True,
    )


def main():
    read_names = [f"read-cost-{setting}{reader}" for setting in reading.SETTINGS for reader in reading.READERS]
    server_names = [f"{benchmark}-{source}" for benchmark in BENCHMARKS for source in KINDS]
    freshness_names = [f"freshness-{source}" for source in KINDS]
    names = [*file_formats.NAMES, *key_index.NAMES, *server_names, *freshness_names, *read_names]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--loaded", type=int, help="rows of the table before drain-mix changes it; as many as --rows without it")
    parser.add_argument("--seconds", type=int, default=60, help="how long freshness-… watches")
    parser.add_argument("--keys", type=int, default=10_000_000, help="keys of the index in index-…")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--read-rows", type=int, default=5_000_000, help="rows of the table in read-cost-…")
    options = parser.parse_args()
    default_names = [f"{benchmark}-{source}" for source in DEFAULT_SOURCES for benchmark in BENCHMARKS]
    default_freshness_names = [f"freshness-{source}" for source in DEFAULT_SOURCES]
    chosen = options.names or [*file_formats.NAMES, *key_index.NAMES, *default_names, *default_freshness_names, *read_names]
    if unknown := [name for name in chosen if name not in names]:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names)}")
    exit_on_signals()
    for name in (name for name in chosen if name in file_formats.NAMES):
        with tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
            file_formats.bench(name, Path(folder), options)
    for name in (name for name in chosen if name in key_index.NAMES):
        with tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
            key_index.bench(name, folder, options)
    for setting in reading.SETTINGS:
        if readers := [reader for reader in reading.READERS if f"read-cost-{setting}{reader}" in chosen]:
            with tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
                bench_read_cost(setting, readers, Path(folder), options)
    for name in (name for name in chosen if name in freshness_names):
        with servers.start(KINDS[name.rpartition("-")[2]]) as server, tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
            freshness.bench(name, Source(server, "bench"), Path(folder), options.seconds)
    for name in (name for name in chosen if name in server_names):
        benchmark, _, source_kind = name.rpartition("-")
        arguments = ["-c", "shared_buffers=512MB"] if source_kind == "postgres" else ["--innodb-buffer-pool-size=1G"]
        with servers.start(KINDS[source_kind], *arguments) as server, tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
            source = Source(server, "bench")
            tables.create(source)
            report(name, *BENCHMARKS[benchmark](source, Path(folder), options))


if __name__ == "__main__":
    main()
