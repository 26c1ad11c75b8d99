"""Tables with as many columns as the source's engine allows, the key the last of them."""

import pytest
from harness.compare import assert_equal

# InnoDB has at most 1017 columns, PostgreSQL 1600.
COLUMNS_MAX = {"mariadb": 1017, "postgres15": 1600}
BOUNDED_MAX = 100


@pytest.mark.kinds(*COLUMNS_MAX)
def test_the_widest_tables_are_copied_and_followed(source, pipeline, kind):
    """T059 and T060: rows arrive whole, and manifests have bounds of the first columns and of the key."""
    count = COLUMNS_MAX[kind]
    names = [f"c{number}" for number in range(1, count)] + ["id"]
    columns = ", ".join(f"{name} SMALLINT" for name in names[:-1])
    source.execute(f"CREATE TABLE wide ({columns}, id INT NOT NULL PRIMARY KEY)")

    def insert(first, last):
        rows = [
            [str((row * column) % 30000) if (row + column) % 7 else "NULL" for column in range(1, count)] + [str(row)]
            for row in range(first, last)
        ]
        source.execute(f"INSERT INTO wide VALUES {', '.join('(' + ', '.join(row) + ')' for row in rows)}")

    insert(0, 6)
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "wide")
    insert(6, 9)
    source.execute(
        f"UPDATE wide SET c1 = -1, c{count - 1} = -2 WHERE id = 2", "UPDATE wide SET id = 50 WHERE id = 3", "DELETE FROM wide WHERE id IN (4, 7)",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "wide")
    table = pipeline.lake.catalog().load_table(source.lake_name("wide"))
    properties = {key: value for key, value in table.properties.items() if key.startswith("frazil.")}
    assert sum(map(len, [*properties, *properties.values()])) < 2048, properties
    ids = {table.schema().find_field(name).field_id for name in names[:BOUNDED_MAX] + ["id"]}
    files = table.inspect.data_files().to_pylist()
    assert files
    for file in files:
        assert {key for key, _ in file["value_counts"]} == ids
        assert {key for key, _ in file["lower_bounds"]} <= ids
        assert table.schema().find_field("id").field_id in {key for key, _ in file["upper_bounds"]}
