"""What frazil cannot replicate yet it refuses by name, and goes on with everything else."""

import pytest
from harness.compare import assert_equal

UNSUPPORTED = {
    "mysql": ("features", "VECTOR(3)", "vector"),
    "postgres15": ("scores", "INTEGER[]", "int"), "postgres18": ("scores", "INTEGER[]", "int"),
}


def make_tables(source, refused_definition):
    source.execute(
        "CREATE TABLE good (id INT NOT NULL PRIMARY KEY, v VARCHAR(10))", "INSERT INTO good VALUES (1, 'a'), (2, 'b')",
        f"CREATE TABLE odd ({refused_definition})",
    )


def assert_good_goes_on(source, pipeline, *words):
    """`run` names the refused table and exits 3, the other table is complete, before and after a change."""
    for statement in ("UPDATE good SET v = 'c' WHERE id = 2", "INSERT INTO good VALUES (3, NULL)"):
        outcome = pipeline.catch_up(code=3)
        for word in (source.lake_name("odd"), *words):
            assert word.lower() in outcome.err.lower(), f"{word!r} should be named: {outcome}"
        assert_equal(source, pipeline.lake, "good")
        source.execute(statement)
    pipeline.catch_up(code=3)
    assert_equal(source, pipeline.lake, "good")
    assert source.lake_name("odd") not in pipeline.lake.metadata_locations()


# MariaDB 10.11 has no type that cannot be replicated.
@pytest.mark.kinds(*UNSUPPORTED)
def test_an_unsupported_type_is_refused_with_table_column_and_type(source, pipeline, kind):
    column, declaration, type_word = UNSUPPORTED[kind]
    make_tables(source, f"id INT NOT NULL PRIMARY KEY, {column} {declaration}")
    check = pipeline.call("check")
    assert check.code == 1, str(check)
    line = next((line for line in (check.out + check.err).splitlines() if column in line), "")
    assert "odd" in line and type_word in line.lower(), f"check should name table, column and type in one line: {check}"
    assert_good_goes_on(source, pipeline, column, type_word)


@pytest.mark.kinds("postgres15")
def test_a_table_whose_log_does_not_tell_rows_apart_is_refused_with_a_clear_line(source, pipeline):
    make_tables(source, "a INT, b INT")
    check = pipeline.call("check")
    assert check.code == 1, str(check)
    line = next((line for line in (check.out + check.err).splitlines() if "odd" in line), "")
    assert "primary key" in line.lower() and "replica identity full" in line.lower(), str(check)
    assert_good_goes_on(source, pipeline, "primary key")


@pytest.mark.kinds("mariadb", "postgres15")
def test_no_table_that_matches_is_a_configuration_error(make_pipeline, source):
    pipeline = make_pipeline(tables=[source.pattern("nothing_here")])
    outcome = pipeline.call("run", "--until-caught-up")
    assert outcome.code == 2, str(outcome)
    assert "source.tables" in outcome.err, str(outcome)
