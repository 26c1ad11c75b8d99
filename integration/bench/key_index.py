"""Figures of the key index alone, without a server, on one core.

`indexes/` holds the program (`index-bench`). The peers: a dictionary of Swift's standard library for look-ups, DuckDB making a
primary key of the same files' column for a rebuild, a rebuild for a restart with the stored index.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from .measure import measure

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("FRAZIL_INDEX_BENCH", ROOT / ".build/release/index-bench"))
NAMES = ("index-lookup", "index-rebuild", "index-restart")
INDEX_KEYS = """
import sys, time
import duckdb
best = 1e9
for lap in range(3):
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET enable_progress_bar = false")
    began = time.process_time()
    connection.execute("CREATE TABLE keys (id BIGINT PRIMARY KEY)")
    connection.execute(f"INSERT INTO keys SELECT id FROM read_parquet('{sys.argv[1]}/part-*.parquet')")
    best = min(best, time.process_time() - began)
    (rows,), = connection.execute("SELECT count(*) FROM keys").fetchall()
print(f"rows={rows} seconds={best}")
"""


def bench(name, folder, options):
    """Prints one line, of processor time on one core; a rebuild and a restart in seconds."""
    keys, what = options.keys, name.removeprefix("index-")
    if what != "lookup":
        subprocess.run([PROGRAM, "write", str(keys), folder], check=True)
    runs = [_run([PROGRAM, what, str(keys), folder]) for _ in range(options.runs)]
    median = lambda key: statistics.median(run[key] for run in runs)
    if what == "rebuild":
        peers = [_run([sys.executable, "-c", INDEX_KEYS, folder]) for _ in range(options.runs)]
        peer_name, peer_seconds = "duckdb-primary-key", statistics.median(peer["seconds"] for peer in peers)
    else:
        peer_name, peer_seconds = {"lookup": "swift-dictionary", "restart": "rebuild"}[what], median("peer_seconds")
    seconds = median("seconds")
    value = f"{median('lookups') / seconds:.0f} lookups/s" if what == "lookup" else f"{seconds:.3f} s"
    extra = f" bytes_per_key={median('bytes_per_key'):.1f}" if what == "lookup" else f" rss_mb={median('peak_memory_mb'):.0f}"
    print(f"bench {name} {value} ratio={peer_seconds / seconds:.2f} vs={peer_name} keys={keys}{extra}", flush=True)


def _run(command):
    """Runs a command on one core; returns its figures, and its peak memory."""
    core = str(max(os.sched_getaffinity(0)))
    with tempfile.TemporaryFile("w+") as output:
        cost = measure(["taskset", "-c", core, *command], stdout=output)
        output.seek(0)
        return {"peak_memory_mb": cost.peak_memory_mb} | {
            key: float(value) for key, value in (pair.split("=") for pair in output.read().split())
        }
