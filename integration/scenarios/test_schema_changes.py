"""ADD COLUMN and TRUNCATE flow through; every other change stops its own table, by name, and nothing else."""

import pytest
from harness.compare import assert_equal
from pyiceberg.types import StringType


@pytest.fixture
def two_tables(source):
    for name in ("changing", "steady"):
        source.execute(
            f"CREATE TABLE {name} (id INT NOT NULL PRIMARY KEY, a INT, b VARCHAR(20))",
            f"INSERT INTO {name} VALUES (1, 10, 'one'), (2, 20, 'two'), (3, NULL, NULL)",
        )


def wait_for_column(run, pipeline, name, column):
    def there():
        metadata = pipeline.lake.metadata(name)
        schema = next(s for s in metadata["schemas"] if s["schema-id"] == metadata["current-schema-id"])
        return column in [field["name"] for field in schema["fields"]]

    run.wait_for(there, what=f"the column {column} of {name}")


def test_add_column_while_the_stream_runs(source, pipeline, two_tables):
    with pipeline.start() as run:
        run.wait_for_tables("changing", "steady")
        source.execute(
            "UPDATE changing SET a = 11 WHERE id = 1", "ALTER TABLE changing ADD COLUMN c INT",
            "INSERT INTO changing VALUES (4, 40, 'four', 400)", "UPDATE changing SET c = 200 WHERE id = 2",
        )
        wait_for_column(run, pipeline, source.lake_name("changing"), "c")
        source.execute(
            "ALTER TABLE changing ADD COLUMN d INT DEFAULT 7", "INSERT INTO changing (id, a) VALUES (5, 50)",
            "UPDATE changing SET b = 'more' WHERE id = 4", "DELETE FROM changing WHERE id = 3",
        )
        source.execute("ALTER TABLE changing ADD COLUMN e VARCHAR(20) NOT NULL DEFAULT 'ä', ADD COLUMN f DECIMAL(10,2)")
        source.execute("INSERT INTO changing (id, f) VALUES (6, 1.25)", "INSERT INTO steady VALUES (4, 4, 'four')")
        wait_for_column(run, pipeline, source.lake_name("changing"), "f")
        run.stop()
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "changing", "steady")
    sevens = pipeline.lake.query_duckdb(f"SELECT count(*) FROM {{{source.lake_name('changing')}}} WHERE d = 7")
    assert sevens == [(5,)], "rows from before ADD COLUMN … DEFAULT 7 must read 7, as the source's do"


def test_add_column_and_changes_while_frazil_is_down(source, pipeline, two_tables):
    pipeline.catch_up()
    source.execute(
        "INSERT INTO changing VALUES (10, 1, 'before')", "ALTER TABLE changing ADD COLUMN c BIGINT DEFAULT -5",
        "INSERT INTO changing (id) VALUES (11)", "UPDATE changing SET a = 3 WHERE id = 1",
        "ALTER TABLE changing ADD COLUMN d DATE", "UPDATE changing SET d = '2024-02-29' WHERE id = 11",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "changing", "steady")


@pytest.mark.kinds("mariadb", "mysql")
@pytest.mark.parametrize("position", ["FIRST", "AFTER a"])
def test_add_column_in_the_middle_keeps_the_sources_order(source, pipeline, two_tables, position):
    pipeline.catch_up()
    source.execute(
        f"ALTER TABLE changing ADD COLUMN c INT {position}", "INSERT INTO changing (id, a, b, c) VALUES (4, 5, 'six', 7)",
        "UPDATE changing SET c = 8 WHERE id = 1",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "changing", "steady")


STOPPING_CHANGES = {
    "drop-column": ["ALTER TABLE changing DROP COLUMN b"],
    "change-type": {
        "mysql": ["ALTER TABLE changing MODIFY a VARCHAR(30)"],
        "postgres": ["ALTER TABLE changing ALTER a TYPE varchar(30)"],
    },
    "rename-column": ["ALTER TABLE changing RENAME COLUMN b TO renamed"],
}


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
@pytest.mark.parametrize("change", STOPPING_CHANGES)
def test_other_schema_changes_stop_their_table_and_the_others_go_on(source, pipeline, two_tables, change):
    pipeline.catch_up()
    before = pipeline.lake.read_duckdb(source.lake_name("changing"))
    statements = STOPPING_CHANGES[change]
    statements = statements[source.server.family] if isinstance(statements, dict) else statements
    source.execute(*statements, "INSERT INTO changing (id) VALUES (9)", "INSERT INTO steady VALUES (9, 9, 'nine')")
    outcome = pipeline.catch_up(code=3)
    assert source.lake_name("changing") in outcome.err, str(outcome)
    position = ("/",) if source.is_postgres else ("binlog.", "-", ":")
    assert any(mark in outcome.err for mark in position), f"the position should be named: {outcome}"
    assert_equal(source, pipeline.lake, "steady")
    after = pipeline.lake.read_duckdb(source.lake_name("changing"))
    assert sorted(after.rows, key=repr) == sorted(before.rows, key=repr), "the stopped table must stay as it was"
    # It stays stopped, and the others stay alive.
    source.execute("UPDATE steady SET b = 'again' WHERE id = 1")
    assert source.lake_name("changing") in pipeline.catch_up(code=3).err
    assert_equal(source, pipeline.lake, "steady")


@pytest.mark.modes("position", "equality", "v3")
@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_truncate_empties_the_table(source, make_pipeline, two_tables):
    pipeline = make_pipeline()
    pipeline.catch_up()
    source.execute("UPDATE changing SET a = 0 WHERE id = 2", "TRUNCATE TABLE changing")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "changing", "steady")
    source.execute("INSERT INTO changing VALUES (1, 1, 'new')", "TRUNCATE TABLE changing", "INSERT INTO changing VALUES (1, 2, 'newer')")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "changing", "steady")


@pytest.mark.parametrize("change", ["add", "rename", "drop"])
@pytest.mark.kinds("mariadb", "postgres15")
def test_what_others_do_to_columns_in_the_lake(source, pipeline, two_tables, change):
    """T081: a column of theirs stays and is NULL in our rows; a table that lost one of ours stops with the reason."""
    pipeline.catch_up()
    name = source.lake_name("changing")
    with pipeline.lake.catalog().load_table(name).update_schema(allow_incompatible_changes=True) as update:
        if change == "add":
            update.add_column("theirs", StringType())
        elif change == "rename":
            update.rename_column("b", "c")
        else:
            update.delete_column("b")
    source.execute("UPDATE changing SET a = 11 WHERE id = 1", "INSERT INTO changing VALUES (4, 40, 'four')", "INSERT INTO steady VALUES (4, 40, 'four')")
    outcome = pipeline.catch_up(code=0 if change == "add" else 3)
    assert_equal(source, pipeline.lake, "steady")
    if change == "add":
        expected = sorted(tuple(row) + (None,) for row in source.query("SELECT id, a, b FROM changing"))
        assert pipeline.lake.query_duckdb(f"SELECT id, a, b, theirs FROM {{{name}}} ORDER BY id") == expected
        return
    assert {"rename": "dropped or renamed", "drop": "somebody dropped 1 of the 3 columns"}[change] in outcome.err, outcome
    assert pipeline.lake.query_duckdb(f"SELECT count(*) FROM {{{name}}}") == [(3,)]
