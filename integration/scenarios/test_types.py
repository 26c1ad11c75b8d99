"""Every common type with its edges, through the snapshot and through the stream; snapshot and stream give the same."""

import pytest
from harness import servers, type_matrix
from harness.compare import assert_equal

pytestmark = pytest.mark.modes("position", "equality", "v3")
CASES = [(kind, table.name) for kind in servers.KINDS for table in type_matrix.tables(kind)]


@pytest.mark.parametrize("kind,table_name", CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
def test_each_value_of_a_type_arrives_as_select_shows_it(source, pipeline, kind, table_name, mode):
    table = next(table for table in type_matrix.tables(kind) if table.name == table_name)
    with source.connection() as connection:
        cursor = connection.cursor()
        for statement in [*type_matrix.preparation(kind), *table.create(), *table.inserts(first_id=0)]:
            cursor.execute(statement)
        if mode == "equality" and source.is_postgres:
            # Large values that an update leaves alone are in the log, or would have to come from the index.
            cursor.execute(f"ALTER TABLE {table.name} REPLICA IDENTITY FULL")
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
@pytest.mark.modes("position")
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


LAST_CHARACTER, LAST_OF_THE_FIRST_PLANE = chr(0x10FFFF), chr(0xFFFF)
# Words in braces differ between the families of servers.
KEYS = {
    # T026
    "bigint": ("BIGINT", ["-9223372036854775808", "-1", "0", "9223372036854775807"]),
    # T018
    "decimal": ("DECIMAL(20,4)", ["-1.5000", "0", "9999999999999999.9999"]),
    "text": ("VARCHAR(40){binary}", ["''", "'a'", "'ö'", "'日本'", "'a b'"]),
    # T024: equal far beyond what bounds in manifests keep.
    "long": ("VARCHAR(700){binary}", ["REPEAT('x', 650)", "CONCAT(REPEAT('x', 650), '1')", "CONCAT(REPEAT('x', 650), '2')"]),
    # T025: texts whose upper bound cannot be cut and counted up.
    "extreme": ("VARCHAR(40){binary}", ["''", "'😀'", f"'{LAST_CHARACTER * 20}'", f"'{LAST_OF_THE_FIRST_PLANE * 16}'", f"'{LAST_CHARACTER * 16}a'"]),
    "date": ("DATE", ["'1970-01-01'", "'1969-12-31'", "'2024-02-29'"]),
    # T027
    "moment": ("{moment}", ["'1969-12-31 23:59:59.999999'", "'1970-01-01 00:00:00'", "'2024-02-29 12:34:56.000001'", "'2024-02-29 12:34:56.000002'"]),
    "char": ("CHAR(6)", ["'abc'", "'abcd'"]),
    # T028: signed and unsigned orders differ.
    "uuid": ("UUID", ["'00000000-0000-0000-0000-000000000001'", "'7fffffff-ffff-ffff-ffff-ffffffffffff'", "'80000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"]),
    # T019: zero bytes at the end are part of the value.
    "bytes": ("{bytes}", ["{x}'00112233445566778899aabbccddee00'", "{x}'00112233445566778899aabbccdd0000'", "{x}'ff112233445566778899aabbccddeeff'"]),
}
WORDS = {
    "mysql": {"binary": " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "moment": "DATETIME(6)", "bytes": "BINARY(16)", "x": "x"},
    "postgres": {"binary": "", "moment": "TIMESTAMPTZ(6)", "bytes": "BYTEA", "x": "'\\x' || "},
}


def spelled(source, key):
    """A key of `KEYS` as the server wants it."""
    if not source.is_postgres:
        return key.format(**WORDS["mysql"])
    if key.startswith("{x}"):
        return f"decode({key.removeprefix('{x}')}, 'hex')"
    return key


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.modes("equality", "v3")  # Positions and vectors find keys in the same index.
@pytest.mark.kinds("mariadb", "postgres15")
def test_keys_of_every_common_type_find_their_rows(source, pipeline, name):
    key_type, keys = KEYS[name]
    key_type, keys = key_type.format(**WORDS[source.server.family]), [spelled(source, key) for key in keys]
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
@pytest.mark.modes("v3")
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
