"""Figures of the file format alone, without a server: one core, in turns with the same work in pyarrow.

`formats/` holds our side (a Swift program, `format-bench`), `pyarrow_peer.py` the other. Both take the benchmark's name, the
rows, the laps of which the fastest counts, and the file with the table; both print `key=value` pairs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from .measure import measure

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("FRAZIL_FORMAT_BENCH", ROOT / ".build/release/format-bench"))
NAMES = ("encode-none", "encode-snappy", "encode-zstd1", "read-all", "read-key", "write-memory")
LAPS = 7


def bench(name, folder, options):
    """Prints one line; the value and the ratio are by processor time of one core, `wall_ratio` by the clock."""
    if name == "write-memory":
        return bench_memory()
    table = folder / "table.parquet"
    # What is read is compressed; pyarrow encodes from a table without the cost of that.
    form = "write-zstd1" if name.startswith("read-") else "write-table"
    subprocess.run([PROGRAM, form, str(options.rows), table], check=True)
    arguments = [name, str(options.rows), str(LAPS), str(table)]
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(_run([PROGRAM, *arguments]))
        theirs.append(_run([sys.executable, "-m", "bench.pyarrow_peer", *arguments]))
    median = lambda results, key: statistics.median(result[key] for result in results)
    rate = lambda results, key: options.rows / median(results, key)
    print(
        f"bench {name} {rate(ours, 'cpu_seconds'):.0f} rows/s"
        f" ratio={rate(ours, 'cpu_seconds') / rate(theirs, 'cpu_seconds'):.2f} vs=pyarrow"
        f" cpu_s_per_million={median(ours, 'cpu_seconds') * 1e6 / options.rows:.3f} rss_mb={median(ours, 'peak_memory_mb'):.0f}"
        f" wall_ratio={rate(ours, 'wall_seconds') / rate(theirs, 'wall_seconds'):.2f}"
        f" size_ratio={median(ours, 'bytes') / median(theirs, 'bytes'):.3f}",
        flush=True,
    )


def bench_memory(gigabytes=10, threads=2, batch_rows=20_000):
    """Streams a table far larger than memory through the writer; the ratio is to the three row groups that it may take."""
    figures = _run([PROGRAM, "memory", str(gigabytes), str(threads), str(batch_rows), "whole"])
    print(
        f"bench write-memory {figures['peak_memory_mb']:.0f} MB ratio={3 * figures['row_group_mb'] / figures['peak_memory_mb']:.2f}"
        f" vs=three-row-groups appended_mb={figures['appended_mb']:.0f} row_groups={figures['row_groups']:.0f}",
        flush=True,
    )


def _run(command):
    """Runs a command on one core; returns its figures, and its peak memory."""
    core = str(max(os.sched_getaffinity(0)))
    with tempfile.TemporaryFile("w+") as output:
        cost = measure(["taskset", "-c", core, *command], stdout=output)
        output.seek(0)
        figures = dict(pair.split("=") for pair in output.read().split())
    return {"peak_memory_mb": cost.peak_memory_mb} | {key: float(value) for key, value in figures.items()}
