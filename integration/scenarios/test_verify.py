"""`frazil verify` compares source and lake at one position, and finds what was changed behind its back."""

import pyarrow as pa
import pytest
from harness.workload import TABLES, Workload, Writer, create_schema
from pyiceberg.expressions import EqualTo


@pytest.fixture
def replicated(source, pipeline):
    create_schema(source)
    workload = Workload(23)
    workload.fill(source)
    pipeline.catch_up()
    workload.apply(source, 40)
    pipeline.catch_up()
    return workload


def test_equal_tables_verify(source, pipeline, replicated):
    outcome = pipeline.call("verify")
    assert outcome.code == 0, str(outcome)
    for table in TABLES:
        assert source.lake_name(table) in outcome.out, str(outcome)


def overwrite(pipeline, name, key, change):
    """Replaces one row of a lake table by way of pyiceberg; `change` maps the row's dictionary to the new one or None."""
    table = pipeline.lake.catalog().load_table(name)
    row = table.scan(row_filter=EqualTo("id", key)).to_arrow()
    assert row.num_rows == 1
    changed = change(row.to_pylist()[0])
    if changed is None:
        table.delete(EqualTo("id", key))
    else:
        table.overwrite(pa.Table.from_pylist([changed], schema=row.schema), overwrite_filter=EqualTo("id", key))


CHANGES = {
    "changed": lambda row: {**row, "name": "somebody else"},
    "null": lambda row: {**row, "note": None if row["note"] is not None else "not null"},
    "missing": lambda row: None,
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_a_row_changed_in_the_lake_is_found_and_its_key_named(source, pipeline, replicated, how):
    key = replicated.customer_ids[7]
    overwrite(pipeline, source.lake_name("customers"), key, CHANGES[how])
    outcome = pipeline.call("verify")
    assert outcome.code == 1, str(outcome)
    text = outcome.out + outcome.err
    assert source.lake_name("customers") in text and str(key) in text, str(outcome)
    assert "somebody else" not in text, f"a row value must not be printed: {outcome}"


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_row_too_many_in_the_lake_is_found(source, pipeline, replicated):
    table = pipeline.lake.catalog().load_table(source.lake_name("customers"))
    row = table.scan(row_filter=EqualTo("id", replicated.customer_ids[3])).to_arrow()
    table.append(pa.Table.from_pylist([{**row.to_pylist()[0], "id": 987654}], schema=row.schema))
    outcome = pipeline.call("verify")
    assert outcome.code == 1 and "987654" in outcome.out + outcome.err, str(outcome)


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_verify_beside_a_running_daemon_and_a_writer_finds_them_equal(source, pipeline, replicated):
    with Writer(source, replicated, pause_seconds=0.005), pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        for _ in range(2):
            outcome = pipeline.call("verify")
            assert outcome.code == 0, str(outcome)
        run.stop()
