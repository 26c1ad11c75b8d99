"""Files that other projects test themselves with: all their values are read, or they are refused for what is wrong with them.

The files are no part of the project. They are looked for beside its folder, in ../shared/corpora, or in $FRAZIL_CORPORA.
"""

import csv
import os
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from harness import probe, row_form
from harness.processes import REPOSITORY

CORPORA = Path(os.environ.get("FRAZIL_CORPORA") or REPOSITORY.parent / "shared" / "corpora")
PARQUET = CORPORA / "parquet-testing"

# Why a file is refused: a part of the sentence that says so.
REFUSED = {
    "bad_data/ARROW-GH-41317.parquet": "column timestamp_us_no_tz: its pages end after 0 rows, the row group has 3",
    "bad_data/ARROW-GH-41321.parquet": "column int64: a page of encoding plainDictionary is damaged: malformed value",
    "bad_data/ARROW-GH-45185.parquet": "column x.element: a page of encoding plain is damaged: malformed value at offset 0",
    "bad_data/ARROW-GH-47662.parquet": "column flba_field: a page of encoding plain is damaged: needed 400 bytes at offset 0, found 364",
    "bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet": "column region_key is said to have 125 bytes at 466, the file has 533",
    "bad_data/ARROW-RS-GH-6229-LEVELS.parquet": "column outer.item: a page is said to have 21 values, 1 are left in the chunk",
    "bad_data/PARQUET-1481.parquet": "column Handle has the physical type -7, which the format does not know",
    "data/datapage_v1-corrupt-checksum.parquet": "column a: a page's checksum is 256863498, its header says 3150855069",
    "data/rle-dict-uncompressed-corrupt-checksum.parquet":
        "column long_field: a page's checksum is 1696784233, its header says 1696784234",
    "data/large_string_map.brotli.parquet": "column arr.key is compressed with codec 4, which is not supported",
    "data/encrypt_columns_plaintext_footer.parquet.encrypted": "column float_field is encrypted, which is not supported",
    "data/aes256/encrypt_columns_plaintext_footer.parquet.encrypted": "column boolean_field is encrypted, which is not supported",
}
FOOTER_REFUSED = "its footer is encrypted, which is not supported"

# What pyarrow does not tell: it takes instants of Spark's last year for others, and refuses a map whose keys are optional.
KNOWN_OTHERWISE = {
    "data/int96_from_spark.parquet": [
        {"a": "2024-01-01T20:34:56.123456"}, {"a": "2024-01-01T01:00:00.000000"}, {"a": "9999-12-31T03:00:00.000000"},
        {"a": "2024-12-30T23:00:00.000000"}, {"a": None}, {"a": "+290000-12-30T23:00:00.000000"},
    ],
    "data/incorrect_map_schema.parquet": [
        {"my_map": [{"key": "parent", "value": "another"}, {"key": "name", "value": "report"}]},
    ],
}


def _files(*patterns):
    return sorted(
        str(path.relative_to(PARQUET)) for pattern in patterns for path in PARQUET.glob(pattern) if not path.name.endswith(".json")
    )


FILES = _files("data/**/*.parquet", "data/**/*.encrypted", "bad_data/*.parquet")


def test_the_corpora_are_there():
    if not FILES:
        pytest.skip(f"no corpora in {CORPORA}: set FRAZIL_CORPORA to their folder; their files are not tested")
    assert len(FILES) > 80


def _type(field):
    """The type of a field of a report, as schemas spell it."""
    if field["type"] == "struct":
        return {"type": "struct", "fields": [_field(inner) for inner in field["fields"]]}
    if field["type"] == "list":
        return {"type": "list", "element": _type(field["element"]), "element-required": field["element"]["required"]}
    if field["type"] == "map":
        return {
            "type": "map", "key": _type(field["key"]), "value": _type(field["value"]),
            "value-required": field["value"]["required"],
        }
    return field["type"]


def _field(field):
    return {"name": field["name"], "type": _type(field), "required": field["required"]}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_corpora(name):
    path = PARQUET / name
    reason = REFUSED.get(name) or (FOOTER_REFUSED if name.endswith(".encrypted") else None)
    if reason:
        outcome = probe.inspect(path, "--rows")
        assert outcome.code == 1 and reason in outcome.err, outcome
        return
    if name in KNOWN_OTHERWISE:
        assert probe.read_json(path) == KNOWN_OTHERWISE[name]
        return
    fields = [_field(field) for field in probe.report(path)["fields"]]
    schema = {"type": "struct", "fields": fields}
    table = parquet.ParquetFile(path, coerce_int96_timestamp_unit="us").read()
    columns = [row_form.from_arrow(field["type"], column) for field, column in zip(fields, table.columns)]
    expected = list(zip(*columns))
    assert [field["name"] for field in fields] == table.column_names
    assert not row_form.first_difference(schema, expected, probe.read_rows(path, schema))


def test_values_are_those_that_were_written_down(tmp_path):
    """Some files have their values beside them as CSV, made by whoever wrote them."""
    if not FILES:
        pytest.skip(f"no corpora in {CORPORA}")
    compared = 0
    for path in sorted(PARQUET.glob("data/*_expect.csv")):
        with open(path, newline="") as file:
            names, *lines = csv.reader(file)
        rows = probe.read_json(path.with_name(path.name.replace("_expect.csv", ".parquet")))
        assert len(rows) == len(lines), path
        for row, line in zip(rows, lines):
            # CSV does not tell NULL from empty texts.
            assert ["" if value is None else str(value) for value in row.values()] == line, path
        compared += 1
    assert compared == 4
