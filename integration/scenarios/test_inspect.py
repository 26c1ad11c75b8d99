"""`frazil inspect` tells of files and tables what those who wrote them know, with bounded memory, and never falls over.

A table of Spark's is in test_format_spark.py.
"""

import datetime
import decimal
import json
import os
import random
import struct
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from harness import probe, row_form
from harness.frazil import binary
from harness.probe import inspect, read_json, report
from harness.random_rows import RandomRows
from harness.seeds import new_seed
from harness.workload import TABLES, Workload, create_schema
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table.puffin import PuffinFile


def columns_of(document):
    """The column chunks of a file, by row group and name."""
    return {(group, column["column"]): column
            for group, rows in enumerate(document["row_groups"]) for column in rows["columns"]}


def assert_layout_is_pyarrows(path):
    """Every number that pyarrow knows about the file's layout is the same in the report."""
    document, metadata = report(path), parquet.ParquetFile(path).metadata
    assert document["rows"] == metadata.num_rows
    assert document["created_by"] == metadata.created_by
    assert document["footer_bytes"] == metadata.serialized_size
    assert document["metadata"] == {key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}
    assert [group["rows"] for group in document["row_groups"]] == [
        metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)
    ]
    found = columns_of(document)
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            column = found[group, chunk.path_in_schema]
            known = {
                "values": chunk.num_values, "compressed_bytes": chunk.total_compressed_size,
                "uncompressed_bytes": chunk.total_uncompressed_size, "codec": chunk.compression.replace("LZ4", "LZ4_RAW"),
                "encodings": sorted(chunk.encodings),
                "nulls": chunk.statistics.null_count if chunk.statistics and chunk.statistics.has_null_count else None,
            }
            told = {name: column[name] for name in known} | {"encodings": sorted(column["encodings"])}
            assert told == known, (path, group, chunk.path_in_schema)
            assert (column["column_index"] is not None) == chunk.has_column_index, chunk.path_in_schema
            assert (column["offset_index"] is not None) == chunk.has_offset_index, chunk.path_in_schema
            pages = column["pages"]
            sizes = sum(page["header_bytes"] + page["compressed_bytes"] for page in pages)
            assert sizes == chunk.total_compressed_size, chunk.path_in_schema
            assert sum(page["values"] for page in pages if page["kind"] != "dictionary") == chunk.num_values
            assert (chunk.dictionary_page_offset is not None) == any(page["kind"] == "dictionary" for page in pages)
    return document


WRITERS = {
    "plain": {"use_dictionary": False, "compression": "none"},
    "dictionary": {"compression": "snappy", "data_page_size": 512},
    "indexes": {"compression": "gzip", "write_page_index": True, "row_group_size": 130, "data_page_version": "2.0"},
    "lz4": {"compression": "lz4", "write_statistics": False, "row_group_size": 50},
}


@pytest.mark.parametrize("options", WRITERS.values(), ids=WRITERS)
def test_the_layout_of_pyarrows_files_is_as_pyarrow_tells_it(tmp_path, options):
    made = RandomRows(seed=len(options))
    table = row_form.to_arrow(made.schema, made.rows(400))
    parquet.write_table(table, tmp_path / "file", **options)
    assert_layout_is_pyarrows(tmp_path / "file")


def test_bounds_are_the_values_they_stand_for(tmp_path):
    """Statistics in the form of rows, of every type whose order the format defines."""
    made = RandomRows(seed=3, columns=30, depth=0)
    rows = [row for row in made.rows(300)]
    ordered = {
        field["name"]: (index, field["type"]) for index, field in enumerate(made.schema["fields"])
        if isinstance(field["type"], str) and field["type"] not in ("float", "double", "string")
    }
    parquet.write_table(row_form.to_arrow(made.schema, rows), tmp_path / "file")
    columns = columns_of(report(tmp_path / "file"))
    checked = 0
    for name, (index, kind) in ordered.items():
        values = [row[index] for row in rows if row[index] is not None]
        column = columns[0, name]
        if not values or column["lower"] is None:
            continue
        lower, upper = (row_form.parse(kind, column[bound]) for bound in ("lower", "upper"))
        assert (lower, upper) == (min(values), max(values)), (name, kind)
        checked += 1
    assert checked >= 8, checked


def test_duckdbs_files_are_told_with_their_bloom_filters(tmp_path):
    path = tmp_path / "file"
    connection = duckdb.connect()
    connection.execute(
        f"COPY (SELECT range AS id, 'name ' || range % 50 AS name FROM range(20000)) TO '{path}'"
        " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 4096, DICTIONARY_SIZE_LIMIT 1000)"
    )
    document = assert_layout_is_pyarrows(path)
    told = {
        (group, name): (column["bloom_filter"] or {}).get("offset") for (group, name), column in columns_of(document).items()
    }
    known = connection.execute(
        f"SELECT row_group_id, path_in_schema, bloom_filter_offset FROM parquet_metadata('{path}')"
    ).fetchall()
    assert told == {(group, name): offset for group, name, offset in known}
    assert any(told.values())


def test_our_own_files_are_told_as_pyarrow_tells_them(tmp_path):
    made = RandomRows(seed=11)
    probe.write_file(tmp_path / "file", made.schema, made.rows(500), "--row-group-rows", "200", "--page-rows", "64")
    document = assert_layout_is_pyarrows(tmp_path / "file")
    assert document["created_by"].startswith("frazil")
    assert [field["id"] for field in document["fields"]] == [field["id"] for field in made.schema["fields"]]


@pytest.fixture
def foreign_lake(tmp_path):
    """A table that pyiceberg wrote, of three snapshots."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    catalog = SqlCatalog("other", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("shop")
    rows = pa.table({"id": pa.array(range(1000), pa.int64()), "name": [f"name {number % 7}" for number in range(1000)]})
    table = catalog.create_table("shop.orders", schema=rows.schema)
    table.append(rows)
    table.append(rows.slice(0, 10))
    table.delete("id >= 990")
    return folder, table


def test_each_file_of_pyicebergs_table_is_what_pyiceberg_says(foreign_lake):
    folder, table = foreign_lake
    location = table.metadata_location.removeprefix("file://")
    document = report(location)
    assert document["kind"] == "metadata"
    assert document["table_uuid"] == str(table.metadata.table_uuid)
    assert [(entry["id"], entry["parent_id"], entry["operation"]) for entry in document["snapshots"]] == [
        (entry.snapshot_id, entry.parent_snapshot_id, entry.summary.operation.value) for entry in table.metadata.snapshots
    ]
    assert [entry["path"] for entry in document["metadata_log"]] == [
        entry.metadata_file for entry in table.metadata.metadata_log
    ]
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io)
    document = report(snapshot.manifest_list.removeprefix("file://"))
    assert document["kind"] == "manifest_list"
    assert [(entry["path"], entry["sequence_number"], entry["added_files"], entry["deleted_rows"]) for entry in document["manifests"]] == [
        (entry.manifest_path, entry.sequence_number, entry.added_files_count, entry.deleted_rows_count) for entry in manifests
    ]
    for manifest in manifests:
        document = report(manifest.manifest_path.removeprefix("file://"))
        assert document["kind"] == "manifest"
        known = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
        assert [(entry["status"], entry["path"], entry["rows"], entry["bytes"]) for entry in document["entries"]] == [
            (entry.status.name.lower(), entry.data_file.file_path, entry.data_file.record_count,
             entry.data_file.file_size_in_bytes) for entry in known
        ]
        for entry, other in zip(document["entries"], known):
            told = {column["id"]: (column["values"], column["nulls"]) for column in entry["columns"]}
            assert told == {
                number: (count, other.data_file.null_value_counts.get(number))
                for number, count in other.data_file.value_counts.items()
            }
            assert int(entry["columns"][0]["lower"]) == int.from_bytes(other.data_file.lower_bounds[1], "little", signed=True)
            # Entries as they stand in the file, too.
        records = read_json(manifest.manifest_path.removeprefix("file://"))
        assert [record["data_file"]["file_path"] for record in records] == [entry.data_file.file_path for entry in known]


def test_a_foreign_table_is_found_by_catalog_and_by_folder(foreign_lake):
    folder, table = foreign_lake
    by_catalog = report(f"{folder}/catalog.db:shop.orders")
    by_folder = report(table.location().removeprefix("file://"))
    assert by_catalog["kind"] == "table"
    for document in (by_catalog, by_folder):
        document.pop("metadata_file")
    assert by_catalog == by_folder
    assert by_catalog["rows"] == table.scan().count()
    assert len(by_catalog["data_files"]) == len(list(table.scan().plan_files()))
    rows = read_json(f"{folder}/catalog.db:shop.orders")
    expected = table.scan().to_arrow().to_pylist()
    assert sorted((int(row["id"]), row["name"]) for row in rows) == sorted((row["id"], row["name"]) for row in expected)
    named = report(f"{folder}/catalog.db:shop.orders", "--catalog-name", "other")
    assert named["table_uuid"] == by_catalog["table_uuid"]
    wrong = inspect(f"{folder}/catalog.db:shop.orders", "--catalog-name", "nobody")
    assert wrong.code == 3 and "has no table shop.orders of the catalog name nobody" in wrong.err, wrong


@pytest.mark.kinds("mariadb")
@pytest.mark.modes("position", "equality", "v3")
def test_a_table_of_ours_shows_positions_deletes_and_live_rows(source, make_pipeline, mode):
    workload = Workload(4711)
    create_schema(source)
    workload.fill(source)
    pipeline = make_pipeline()
    pipeline.catch_up()
    for _ in range(3):
        workload.apply(source, 40)
        pipeline.catch_up()
    status = {entry["table"]: entry for entry in json.loads(pipeline.call("status", "--json").out)["tables"]}
    deleted_rows = 0
    for table in TABLES:
        name = source.lake_name(table)
        document = report(f"{pipeline.lake.catalog_path}:{name}")
        known = pipeline.lake.read_duckdb(name)
        assert document["rows"] == document["rows_in_files"] - document["deleted_rows"] == len(known.rows), table
        live = dict(pipeline.lake.query_duckdb(f"SELECT filename, count(*) FROM {{{name}}} GROUP BY filename"))
        told = {file["path"]: file["rows"] - file["deleted_rows"] for file in document["data_files"]}
        assert {path: count for path, count in told.items() if count} == live, table
        deleted_rows += document["deleted_rows"]
        counts = {"position": "position_delete_file_count", "equality": "equality_delete_file_count", "v3": "deletion_vector_count"}
        assert all(document[count] == 0 for other, count in counts.items() if other != mode), document
        entry = document["pipelines"][0]
        assert entry["pipeline"] == pipeline.name
        assert entry["position"] == status[name]["position"], table
        last = document["snapshots"][-1]
        assert last["pipeline"] == pipeline.name and last["epoch_end"], last
        rows = read_json(f"{pipeline.lake.catalog_path}:{name}")
        assert len(rows) == len(known.rows) and list(rows[0]) == known.columns, table
        # Every column whose text here is the database's.
        for index, column in enumerate(known.columns):
            if column in ("id", "order_id", "line", "customer", "quantity", "version", "name", "note", "status", "article", "value"):
                found = sorted(str(row[column]) for row in rows)
                assert found == sorted(str(row[index]) for row in known.rows), (table, column)
    assert deleted_rows > 0


def test_a_puffin_file_is_told_as_pyiceberg_tells_it(tmp_path):
    """One with blobs of types that no table of ours has."""
    blobs = [
        {"type": "apache-datasketches-theta-v1", "fields": [1, 2], "snapshot-id": 2**62, "sequence-number": 7, "offset": 4, "length": 9,
         "compression-codec": "zstd", "properties": {"ndv": "12"}},
        {"type": "somebody's", "fields": [], "snapshot-id": -1, "sequence-number": -1, "offset": 13, "length": 0},
    ]
    footer = json.dumps({"blobs": blobs, "properties": {"created-by": "a person"}}).encode()
    content = b"PFA1" + bytes(9) + b"PFA1" + footer + struct.pack("<ii", len(footer), 0) + b"PFA1"
    (tmp_path / "blobs").write_bytes(content)
    document, known = report(tmp_path / "blobs"), PuffinFile(content).footer
    assert document["kind"] == "puffin" and document["bytes"] == len(content)
    assert document["properties"] == known.properties
    names = ("type", "field_ids", "snapshot_id", "sequence_number", "offset", "bytes", "codec", "properties")
    assert [[blob[name] for name in names] for blob in document["blobs"]] == [
        [blob.type, blob.fields, blob.snapshot_id, blob.sequence_number, blob.offset, blob.length, blob.compression_codec,
         blob.properties] for blob in known.blobs
    ]


def test_people_get_a_text_with_the_same_numbers(foreign_lake):
    folder, table = foreign_lake
    text = inspect(f"{folder}/catalog.db:shop.orders")
    assert text.code == 0 and text.err == "", text
    lines = [line.split() for line in text.out.splitlines()]
    assert ["1", "id", "long"] in lines and ["2", "name", "string"] in lines, text
    assert any(str(table.current_snapshot().snapshot_id) in line for line in lines), text
    for task in table.scan().plan_files():
        path = task.file.file_path.removeprefix("file://")
        text = inspect(path)
        assert text.code == 0, text
        metadata = parquet.ParquetFile(path).metadata
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(0).column(index)
            line = next(line for line in text.out.splitlines() if line.split()[:2] == [chunk.path_in_schema, chunk.compression])
            numbers = [word.replace(",", "") for word in line.split()]
            assert numbers[2:6] == [
                str(number) for number in (chunk.num_values, 0, chunk.total_compressed_size, chunk.total_uncompressed_size)
            ], text


def test_every_type_has_the_text_that_is_promised(tmp_path):
    """Decimals and 64-bit integers as strings, bytes as Base64, times in ISO 8601 with microseconds."""
    instant = datetime.datetime(2024, 2, 29, 23, 59, 59, 1, datetime.timezone.utc)
    columns = {
        "flag": (pa.bool_(), True, True), "small": (pa.int32(), -7, -7), "large": (pa.int64(), 2**63 - 1, "9223372036854775807"),
        "price": (pa.decimal128(9, 2), decimal.Decimal("-0.05"), "-0.05"), "ratio": (pa.float64(), 0.1, 0.1),
        "not_a_number": (pa.float32(), float("nan"), "NaN"), "endless": (pa.float64(), float("-inf"), "-Infinity"),
        "day": (pa.date32(), datetime.date(1, 1, 1), "0001-01-01"), "clock": (pa.time64("us"), datetime.time(1, 2, 3), "01:02:03.000000"),
        "moment": (pa.timestamp("us"), instant.replace(tzinfo=None), "2024-02-29T23:59:59.000001"),
        "instant": (pa.timestamp("us", "UTC"), instant, "2024-02-29T23:59:59.000001+00:00"),
        "text": (pa.string(), 'say "é\n"', 'say "é\n"'), "bytes": (pa.binary(), b"\x00\xff\x10", "AP8Q"),
        "many": (pa.list_(pa.int64()), [1, None], ["1", None]), "pairs": (pa.map_(pa.string(), pa.int32()), [("a", 1)], [{"key": "a", "value": 1}]),
        "inside": (pa.struct([("n", pa.int64())]), {"n": 5}, {"n": "5"}), "nothing": (pa.int32(), None, None),
    }
    parquet.write_table(pa.table({name: pa.array([value], kind) for name, (kind, value, _) in columns.items()}), tmp_path / "file")
    assert read_json(tmp_path / "file") == [{name: text for name, (_, _, text) in columns.items()}]


# Between us and the program stands a small process: a child's peak counts what its parent had when it was born.
_MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def peak_memory_bytes(*arguments):
    """Runs the program with its output going nowhere; what it had in memory at most."""
    command = [sys.executable, "-S", "-E", "-c", _MEASURING, binary(), *arguments]
    return int(subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True).stdout)


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Row groups of eight megabytes; the larger file has eight times as many of them."""
    peaks = {}
    for rows in (200_000, 1_600_000):
        path = probe.generate_file(tmp_path / f"{rows}", rows, "--row-group-bytes", str(8 << 20), "--codec", "none")
        peaks[rows] = [
            peak_memory_bytes("inspect", path), peak_memory_bytes("inspect", path, "--json"),
            peak_memory_bytes("inspect", path, "--rows"), peak_memory_bytes("inspect", path, "--rows", "--limit", "5"),
        ]
    size = (tmp_path / "1600000").stat().st_size
    assert size > 64 << 20, size
    for small, large in zip(*peaks.values()):
        assert large < small + (16 << 20), peaks
    assert max(peaks[1_600_000]) < size, (peaks, size)


def test_a_limit_prints_so_many_rows(tmp_path):
    path = probe.generate_file(tmp_path / "file", 1000, "--row-group-rows", "300")
    assert [len(read_json(path, "--limit", str(limit))) for limit in (0, 1, 299, 301, 5000)] == [0, 1, 299, 301, 1000]
    assert read_json(path, "--limit", "1") == [
        {"id": "0", "n": None, "price": "0.0000", "moment": "2020-09-13T12:26:40.000000", "name": "row-0", "ratio": 0.0, "tags": []}
    ]


@pytest.mark.parametrize("content,reason", [
    (b"", "it is empty"),
    (b"hello", "it is none of the files that are known: Parquet, Avro, Puffin, table metadata"),
    (b"{}", '"format-version" is missing'),
    (b"PAR1", "4 bytes are too few for a Parquet file, the least is 12"),
    (b"PAR1" + bytes(20) + b"PARE", "its footer is encrypted, which is not supported"),
    (b"Obj\x01\x00", "the Avro header: "),
])
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, content, reason):
    path = tmp_path / "misleading.parquet"
    path.write_bytes(content)
    for option in ([], ["--json"], ["--rows"]):
        outcome = inspect(path, *option)
        assert outcome.code == 1, outcome
        assert outcome.out == ""
        assert outcome.err.startswith(f"frazil: could not read {path}") and reason in outcome.err, outcome
        assert outcome.err.count("\n") == 1, outcome


def test_a_puffin_file_has_no_rows(tmp_path):
    path = tmp_path / "blobs"
    path.write_bytes(b"PFA1" * 6)
    outcome = inspect(path)
    assert outcome.code == 1 and "the footer is said to have " in outcome.err, outcome
    outcome = inspect(path, "--rows")
    assert outcome.code == 1 and "Puffin files have no rows, but blobs" in outcome.err, outcome


def test_wrong_usage_is_told_apart_from_damage(tmp_path):
    absent = inspect(tmp_path / "absent")
    assert absent.code == 3 and "there is no such file" in absent.err, absent
    folder = inspect(tmp_path)
    assert folder.code == 1 and "the folder holds no table" in folder.err, folder
    for options in (["--json", "--rows"], ["--limit", "3"], ["--rows", "--limit", "-1"]):
        outcome = inspect(tmp_path, *options)
        assert outcome.code == 2, outcome


def test_a_file_that_is_named_and_not_there_is_damage(tmp_path, foreign_lake):
    _, table = foreign_lake
    content = open(table.metadata_location.removeprefix("file://")).read()
    for there, gone in (("/metadata/snap-", "/metadata/gone-"), ("file:///", "fxle:///")):
        changed = tmp_path / "changed"
        changed.write_text(content.replace(there, gone))
        outcome = inspect(changed, "--rows")
        assert outcome.code == 1, outcome
        assert outcome.err.startswith(f"frazil: could not read {changed}") and "it names a file that cannot be read" in outcome.err
        assert outcome.err.count("\n") == 1, outcome


def test_no_damage_makes_it_fall_over(tmp_path, foreign_lake):
    """Bytes changed and ends cut off: rows, a report, or one sentence; never a crash, never much memory."""
    seed = new_seed("damage")
    pick = random.Random(seed)
    _, table = foreign_lake
    made = RandomRows(seed=seed)
    parquet.write_table(row_form.to_arrow(made.schema, made.rows(60)), tmp_path / "file", write_page_index=True)
    snapshot = table.current_snapshot()
    files = [
        tmp_path / "file", *(path.removeprefix("file://") for path in (
            table.metadata_location, snapshot.manifest_list, snapshot.manifests(table.io)[0].manifest_path
        )),
    ]
    damaged = tmp_path / "damaged"
    rounds = 1000 if os.environ.get("FRAZIL_PROOF") == "full" else 25
    for number in range(rounds):
        content = bytearray(open(pick.choice(files), "rb").read())
        if pick.random() < 0.2:
            del content[pick.randrange(len(content)):]
        for _ in range(pick.choice([0, 1, 1, 3, 10])):
            # The end of a file is where most of what is believed stands.
            place = pick.randrange(len(content)) if pick.random() < 0.5 else -1 - pick.randrange(min(len(content), 1500))
            content[place] = pick.randrange(256)
        damaged.write_bytes(content)
        for option in ("--json", "--rows"):
            outcome = inspect(damaged, option)
            assert outcome.code in (0, 1), f"round {number}, seed {seed}: {outcome}"
            if outcome.code == 1:
                assert outcome.err.startswith("frazil: could not read") and outcome.err.count("\n") == 1, outcome
