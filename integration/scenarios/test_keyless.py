"""Tables without a key: as many equal rows in the lake as in the source, whichever of them go."""

import random

import pytest
from harness.compare import assert_equal

KINDS = ("mariadb", "mysql", "postgres15")
pytestmark = pytest.mark.modes("position", "v3")
COLUMNS = "a INT, b VARCHAR(20), c {double}, d {timestamp}"


def create(source, *rows, name="log"):
    words = {"double": "DOUBLE PRECISION", "timestamp": "TIMESTAMP(6)"}
    if not source.is_postgres:
        words.update(timestamp="DATETIME(6)")
    source.execute(f"CREATE TABLE {name} ({COLUMNS.format(**words)})")
    if source.is_postgres:
        source.execute(f"ALTER TABLE {name} REPLICA IDENTITY FULL")
    for row in rows:
        source.execute(f"INSERT INTO {name} VALUES {row}")


def one(source, change, condition, name="log"):
    """A statement that changes one of the rows for which the condition holds."""
    if source.is_postgres:
        return f"{change} WHERE ctid = (SELECT ctid FROM {name} WHERE {condition} LIMIT 1)"
    return f"{change} WHERE {condition} LIMIT 1"


def assert_same(source, pipeline):
    assert_equal(source, pipeline.lake, "log", key=("a", "b", "c", "d"))


@pytest.mark.kinds(*KINDS)
def test_of_equal_rows_as_many_are_left_as_in_the_source(source, pipeline):
    """T022 and T023."""
    equal = "(1, 'x', 0.5, '2024-02-29 12:00:00.000001')"
    create(source, equal, equal, equal, "(NULL, NULL, NULL, NULL)", "(NULL, NULL, NULL, NULL)", "(2, NULL, -0.0, NULL)")
    pipeline.catch_up()
    assert_same(source, pipeline)
    source.execute(one(source, "DELETE FROM log", "a = 1"), one(source, "DELETE FROM log", "a IS NULL"))
    pipeline.catch_up()
    assert_same(source, pipeline)
    source.execute(
        one(source, "UPDATE log SET b = 'y'", "a = 1"), f"INSERT INTO log VALUES {equal}", "UPDATE log SET c = c * 2 WHERE a = 2",
    )
    pipeline.catch_up()
    assert_same(source, pipeline)
    verify = pipeline.call("verify")
    assert verify.code == 0, str(verify)
    source.execute("DELETE FROM log WHERE b = 'x'")
    with source.connection() as connection:
        cursor = connection.cursor()
        for statement in ("BEGIN", f"INSERT INTO log VALUES {equal}, {equal}", one(source, "DELETE FROM log", "b = 'x'"), "COMMIT"):
            cursor.execute(statement)
    pipeline.catch_up()
    assert_same(source, pipeline)
    source.execute("TRUNCATE TABLE log", f"INSERT INTO log VALUES {equal}")
    pipeline.catch_up()
    assert_same(source, pipeline)


@pytest.mark.kinds(*KINDS)
def test_random_changes_of_few_values_over_many_commits(source, make_pipeline):
    chance = random.Random(7)
    create(source, *(f"({chance.randrange(3)}, '{chance.choice('xy')}', NULL, NULL)" for _ in range(60)))
    pipeline = make_pipeline(interval="100ms")
    with pipeline.start() as run:
        run.wait_for_tables("log")
        with source.connection() as connection:
            cursor = connection.cursor()
            for _ in range(300):
                value = f"a = {chance.randrange(3)}"
                cursor.execute(chance.choice([
                    one(source, "DELETE FROM log", value), one(source, f"UPDATE log SET b = '{chance.choice('xyz')}'", value),
                    f"INSERT INTO log VALUES ({chance.randrange(3)}, '{chance.choice('xy')}', {chance.choice(['NULL', '1.5'])}, NULL)",
                    f"UPDATE log SET c = 2.5 WHERE {value} AND b = 'x'",
                ]))
        run.stop()
    pipeline.catch_up()
    assert_same(source, pipeline)


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("equality")
def test_with_equality_deletes_inserts_flow_and_a_delete_stops_the_table(source, make_pipeline):
    create(source, "(1, 'x', NULL, NULL)")
    pipeline = make_pipeline()
    pipeline.catch_up()
    source.execute("INSERT INTO log VALUES (1, 'x', NULL, NULL)")
    pipeline.catch_up()
    assert_same(source, pipeline)
    source.execute("DELETE FROM log")
    outcome = pipeline.catch_up(code=3)
    assert "deletes: auto" in outcome.err, str(outcome)


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_floating_point_key_works_by_position_and_is_refused_by_key(source, make_pipeline, tmp_path):
    """T020."""
    source.execute("CREATE TABLE floats (k DOUBLE PRECISION NOT NULL PRIMARY KEY, v INT)", "INSERT INTO floats VALUES (0.1, 1), (-7.25, 2), (3, 3)")
    pipeline = make_pipeline()
    pipeline.catch_up()
    source.execute("UPDATE floats SET v = 10 WHERE k = 0.1", "DELETE FROM floats WHERE k = 3", "UPDATE floats SET k = 0.3 WHERE v = 2")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "floats", key=("k",))
    by_key = make_pipeline(folder=tmp_path / "by-key", name="bykey", mode="equality")
    outcome = by_key.call("run", "--until-caught-up")
    assert outcome.code != 0 and "column k" in outcome.err and "deletes: auto" in outcome.err, str(outcome)
