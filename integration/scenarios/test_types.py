"""Every common type with its edges, through the snapshot and through the stream; snapshot and stream give the same."""

import pytest
from harness import servers, type_matrix
from harness.compare import assert_equal

CASES = [(kind, table.name) for kind in servers.KINDS for table in type_matrix.tables(kind)]


@pytest.mark.parametrize("kind,table_name", CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
def test_each_value_of_a_type_arrives_as_select_shows_it(source, pipeline, kind, table_name):
    table = next(table for table in type_matrix.tables(kind) if table.name == table_name)
    with source.connection() as connection:
        cursor = connection.cursor()
        for statement in [*type_matrix.preparation(kind), *table.create(), *table.inserts(first_id=0)]:
            cursor.execute(statement)
        pipeline.catch_up()
        assert_equal(source, pipeline.lake, table.name)
        for statement in table.inserts(first_id=1000):
            cursor.execute(statement)
        # Every row is updated as well, without touching the values: before- and after-images carry all types, and
        # PostgreSQL leaves large values out of both.
        cursor.execute(f"UPDATE {table.name} SET id = id + 5000 WHERE id % 2 = 0")
        first = next(iter(table.columns))
        cursor.execute(f"UPDATE {table.name} SET {first} = NULL WHERE id % 2 = 1")
        pipeline.catch_up()
        assert_equal(source, pipeline.lake, table.name)


@pytest.mark.kinds("mariadb", "mysql")
def test_timestamps_do_not_depend_on_the_servers_time_zone(server, source, pipeline):
    with source.connection() as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE moments (id INT NOT NULL PRIMARY KEY, moment TIMESTAMP(6) NULL, wall DATETIME(6))")
        cursor.execute("SELECT @@GLOBAL.time_zone")
        before = cursor.fetchone()[0]
        cursor.execute("SET GLOBAL time_zone = '+05:30'")
        try:
            cursor.execute("INSERT INTO moments VALUES (1, '2024-01-01 00:00:00.5', '2024-01-01 00:00:00.5')")
            pipeline.catch_up()
            cursor.execute("INSERT INTO moments VALUES (2, '2024-07-01 00:00:00.25', '2024-07-01 00:00:00.25')")
            pipeline.catch_up()
        finally:
            cursor.execute("SET GLOBAL time_zone = %s", [before])
    assert_equal(source, pipeline.lake, "moments")


@pytest.mark.parametrize("key_type,keys", [
    ("BIGINT", ["-9223372036854775808", "-1", "0", "9223372036854775807"]),
    ("DECIMAL(20,4)", ["-1.5000", "0", "9999999999999999.9999"]),
    ("VARCHAR(40)", ["''", "'a'", "'ö'", "'日本'", "'a b'"]),
    ("DATE", ["'1970-01-01'", "'1969-12-31'", "'2024-02-29'"]),
    ("TIMESTAMP(6)", ["'2024-02-29 12:34:56.000001'", "'2024-02-29 12:34:56.000002'"]),
    ("CHAR(6)", ["'abc'", "'abcd'"]),
])
@pytest.mark.kinds("mariadb", "postgres15")
def test_keys_of_every_common_type_find_their_rows(source, pipeline, key_type, keys):
    source.execute(f"CREATE TABLE keyed (k {key_type} NOT NULL PRIMARY KEY, v INT)")
    source.execute(*(f"INSERT INTO keyed VALUES ({key}, {index})" for index, key in enumerate(keys)))
    pipeline.catch_up()
    source.execute(*(f"UPDATE keyed SET v = v + 100 WHERE k = {key}" for key in keys))
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "keyed", key=("k",))
    source.execute(f"DELETE FROM keyed WHERE k = {keys[0]}")
    source.execute(f"INSERT INTO keyed VALUES ({keys[0]}, 7)", f"DELETE FROM keyed WHERE k = {keys[-1]}")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "keyed", key=("k",))


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_names_that_need_quotes_are_no_obstacle(source, pipeline):
    quote = '"' if source.is_postgres else "`"
    q = lambda name: f"{quote}{name}{quote}"
    source.execute(
        f"CREATE TABLE {q('Order Details')} ({q('id')} INT NOT NULL PRIMARY KEY, {q('select')} INT, {q('Größe')} VARCHAR(10), {q('a.b')} INT)",
        f"INSERT INTO {q('Order Details')} VALUES (1, 2, 'x', 3)",
    )
    pipeline.catch_up()
    source.execute(f"INSERT INTO {q('Order Details')} VALUES (2, NULL, 'y', 4)", f"UPDATE {q('Order Details')} SET {q('select')} = 9 WHERE id = 1")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "Order Details")
