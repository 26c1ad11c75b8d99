"""The work of a file format benchmark in pyarrow: `python -m bench.pyarrow_peer NAME ROWS LAPS TABLE`."""

import sys
import time

import pyarrow
import pyarrow.parquet

# As in formats/BenchTable.swift: the columns with a dictionary on both sides.
DICTIONARY_COLUMNS = ["qty", "status", "city"]
CODECS = {"none": ("none", None), "snappy": ("snappy", None), "zstd1": ("zstd", 1)}


def encode(codec, path):
    """(work, its bytes): writing the table to a sink that copies nothing, the whole table one chunk a column."""
    table = pyarrow.parquet.read_table(path, use_threads=False)
    arrays = [pyarrow.concat_arrays(column.chunks) for column in table.columns]
    table = pyarrow.table(arrays, schema=table.schema)
    compression, level = CODECS[codec]

    def work():
        sink = pyarrow.MockOutputStream()
        pyarrow.parquet.write_table(
            table, sink, compression=compression, compression_level=level, use_dictionary=DICTIONARY_COLUMNS,
            store_decimal_as_integer=True,
        )
        return sink.size()

    return work


def read(what, path):
    """(work, the file's bytes): reading the file from memory, all columns or the first; without its checksums, as is usual."""
    with open(path, "rb") as file:
        content = pyarrow.py_buffer(file.read())
    columns = None if what == "all" else pyarrow.parquet.read_schema(path).names[:1]

    def work():
        pyarrow.parquet.read_table(pyarrow.BufferReader(content), columns=columns, use_threads=False, pre_buffer=False)
        return content.size

    return work


def main():
    name, rows, laps, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    pyarrow.set_cpu_count(1)
    kind, _, detail = name.partition("-")
    work = {"encode": encode, "read": read}[kind](detail, path)
    times = []
    for _ in range(laps):
        cpu, wall = time.process_time(), time.perf_counter()
        size = work()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu_seconds, wall_seconds = (min(column) for column in zip(*times))
    print(f"rows={rows} bytes={size} cpu_seconds={cpu_seconds} wall_seconds={wall_seconds}")


if __name__ == "__main__":
    main()
