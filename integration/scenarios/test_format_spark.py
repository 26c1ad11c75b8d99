"""Spark and we read each other's files and tables, value by value; all in one Spark session, as starting one takes long."""

import hashlib
import json
import random
import struct
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from harness import file_readers, probe, proof, row_form, spark
from harness.formulas import ROWS, SPARK_FORMULAS, assert_all_right, checking
from harness.lake import CATALOG_NAME, Lake
from harness.pruning import POINTS, ROWS_PER_FILE, TYPES, all_clauses, assert_spark_agrees, spark_queries, table_of
from harness.random_rows import RandomRows
from harness.row_form import first_difference, rows_from_arrow
from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file
from pyiceberg.table.puffin import PuffinFile

SETTINGS = [
    # Dates before 1582 as they are, in both directions; instants as integers.
    *(f"SET spark.sql.parquet.{what}RebaseModeIn{way}=CORRECTED" for what in ("datetime", "int96") for way in ("Read", "Write")),
    "SET spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS",
]


# Clauses about a zero, and the rows of 40 that each finds: 30 are zeros, 5 below and 5 above.
ZERO_TESTS = {"= {}": 30, "IN (7, {})": 30, "NOT IN (7, {})": 10, "<> {}": 10, "< {}": 5, "<= {}": 35, ">= {}": 35, "> {}": 5}


class Session:
    """Queries that are gathered, run together, and then answered by name."""

    def __init__(self):
        self.queries, self.places, self.answers = list(SETTINGS), {}, None

    def add(self, name, *queries):
        self.places[name] = slice(len(self.queries), len(self.queries) + len(queries))
        self.queries += queries

    def run(self, lake):
        self.answers = spark.query(lake, *self.queries, memory="8g" if proof.FULL else "1g")

    def __getitem__(self, name):
        return self.answers[self.places[name]]


class Cases:
    """What the session is asked, and what it should answer."""

    def __init__(self, folder):
        self.folder, self.session = folder, Session()
        self.lake = Lake(folder / "lake")
        self.copies = [self.add_copy(seed) for seed in proof.seeds(few=4, many=40)]
        self.add_sizes()
        self.add_long_values()
        self.add_pruning()
        self.add_zeros()
        self.add_spark_table()
        self.session.run(self.lake)

    def add_copy(self, seed):
        """A file of ours that Spark copies into a file of its own."""
        pick = random.Random(seed)
        made = RandomRows(seed, primitives=file_readers.SPARK_TYPES)
        rows = made.rows(pick.choice([1, 2, 150, 300]))
        options = file_readers.writer_options(made.schema, pick, file_readers.NONE_SPLIT)
        path = probe.write_file(self.folder / f"{seed}.parquet", made.schema, rows, *options)
        layout = f"compression '{pick.choice(['none', 'snappy', 'gzip', 'zstd', 'lz4'])}'"
        layout += f", parquet.writer.version '{pick.choice(['v1', 'v2'])}'"
        self.session.add(
            f"copy {seed}",
            f"INSERT OVERWRITE DIRECTORY '{self.folder}/{seed}' USING parquet OPTIONS ({layout})"
            f" SELECT /*+ COALESCE(1) */ * FROM parquet.`{path}` ORDER BY number",
        )
        return seed, made.schema, rows, " ".join(options), layout

    def add_sizes(self):
        path = probe.generate_file(self.folder / "many.parquet", ROWS)
        self.session.add("many", checking(f"parquet.`{path}`", SPARK_FORMULAS, lambda name, text: f"NOT ({name} <=> {text})"))

    def add_long_values(self):
        schema, self.long_rows = row_form.long_rows()
        path = probe.write_file(self.folder / "long.parquet", schema, self.long_rows)
        self.session.add("long", f"SELECT number, length(s), md5(s), length(b), md5(b) FROM parquet.`{path}` ORDER BY number")

    def add_pruning(self):
        seed = proof.seeds(few=1, many=1)[0]
        # Spark has no times.
        schema, rows = table_of(seed, [kind for kind in TYPES if kind != "time"])
        options = ["--file-rows", str(ROWS_PER_FILE), "--row-group-rows", "10", "--page-rows", "4"]
        probe.write_table(self.lake, "shop.values", schema, rows, *options)
        pick = random.Random(seed)
        # Spark plans each of them for a while, so that not even a full proof tries all.
        self.clauses = pick.sample(all_clauses(schema, rows, pick, "spark", POINTS), 400 if proof.FULL else 50)
        self.session.add("pruning", *spark_queries(f"{CATALOG_NAME}.shop.values", self.clauses, "number"))

    def add_zeros(self):
        """Files that have the one zero of a float, the other one, or one beside a number, in both encodings."""
        fields = [
            {"id": 1, "name": "number", "type": "long", "required": True}, {"id": 2, "name": "coded", "type": "float", "required": False},
            {"id": 3, "name": "plain", "type": "double", "required": False},
        ]
        kinds = [["-0.0"], ["0.0"], ["-0.0", "1.0"], ["0.0", "-1.0"]]
        values = [float(kind[row % len(kind)]) for kind in kinds for row in range(10)]
        rows = [(number, _bits("<fI", value), _bits("<dQ", value)) for number, value in enumerate(values)]
        options = ["--file-rows", "10", "--encoding", "2=dictionary", "--encoding", "3=plain"]
        probe.write_table(self.lake, "shop.zeros", {"type": "struct", "schema-id": 0, "fields": fields}, rows, *options)
        self.zeros = [(column, zero, test) for column in ("coded", "plain") for zero in ("0.0", "-0.0") for test in ZERO_TESTS]
        self.session.add("zeros", *(
            f"SELECT count(*) FROM {CATALOG_NAME}.shop.zeros WHERE {column} {test.format(f'CAST({zero!r} AS DOUBLE)')}"
            for column, zero, test in self.zeros
        ))

    def add_spark_table(self):
        name = f"{CATALOG_NAME}.shop.orders"
        self.session.add(
            "table",
            f"""CREATE TABLE {name} (id BIGINT, name STRING, price DECIMAL(9,2), tags ARRAY<STRING>, at TIMESTAMP)
            USING iceberg PARTITIONED BY (bucket(2, id), days(at)) TBLPROPERTIES ('format-version' = '2',
            'write.delete.mode' = 'merge-on-read', 'write.parquet.bloom-filter-enabled.column.id' = 'true')""",
            f"""INSERT INTO {name} SELECT id, concat('n', id), CAST(id AS DECIMAL(9,2)) / 4, array('a', 'b'),
            TIMESTAMP'2024-02-29 12:00:00' FROM range(1000)""",
            f"DELETE FROM {name} WHERE id % 10 = 3",
        )
        name = f"{CATALOG_NAME}.shop.vectors"
        self.session.add(
            "vectors",
            f"""CREATE TABLE {name} (id BIGINT) USING iceberg
            TBLPROPERTIES ('format-version' = '3', 'write.delete.mode' = 'merge-on-read')""",
            f"INSERT INTO {name} SELECT /*+ COALESCE(1) */ id FROM range(1000)",
            f"DELETE FROM {name} WHERE id % 10 = 3",
        )


def _bits(codes, value):
    number, bits = codes[1:]
    return struct.unpack(f"<{bits}", struct.pack(f"<{number}", value))[0]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return Cases(tmp_path_factory.mktemp("spark"))


def test_spark_reads_what_we_write(cases):
    """Spark's copies of our files hold our rows, as pyarrow reads them."""
    for seed, schema, rows, options, _ in cases.copies:
        found = [row for copy in copies_of(cases, seed) for row in rows_from_arrow(schema, parquet.read_table(copy))]
        difference = first_difference(schema, rows, found)
        assert not difference, f"seed {seed}, Spark reads {options}: {difference}"


def test_we_read_what_spark_writes(cases):
    for seed, schema, rows, _, layout in cases.copies:
        found = [row for copy in copies_of(cases, seed) for row in probe.read_rows(copy, schema)]
        difference = first_difference(schema, rows, found)
        assert not difference, f"seed {seed}, Spark wrote with {layout}: {difference}"


def copies_of(cases, seed):
    copies = sorted((cases.folder / str(seed)).glob("*.parquet"))
    assert copies
    return copies


def test_spark_reads_ten_million_rows_of_ours(cases):
    assert_all_right(cases.session["many"][0][0])


def test_spark_reads_values_of_no_bytes_and_of_a_hundred_megabytes(cases):
    told = lambda value, content: [None, None] if value is None else [str(len(value)), hashlib.md5(content).hexdigest()]
    assert cases.session["long"][0] == [
        [str(number), *told(s, (s or "").encode()), *told(b, b)] for number, s, b in cases.long_rows
    ]


def test_every_where_finds_in_spark_what_a_full_scan_finds(cases):
    assert_spark_agrees(cases.session["pruning"], cases.clauses)


def test_spark_finds_both_zeros_whichever_is_asked_for(cases):
    for (column, zero, test), [[count]] in zip(cases.zeros, cases.session["zeros"]):
        assert int(count) == ZERO_TESTS[test], f"{column} {test.format(zero)}"


def test_a_table_that_spark_wrote_is_told_and_read(cases):
    path = f"{cases.lake.catalog_path}:shop.orders"
    document = probe.report(path)
    assert (document["rows"], document["rows_in_files"], document["deleted_rows"]) == (900, 1000, 100)
    assert document["position_delete_file_count"] >= 1
    rows = probe.read_json(path)
    assert sorted(int(row["id"]) for row in rows) == [number for number in range(1000) if number % 10 != 3]
    assert all(row["price"] == row_form.decimal_text(int(row["id"]) * 25, 2) for row in rows)
    assert {row["at"] for row in rows} == {"2024-02-29T12:00:00.000000+00:00"}
    plain = lambda location: location.removeprefix("file:")
    group = probe.report(plain(document["data_files"][0]["path"]))["row_groups"][0]
    assert next(column for column in group["columns"] if column["column"] == "id")["bloom_filter"]
    metadata = probe.report(plain(document["metadata_file"]))
    assert [field["transform"] for field in metadata["partition_specs"][-1]["fields"]] == ["bucket[2]", "day"]
    listed = probe.report(plain(metadata["snapshots"][-1]["manifest_list"]))
    entries = [probe.report(plain(entry["path"]))["entries"] for entry in listed["manifests"]]
    assert {json.dumps(entry["partition"]) for part in entries for entry in part} == {
        json.dumps({"id_bucket": bucket, "at_day": "2024-02-29"}) for bucket in (0, 1)
    }


def test_deletion_vectors_of_spark_are_told_and_applied(cases):
    path = f"{cases.lake.catalog_path}:shop.vectors"
    document = probe.report(path)
    assert document["format_version"] == 3 and document["position_delete_file_count"] == 0
    assert (document["rows"], document["rows_in_files"], document["deleted_rows"]) == (900, 1000, 100)
    assert sum(len(file["deletion_vector_files"]) for file in document["data_files"]) == document["deletion_vector_count"] > 0
    assert sorted(int(row["id"]) for row in probe.read_json(path)) == [number for number in range(1000) if number % 10 != 3]
    deleted = {}
    for location in {file["path"] for file in document["delete_files"]}:
        content = Path(location.removeprefix("file:")).read_bytes()
        told, known = probe.report(location.removeprefix("file:")), PuffinFile(content)
        assert told["kind"] == "puffin" and told["properties"] == known.footer.properties
        assert [(blob["type"], blob["offset"], blob["bytes"], int(blob["cardinality"]), blob["referenced_data_file"])
                for blob in told["blobs"]] == [
            (blob.type, blob.offset, blob.length, int(blob.properties["cardinality"]), blob.properties["referenced-data-file"])
            for blob in known.footer.blobs
        ]
        deleted |= {vector.referenced_data_file: len(vector.to_vector()) for vector in deletion_vectors_from_puffin_file(known)}
    assert deleted == {file["path"]: file["deleted_rows"] for file in document["data_files"] if file["deleted_rows"]}
