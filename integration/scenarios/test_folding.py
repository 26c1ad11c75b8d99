"""Many changes of one key between two commits come to what the source holds."""

import pytest
from harness.compare import assert_equal

pytestmark = pytest.mark.modes("position", "equality", "v3")
MYSQL_FAMILY = ("mariadb", "mysql")


def transaction(source, *statements):
    with source.connection() as connection:
        cursor = connection.cursor()
        for statement in ("BEGIN", *statements, "COMMIT"):
            cursor.execute(statement)


def snapshot_id(pipeline, source, table="t"):
    return pipeline.lake.snapshot_id(source.lake_name(table))


@pytest.fixture
def rows(source):
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(40))", "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')")
    return source


@pytest.mark.kinds("mariadb", "postgres15")
def test_T001_to_T005_one_key_many_times(rows, pipeline):
    pipeline.catch_up()
    transaction(rows, "INSERT INTO t VALUES (9, 'a')", "UPDATE t SET v = 'b' WHERE id = 9", "DELETE FROM t WHERE id = 9")
    transaction(rows, "DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (1, 'again')")
    transaction(rows, "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (2, 'new')", "UPDATE t SET v = 'newer' WHERE id = 2")
    transaction(rows, "INSERT INTO t VALUES (10, 'a')", "UPDATE t SET v = 'b' WHERE id = 10")
    pipeline.catch_up()
    assert_equal(rows, pipeline.lake, "t")
    rows.execute("UPDATE t SET v = 'again' WHERE id = 10")
    pipeline.catch_up()
    assert_equal(rows, pipeline.lake, "t")


@pytest.mark.kinds("mariadb", "postgres15")
def test_T006_T008_T009_keys_that_change_places(rows, pipeline):
    pipeline.catch_up()
    transaction(rows, "UPDATE t SET id = 100 WHERE id = 1", "UPDATE t SET id = 1 WHERE id = 2", "UPDATE t SET id = 2 WHERE id = 100")
    pipeline.catch_up()
    assert_equal(rows, pipeline.lake, "t")
    transaction(rows, *(f"UPDATE t SET id = {to}, v = 'at {to}' WHERE id = {start}" for start, to in ((1, 20), (20, 30), (30, 1))))
    transaction(rows, "DELETE FROM t WHERE id = 2", "UPDATE t SET id = 2 WHERE id = 3")
    pipeline.catch_up()
    assert_equal(rows, pipeline.lake, "t")


@pytest.mark.kinds("mariadb", "postgres15")
def test_T007_a_thousand_keys_move_up_by_one(source, pipeline):
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(40))")
    source.execute("INSERT INTO t VALUES " + ", ".join(f"({number}, 'row {number}')" for number in range(1, 1001)))
    pipeline.catch_up()
    if source.is_postgres:
        # A key that is checked row by row cannot be moved up by one in one statement.
        transaction(source, "UPDATE t SET id = -id", "UPDATE t SET id = 1 - id")
    else:
        source.execute("UPDATE t SET id = id + 1 ORDER BY id DESC")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t")
    assert source.query("SELECT min(id), max(id) FROM t") in ([(2, 1001)], ((2, 1001),))


@pytest.mark.kinds(*MYSQL_FAMILY)
def test_T013_replace_that_hits_two_rows(source, pipeline):
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, u INT UNIQUE, v VARCHAR(10))", "INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')")
    pipeline.catch_up()
    source.execute("REPLACE INTO t VALUES (1, 20, 'both')", "REPLACE INTO t VALUES (3, 30, 'same')")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t")


@pytest.mark.kinds(*MYSQL_FAMILY)
@pytest.mark.modes("position")
def test_T014_T030_what_changes_nothing_makes_no_snapshot(source, pipeline):
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(10))", "CREATE TABLE u (id INT NOT NULL PRIMARY KEY)", "INSERT INTO t VALUES (1, 'a')")
    pipeline.catch_up()
    before = snapshot_id(pipeline, source)
    source.execute("INSERT INTO t VALUES (1, 'a') ON DUPLICATE KEY UPDATE v = 'a'")
    transaction(source, "SAVEPOINT here", "UPDATE t SET v = 'gone'", "ROLLBACK TO SAVEPOINT here")
    transaction(source, "INSERT INTO u VALUES (1)")
    pipeline.catch_up()
    assert snapshot_id(pipeline, source) == before
    assert_equal(source, pipeline.lake, "t")


@pytest.mark.kinds(*MYSQL_FAMILY)
def test_T015_T016_keys_that_collations_take_for_equal(source, pipeline):
    no_pad = "utf8mb4_nopad_bin" if source.server.kind == "mariadb" else "utf8mb4_0900_bin"
    source.execute(
        "CREATE TABLE t (k VARCHAR(20) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, v INT)", "INSERT INTO t VALUES ('Abc', 1), ('b', 2)",
        "CREATE TABLE padded (k CHAR(10) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, v INT)", "INSERT INTO padded VALUES ('a', 1), ('b  ', 2)",
        f"CREATE TABLE spaced (k VARCHAR(10) COLLATE {no_pad} NOT NULL PRIMARY KEY, v INT)", "INSERT INTO spaced VALUES ('a', 1), ('a ', 2)",
    )
    pipeline.catch_up()
    source.execute(
        "UPDATE t SET k = 'aBC' WHERE k = 'abc'", "UPDATE t SET v = 3 WHERE k = 'B'", "UPDATE padded SET v = 5 WHERE k = 'A'",
        "DELETE FROM padded WHERE k = 'b'", "UPDATE spaced SET v = 10 WHERE k = 'a '", "DELETE FROM spaced WHERE k = 'a'",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t", "padded", "spaced", key=("k",))


@pytest.mark.kinds("mariadb", "postgres15")
def test_T017_a_key_of_three_columns(source, pipeline):
    moment = "TIMESTAMP(6)" if source.is_postgres else "DATETIME(6)"
    source.execute(
        f"CREATE TABLE t (a INT NOT NULL, b VARCHAR(20) NOT NULL, c {moment} NOT NULL, v INT, PRIMARY KEY (a, b, c))",
        "INSERT INTO t VALUES (1, 'x', '2024-01-01 00:00:00.000001', 1), (1, 'x', '2024-01-01 00:00:00.000002', 2), (1, '', '1969-12-31 23:59:59.999999', 3)",
    )
    pipeline.catch_up()
    source.execute(
        "UPDATE t SET v = 20 WHERE c = '2024-01-01 00:00:00.000002'", "DELETE FROM t WHERE c = '2024-01-01 00:00:00.000001'",
        "UPDATE t SET b = 'y' WHERE b = ''",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t", key=("a", "b", "c"))


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("position", "v3")
def test_T021_a_unique_index_with_nulls_is_no_key(source, pipeline):
    source.execute("CREATE TABLE t (u INT UNIQUE, v VARCHAR(10))", "INSERT INTO t VALUES (NULL, 'a'), (NULL, 'a'), (1, 'b')")
    if source.is_postgres:
        source.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    pipeline.catch_up()
    source.execute("UPDATE t SET v = 'c' WHERE u IS NULL", "INSERT INTO t VALUES (NULL, 'c')")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t", key=("u", "v"))


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("position")
def test_T029_a_transaction_that_changes_one_row_a_hundred_thousand_times(source, pipeline):
    """A million of them in `ChangeMergeTests`, within one batch of memory."""
    source.execute("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 0)")
    pipeline.catch_up()
    count = 100_000
    if source.is_postgres:
        # By place: the way there by key is as long as the row's history.
        source.execute(
            "DO $$ DECLARE place tid := (SELECT ctid FROM shop.t WHERE id = 1);"
            f" BEGIN FOR n IN 1 .. {count} LOOP UPDATE shop.t SET v = n WHERE ctid = place RETURNING ctid INTO place; END LOOP; END $$"
        )
    else:
        source.execute(
            f"CREATE PROCEDURE often() BEGIN FOR n IN 1 .. {count} DO UPDATE t SET v = n WHERE id = 1; END FOR; END", "SET autocommit = 0", "CALL often()", "COMMIT"
        )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "t")
    metadata = pipeline.lake.metadata(source.lake_name("t"))
    newest = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])["summary"]
    assert newest["total-records"] == "1", newest
