"""Metadata between engines: pyiceberg, DuckDB and Spark read what ours wrote, and ours reads what they wrote.

The sample lake has every partition transform, specs that come and go with deletes under older ones, deletion
vectors, row ids, an upgraded table whose schema evolved, overwritten files and partitions, a history that was
expired around a branch and a tag, and tables of many small commits. Spark starts once and answers all.
"""

import json
import math
import os
import subprocess
from datetime import date, datetime
from decimal import Decimal

import pytest

from harness import spark
from harness.lake import Lake
from harness.processes import REPOSITORY

SAMPLE_LAKE = os.environ.get("FRAZIL_SAMPLE_LAKE") or REPOSITORY / ".build" / "release" / "sample-lake"
FRAZIL = os.environ.get("FRAZIL_BINARY") or REPOSITORY / ".build" / "release" / "frazil"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """(lake, what must be in it by table)."""
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run([SAMPLE_LAKE, folder], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return Lake(folder), json.loads((folder / "expected.json").read_text())


def canonical(value, type_name):
    """One form for a value, however a reader hands it out."""
    if value is None or value == "NULL":
        return None
    if type_name == "double":
        number = float(value)
        return "NaN" if math.isnan(number) else number
    if type_name.startswith("decimal"):
        return Decimal(value)
    if type_name in ("long", "int"):
        return int(value)
    if type_name == "date":
        return value if isinstance(value, date) else date.fromisoformat(value)
    if type_name.startswith("list") and isinstance(value, str):
        return tuple(json.loads(value))
    if type_name == "timestamp":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def rows_of(table, rows):
    return sorted((tuple(map(canonical, row, table["types"])) for row in rows), key=repr)


def expected_rows(table):
    return rows_of(table, table["rows"])


def partition_columns(lake, name, table):
    """The table's columns that any of its specs reads."""
    metadata = lake.metadata(name)
    names = {field["id"]: field["name"] for schema in metadata["schemas"] for field in schema["fields"]}
    columns = {names[field["source-id"]] for spec in metadata["partition-specs"] for field in spec["fields"]}
    return columns & set(table["columns"])


def sampled(table, column, count):
    """(value, number of rows that have it) of about `count` values of a column, the last one among them."""
    values = [row[table["columns"].index(column)] for row in expected_rows(table)]
    distinct = sorted(set(values), key=repr)
    return [(value, values.count(value)) for value in distinct[::-max(len(distinct) // count, 1)]]


# Spark starts slowly, so that one session answers what all tests ask.


def spark_column(column, type_name):
    if type_name.startswith("list"):
        return f"to_json(`{column}`)"
    if type_name == "timestamp":
        return f"date_format(`{column}`, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\")"
    return f"CAST(`{column}` AS STRING)"


def spark_scan(name, table, reference=None):
    """A query of the table's name, its row ids where it has them, and all columns as text."""
    row_id = "CAST(_row_id AS STRING)" if table["format_version"] == 3 and reference is None else "CAST(NULL AS STRING)"
    columns = ", ".join(map(spark_column, table["columns"], table["types"]))
    version = f" VERSION AS OF '{reference}'" if reference else ""
    return f"SELECT '{name}{'@' + reference if reference else ''}', {row_id}, {columns} FROM frazil.{name}{version}"


def spark_condition(column, type_name, value):
    literal = (
        "IS NULL" if value is None
        else f"= TIMESTAMP_NTZ '{value.isoformat(' ')}'" if type_name == "timestamp"
        else f"= DATE '{value}'" if type_name == "date"
        else f"= '{value}'" if type_name == "string"
        else f"= double('{value}')" if type_name == "double"
        else f"= {value}"
    )
    return f"`{column}` {literal}"


FOREIGN = """
CREATE TABLE frazil.spark.{name} (id BIGINT NOT NULL, region STRING, at TIMESTAMP_NTZ, amount DECIMAL(9, 2), weight DOUBLE)
USING iceberg PARTITIONED BY ({spec})
TBLPROPERTIES ('format-version' = '{version}', 'write.delete.mode' = 'merge-on-read', 'write.distribution-mode' = 'none')
"""
# name -> (format version, spec): each transform, of columns of each kind.
FOREIGN_TABLES = {
    "identities": (2, "region, weight, years(at)"),
    "buckets": (3, "bucket(4, id), bucket(3, region), bucket(2, amount), months(at)"),
    "truncates": (2, "truncate(2, region), truncate(100, amount), days(at)"),
    "hours": (3, "hours(at)"),
}
FOREIGN_ROWS = (
    "SELECT id, element_at(array('eu', 'a/b', '', 'x=y', NULL, '\u20ac'), CAST(1 + id % 6 AS INT)), "
    "timestampadd(HOUR, CAST(id * 12 - 240 AS INT), TIMESTAMP_NTZ '1970-01-01 00:00:00') - INTERVAL '0.000001' SECOND, "
    "CAST((id - 20) * 3.37 AS DECIMAL(9, 2)), IF(id % 5 = 0, double('NaN'), id / 4) FROM range({first}, {last}, 1, 1)"
)


def foreign_statements():
    yield "CREATE NAMESPACE frazil.spark"
    for name, (version, spec) in FOREIGN_TABLES.items():
        yield FOREIGN.format(name=name, spec=spec, version=version)
        yield f"INSERT INTO frazil.spark.{name} {FOREIGN_ROWS.format(first=0, last=40)}"
        yield f"DELETE FROM frazil.spark.{name} WHERE id % 7 = 3"
        yield f"ALTER TABLE frazil.spark.{name} ADD PARTITION FIELD bucket(8, id) AS id_eighth"
        yield f"INSERT INTO frazil.spark.{name} {FOREIGN_ROWS.format(first=40, last=50)}"


@pytest.fixture(scope="module")
def spark_answers(sample):
    """What Spark says: rows by table or table@reference, (condition, rows found, rows wanted), its own tables."""
    lake, tables = sample
    scans, conditions = {}, []
    for name, table in tables.items():
        scans.setdefault(tuple(table["types"]), []).append(spark_scan(name, table))
        for reference in table["references"]:
            scans[tuple(table["types"])].append(spark_scan(name, table, reference))
        for column in sorted(partition_columns(lake, name, table)):
            type_name = table["types"][table["columns"].index(column)]
            for value, wanted in sampled(table, column, 3):
                conditions.append((f"frazil.{name} WHERE {spark_condition(column, type_name, value)}", wanted))
    finds = [f"SELECT {number} FROM {condition}" for number, (condition, _) in enumerate(conditions)]
    foreign = [
        query for name in FOREIGN_TABLES for query in (
            f"SELECT id, region, CAST(at AS STRING), amount, weight FROM frazil.spark.{name}",
            f"SELECT file_path, to_json(partition) FROM frazil.spark.{name}.files WHERE content = 0",
        )
    ]
    reads = [" UNION ALL ".join(queries) for queries in scans.values()] + [" UNION ALL ".join(finds)]
    statements = list(foreign_statements())
    answers = spark.query(lake, *reads, *statements, *foreign)
    rows = {}
    for answer in answers[:len(scans)]:
        for name, row_id, *row in answer:
            rows.setdefault(name, []).append((row_id, row))
    found = [int(row[0]) for row in answers[len(scans)]]
    finds = [(condition, found.count(number), wanted) for number, (condition, wanted) in enumerate(conditions)]
    theirs = answers[len(reads) + len(statements):]
    return rows, finds, {name: theirs[2 * number:2 * number + 2] for number, name in enumerate(FOREIGN_TABLES)}


def test_pyiceberg_reads_every_table(sample):
    lake, tables = sample
    catalog = lake.catalog()
    for name, table in tables.items():
        loaded = catalog.load_table(name)
        for view in (loaded.inspect.partitions, loaded.inspect.files, loaded.inspect.entries, loaded.inspect.manifests):
            assert len(view()) > 0, name
        if name == "sample.evolved":
            with pytest.raises(ValueError, match="equality deletes"):
                loaded.scan().to_arrow()
            continue
        wanted = {None: table["rows"], **table["references"]}
        for reference, rows in wanted.items():
            scan = loaded.scan().use_ref(reference) if reference else loaded.scan()
            found = scan.to_arrow().to_pylist()
            assert rows_of(table, [list(row.values()) for row in found]) == rows_of(table, rows), f"{name} {reference}"


def test_pyiceberg_finds_rows_through_partitions_and_bounds(sample):
    """What a filter prunes holds none of its rows: each value of each column finds as many as there are."""
    from pyiceberg.expressions import EqualTo, IsNull

    lake, tables = sample
    catalog = lake.catalog()
    for name, table in tables.items():
        if name == "sample.evolved":
            continue
        loaded = catalog.load_table(name)
        partitioned = partition_columns(lake, name, table)
        for column, type_name in zip(table["columns"], table["types"]):
            if type_name.startswith("list"):
                continue
            for value, wanted in sampled(table, column, 12 if column in partitioned else 1):
                # PyArrow takes a column whose Parquet bounds are equal for a constant, and then finds no NaN in it.
                if value == "NaN":
                    continue
                condition = (
                    IsNull(column) if value is None
                    else EqualTo(column, value.isoformat() if isinstance(value, date) else value)
                )
                found = loaded.scan(row_filter=condition, selected_fields=("id",)).to_arrow()
                assert len(found) == wanted, f"{name}: {condition}"


def test_duckdb_reads_every_table(sample):
    lake, tables = sample
    for name, table in tables.items():
        columns = ", ".join(f'"{column}"' for column in table["columns"])
        rows = lake.query_duckdb(f"SELECT {columns} FROM {{{name}}}")
        assert rows_of(table, rows) == expected_rows(table), name


def test_spark_reads_every_table(sample, spark_answers):
    _, tables = sample
    answers, _, _ = spark_answers
    for name, table in tables.items():
        assert rows_of(table, [row for _, row in answers[name]]) == expected_rows(table), name
        for reference, rows in table["references"].items():
            found = [row for _, row in answers[f"{name}@{reference}"]]
            assert rows_of(table, found) == rows_of(table, rows), f"{name} {reference}"
        if table["format_version"] == 3:
            found = {row[0]: row_id for row_id, row in answers[name]}
            wanted = {str(row[0]): str(row_id) for row, row_id in zip(table["rows"], table["row_ids"])}
            assert found == wanted, name
            assert len(set(wanted.values())) == len(wanted), name


def test_spark_finds_rows_through_partitions(spark_answers):
    """Java prunes manifests by their partition summaries; a value that it prunes wrongly would be missing."""
    _, finds, _ = spark_answers
    assert len(finds) > 50
    for condition, found, wanted in finds:
        assert found == wanted, condition


def test_ours_reads_what_spark_wrote(sample, spark_answers):
    """Rows and partition values of every transform, from manifests, lists and metadata of Java's making."""
    lake, _ = sample
    _, _, foreign = spark_answers
    types = {"types": ["long", "string", "timestamp", "decimal(9, 2)", "double"]}
    for name, (rows, files) in foreign.items():
        table = f"{lake.catalog_path}:spark.{name}"
        ours = [json.loads(line) for line in inspect(table, "--rows").splitlines()]
        assert len(rows) == 44, name
        assert rows_of(types, [list(row.values()) for row in ours]) == rows_of(types, rows), name
        partitions = partitions_of(table)
        assert set(partitions) == {path for path, _ in files}, name
        for path, partition in files:
            # Spark leaves out fields that are NULL, among them those of other specs.
            wanted = {key: str(value) for key, value in json.loads(partition or "{}", parse_float=str).items()}
            found = {key: comparable(value) for key, value in partitions[path].items() if value is not None}
            assert found == wanted, f"{name}: {path}"


def inspect(*arguments):
    done = subprocess.run([FRAZIL, "inspect", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def comparable(value):
    """A partition value as Spark's JSON has it."""
    return str(value)


def partitions_of(table):
    """Data file -> partition, from the manifests of the newest snapshot."""
    document = json.loads(inspect(table, "--json"))
    partitions = {}
    for manifest in json.loads(inspect(manifest_list(document), "--json"))["manifests"]:
        if manifest["content"] != "data":
            continue
        for entry in json.loads(inspect(manifest["path"].removeprefix("file://"), "--json"))["entries"]:
            if entry["status"] != "deleted":
                partitions[entry["path"]] = entry["partition"]
    return partitions


def manifest_list(document):
    current = document["current_snapshot_id"]
    snapshot = next(snapshot for snapshot in document["snapshots"] if snapshot["id"] == current)
    return snapshot["manifest_list"].removeprefix("file://")
