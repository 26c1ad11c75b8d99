"""Parquet files as other engines read and write them, all by way of Arrow."""

import importlib
import sys
from functools import cache

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet

from .processes import CACHE
from .random_rows import PRIMITIVES
from .row_form import rows_from_arrow

DUCKDB_TYPES = [kind for kind in PRIMITIVES if kind != "timestamptz_ns"]
"""DuckDB has instants of microseconds only, and would cut nanoseconds off."""
SPARK_TYPES = [kind for kind in PRIMITIVES if kind not in ("time", "uuid", "timestamp_ns", "timestamptz_ns")]
"""Spark 3.5 has no times, and reads neither uuids nor nanoseconds."""
POLARS_TYPES = [kind for kind in PRIMITIVES if kind not in ("fixed[5]", "uuid")]
"""Polars makes byte strings of both."""
CLICKHOUSE_TYPES = [kind for kind in PRIMITIVES if kind not in ("time", "timestamp", "timestamp_ns", "binary")]
"""ClickHouse has instants in a zone only, and texts and bytes are one type."""


def read_pyarrow(path, schema):
    # Its own memory of the Arrow types does not matter: what counts is what the file says.
    return rows_from_arrow(schema, parquet.read_table(path, arrow_extensions_enabled=True))


@cache
def _duckdb():
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute("SET TimeZone='UTC'")
    return connection


def read_duckdb(path, schema):
    return rows_from_arrow(schema, _duckdb().execute(f"SELECT * FROM read_parquet('{path}')").to_arrow_table())


def write_duckdb(path, table, pick):
    codec = pick.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"])
    version = pick.choice(["v1", "v2"])
    connection = _duckdb()
    connection.register("rows_to_write", table)
    try:
        connection.execute(
            f"COPY (SELECT * FROM rows_to_write) TO '{path}'"
            f" (FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE {pick.choice([2048, 100_000])})"
        )
    finally:
        connection.unregister("rows_to_write")
    return f"codec {codec}, version {version}"


def write_pyarrow(path, table, pick):
    """Writes a table with layout options of all kinds; says which."""
    options = {
        "compression": pick.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        "data_page_version": pick.choice(["1.0", "2.0"]),
        "row_group_size": pick.choice([None, 1, 37, 128]),
        "data_page_size": pick.choice([None, 64, 2000]),
        "write_page_index": pick.random() < 0.5,
        "write_page_checksum": pick.random() < 0.5,
        "store_schema": pick.random() < 0.5,
        "use_compliant_nested_type": pick.random() < 0.7,
        "use_dictionary": pick.random() < 0.4,
    }
    if not options["use_dictionary"]:
        options["column_encoding"] = _encodings(table, pick)
    parquet.write_table(table, path, **options)
    return str(options)


def _encodings(table, pick):
    """An encoding for some of the leaves, fit for their types."""
    if table.num_rows == 0:
        return None
    sink = pa.BufferOutputStream()
    parquet.write_table(table.slice(0, 0), sink, store_schema=False)
    schema = parquet.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    fit = {
        "BOOLEAN": ["PLAIN", "RLE"], "INT32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
        "INT64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "FLOAT": ["PLAIN", "BYTE_STREAM_SPLIT"],
        "DOUBLE": ["PLAIN", "BYTE_STREAM_SPLIT"], "BYTE_ARRAY": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
        "FIXED_LEN_BYTE_ARRAY": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
    }
    return {
        schema.column(index).path: pick.choice(fit[schema.column(index).physical_type]) for index in range(len(schema))
    }


@cache
def _engine(name):
    """An engine that `integration/setup engines` installed beside the environment."""
    folder = str(CACHE / "engines")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


def write_polars(path, table, pick):
    codec = pick.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4"])
    _engine("polars").from_arrow(table).write_parquet(
        path, compression=codec, row_group_size=pick.choice([None, 50]), data_page_size=pick.choice([None, 200]),
        statistics=pick.random() < 0.5,
    )
    return f"codec {codec}"


def write_clickhouse(path, table, pick):
    """Has ClickHouse copy a file of pyarrow's."""
    options = {
        "output_format_parquet_compression_method": pick.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        "output_format_parquet_version": pick.choice(["1.0", "2.4", "2.latest"]),
        "output_format_parquet_row_group_size": pick.choice([7, 100, 1_000_000]),
        "output_format_parquet_data_page_size": pick.choice([64, 2000, 1 << 20]),
        "output_format_parquet_batch_size": pick.choice([5, 1024]),
        "output_format_parquet_max_dictionary_size": pick.choice([0, 64, 1 << 20]),
        "output_format_parquet_write_page_index": pick.randint(0, 1),
        "output_format_parquet_write_bloom_filter": pick.randint(0, 1),
    }
    fixed = "output_format_parquet_string_as_string = 1, output_format_parquet_fixed_string_as_fixed_byte_array = 1"
    settings = ", ".join(f"{name} = {value!r}" for name, value in options.items())
    source = f"{path}.source"
    parquet.write_table(table, source)
    _engine("chdb").query(
        f"INSERT INTO FUNCTION file('{path}', Parquet) SELECT * FROM file('{source}', Parquet) ORDER BY number"
        f" SETTINGS {fixed}, engine_file_truncate_on_insert = 1, {settings}"
    )
    return settings


def read_clickhouse(path, schema):
    answer = _engine("chdb").query(
        f"SELECT * FROM file('{path}', Parquet) ORDER BY number SETTINGS output_format_arrow_string_as_string = 1,"
        " output_format_arrow_fixed_string_as_fixed_byte_array = 1, output_format_arrow_low_cardinality_as_dictionary = 0", "Arrow"
    )
    return rows_from_arrow(schema, pa.ipc.open_file(answer.bytes()).read_all())


ALL_SPLIT, FLOATS_SPLIT, NONE_SPLIT = range(3)
"""Which types a reader knows BYTE_STREAM_SPLIT of: DuckDB 1.5 that of floats, Spark's vectorized reader of none."""


def writer_options(schema, pick, split=ALL_SPLIT):
    """Options of our own writer, of all kinds that a reader knows."""
    options = ["--codec", pick.choice(["none", "snappy", "gzip", "zstd", "lz4"]), "--page-version", pick.choice(["1", "2"])]
    if pick.random() < 0.3:
        options.append("--no-dictionary")
    if pick.random() < 0.5:
        options += ["--row-group-rows", str(pick.choice([1, 33, 100]))]
    if pick.random() < 0.5:
        options += ["--page-rows", str(pick.choice([1, 10, 50]))]
    if pick.random() < 0.3:
        options += ["--page-bytes", str(pick.choice([16, 300]))]
    for number, kind in leaves(schema):
        if pick.random() < 0.5:
            splits = split == ALL_SPLIT or split == FLOATS_SPLIT and kind in ("float", "double")
            fit = [name for name in _our_encodings(kind) if name != "split" or splits]
            options += ["--encoding", f"{number}={pick.choice(fit)}"]
    return options


def leaves(kind):
    """(id, type) of every leaf of a schema or type."""
    found = []
    if kind["type"] == "struct":
        inside = [(field["id"], field["type"]) for field in kind["fields"]]
    elif kind["type"] == "list":
        inside = [(kind["element-id"], kind["element"])]
    else:
        inside = [(kind["key-id"], kind["key"]), (kind["value-id"], kind["value"])]
    for number, inner in inside:
        found += leaves(inner) if isinstance(inner, dict) else [(number, inner)]
    return found


def _our_encodings(kind):
    if kind == "boolean":
        return ["plain", "rle"]
    if kind in ("string", "binary"):
        return ["plain", "dictionary", "delta-length"]
    if kind in ("float", "double", "uuid") or kind.startswith("fixed"):
        return ["plain", "dictionary", "split"]
    if kind == "decimal(38, 10)":
        return ["plain", "dictionary", "split"]
    return ["plain", "dictionary", "delta", "split"]
