"""Partitions, sort orders and sizes of files, as the pipeline file asks for them and as readers find them."""

import pyarrow.parquet as parquet
import pytest
from harness import spark
from harness.compare import assert_equal

KINDS = ("mariadb", "postgres15")


def options(source, text, table="*"):
    return f'table-options: {{ "{source.pattern(table)}": {text} }}'


def data_files(pipeline, name):
    """(path, partition record, spec id) of the live data files, by pyiceberg."""
    table = pipeline.lake.catalog().load_table(name)
    return [(file["file_path"], file["partition"], file["spec_id"]) for file in table.inspect.data_files().to_pylist()]


def create_events(source):
    source.execute(
        f"CREATE TABLE events (id BIGINT NOT NULL PRIMARY KEY, region VARCHAR(40), at {'TIMESTAMP(6)' if source.is_postgres else 'DATETIME(6)'},"
        " n DOUBLE PRECISION)",
        "INSERT INTO events VALUES (1, 'north', '2024-01-01 10:00:00', 1), (2, NULL, '2024-01-02 00:00:00', 2), (3, 'south', NULL, 3),"
        " (4, 'north', '1969-12-31 23:59:59.999999', -4), (5, 'a/b=c%d', '2024-01-01 23:00:00', 5), (6, '', '2024-01-02 12:00:00', NULL),"
        " (7, 'Größe 日本', '2024-01-03 12:00:00', 7)",
    )


@pytest.mark.kinds(*KINDS)
@pytest.mark.modes("position", "equality", "v3")
def test_rows_move_between_partitions_and_are_there_once(source, make_pipeline, mode):
    """T031 to T034, T038 and T039: by day of a column that is not in the key, and by a text of any kind."""
    create_events(source)
    pipeline = make_pipeline(extra=options(source, "{ partition: [day(at), region, 'bucket(4, id)'] }"))
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    name = source.lake_name("events")
    days = {file[1]["at_day"] for file in data_files(pipeline, name)} if mode == "position" else set()
    assert mode != "position" or len(days) == 5, f"days {days}"
    source.execute(
        "UPDATE events SET at = '2025-05-05 05:05:05.5' WHERE id = 1", "UPDATE events SET region = 'west' WHERE id = 2",
        "UPDATE events SET region = NULL, at = '2024-01-01 00:00:00' WHERE id = 3", "UPDATE events SET id = 104 WHERE id = 4",
        "DELETE FROM events WHERE id = 5", "INSERT INTO events VALUES (8, 'north', NULL, 8)", "UPDATE events SET n = 6 WHERE id = 6",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    source.execute("UPDATE events SET n = n + 1, region = 'everywhere'", "DELETE FROM events WHERE id = 7")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    assert pipeline.call("verify").code == 0
    if mode != "v3" and not source.is_postgres:
        return  # Spark takes long to start, and files do not depend on the server.
    rows = spark.query(pipeline.lake, f"SELECT id, region FROM frazil.`{source.schema}`.events ORDER BY id")[0]
    expected = source.query("SELECT id, region FROM events ORDER BY id")
    assert [(int(row[0]), row[1]) for row in rows] == [tuple(row) for row in expected]


@pytest.mark.kinds("postgres15")
@pytest.mark.modes("position", "equality", "v3")
def test_partitions_of_numbers_that_are_none_and_of_both_zeros(source, make_pipeline):
    """T039: each is a partition that rows go to, move from and are deleted in."""
    values = ["'NaN'", "'Infinity'", "'-Infinity'", "0", "'-0'", "NULL", "1.5", "'NaN'"]
    source.execute("CREATE TABLE numbers (id INT NOT NULL PRIMARY KEY, n DOUBLE PRECISION, v INT)")
    source.execute(*(f"INSERT INTO numbers VALUES ({id}, {value}, 0)" for id, value in enumerate(values)))
    pipeline = make_pipeline(extra=options(source, "{ partition: [n] }"))
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "numbers")
    source.execute(
        "UPDATE numbers SET v = 1 WHERE id IN (0, 3, 4, 5)", "UPDATE numbers SET n = 'NaN' WHERE id = 1", "UPDATE numbers SET n = 2 WHERE id = 7",
        "DELETE FROM numbers WHERE id = 2",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "numbers")
    source.execute("DELETE FROM numbers WHERE n = 'NaN'", "UPDATE numbers SET v = 2")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "numbers")
    assert pipeline.call("verify").code == 0


@pytest.mark.kinds(*KINDS)
def test_partitions_evolve_and_rows_of_older_ones_still_go(source, make_pipeline):
    """T035 to T037: by the pipeline file, and by somebody else with pyiceberg."""
    create_events(source)
    pipeline = make_pipeline(extra=options(source, "{ partition: [region] }"))
    name = source.lake_name("events")
    pipeline.catch_up()
    pipeline.replace("partition: [region]", "partition: [month(at), 'truncate(2, region)']")
    source.execute("UPDATE events SET n = 50 WHERE id IN (1, 2)", "DELETE FROM events WHERE id = 3")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    assert len({file[2] for file in data_files(pipeline, name)}) == 2
    with pipeline.lake.catalog().load_table(name).update_spec() as update:
        update.remove_field("at_month")
        update.add_identity("id")
    source.execute("UPDATE events SET n = 60 WHERE id IN (1, 4)", "INSERT INTO events VALUES (9, 'north', NULL, 9)")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    newest = max(file[2] for file in data_files(pipeline, name))
    assert any(file[1].get("id") == 9 for file in data_files(pipeline, name) if file[2] == newest), data_files(pipeline, name)
    pipeline.replace("partition: [month(at), 'truncate(2, region)']", "partition: none")
    source.execute("UPDATE events SET n = 70", "DELETE FROM events WHERE id = 9")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    assert pipeline.lake.metadata(name)["default-spec-id"] != newest


@pytest.mark.kinds(*KINDS)
def test_rows_are_sorted_within_files_and_the_order_is_in_the_metadata(source, make_pipeline):
    create_events(source)
    pipeline = make_pipeline(extra=options(source, "{ sort: [region desc nulls last, id] }"))
    pipeline.catch_up()
    source.execute("INSERT INTO events VALUES (20, 'a', NULL, 1), (21, 'z', NULL, 1), (22, NULL, NULL, 1), (23, 'm', NULL, 1)")
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "events")
    name = source.lake_name("events")
    files = data_files(pipeline, name)
    for path, *_ in files:
        rows = parquet.read_table(path.removeprefix("file://"), columns=["region", "id"]).to_pylist()
        wanted = sorted(rows, key=lambda row: row["id"])
        wanted.sort(key=lambda row: (row["region"] or "").encode(), reverse=True)
        wanted.sort(key=lambda row: row["region"] is None)
        assert rows == wanted, path
    metadata = pipeline.lake.metadata(name)
    order = next(order for order in metadata["sort-orders"] if order["order-id"] == metadata["default-sort-order-id"])
    assert [(field["direction"], field["null-order"]) for field in order["fields"]] == [("desc", "nulls-last"), ("asc", "nulls-first")]
    manifest = pipeline.lake.catalog().load_table(name).inspect.data_files().to_pylist()
    assert {file["sort_order_id"] for file in manifest} == {metadata["default-sort-order-id"]}


@pytest.mark.kinds("mariadb")
@pytest.mark.modes("position", "v3")
def test_partitions_by_day_and_bucket_are_sorted_by_the_key(source, make_pipeline):
    rows = [(id, f"2024-01-{1 + id % 3:02} 10:00:00", id % 5) for id in (id * 37 % 200 for id in range(200))]
    values = ", ".join(f"({id}, '{moment}', {n})" for id, moment, n in rows)
    source.execute("CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, created_at DATETIME(6), n INT)")
    pipeline = make_pipeline(extra=options(source, '{ partition: ["day(created_at)", "bucket(16, id)"], sort: primary-key }'))
    pipeline.catch_up()
    source.execute(f"INSERT INTO orders VALUES {values}")
    pipeline.catch_up()
    # To another day, to another bucket, and to nowhere.
    source.execute(
        "UPDATE orders SET created_at = '2025-05-05' WHERE id % 10 = 3", "UPDATE orders SET id = id + 1000 WHERE id % 10 = 4", "DELETE FROM orders WHERE id % 10 = 5",
    )
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, "orders")
    table = pipeline.lake.catalog().load_table(source.lake_name("orders"))
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [("created_at_day", "day"), ("id_bucket", "bucket[16]")]
    assert [(field.source_id, str(field.transform)) for field in table.sort_order().fields] == [(1, "identity")]
    files = [file for file in table.inspect.data_files().to_pylist() if file["record_count"]]
    assert len({tuple(file["partition"].values()) for file in files}) > 40
    for file in files:
        found = parquet.read_table(file["file_path"].removeprefix("file://"), columns=["id", "created_at"]).to_pylist()
        assert [row["id"] for row in found] == sorted(row["id"] for row in found)
        assert {row["created_at"].date() for row in found} == {file["partition"]["created_at_day"]}, file
    assert pipeline.call("verify").code == 0


@pytest.mark.kinds("mariadb")
def test_files_are_closed_at_the_size_that_is_asked_for(source, make_pipeline):
    source.execute("CREATE TABLE wide (id INT NOT NULL PRIMARY KEY, a VARCHAR(300), b VARCHAR(300))")
    source.execute(
        "INSERT INTO wide SELECT seq, CONCAT(SHA2(seq, 512), SHA2(-seq, 512)), CONCAT(SHA2(seq + 0.5, 512), SHA2(seq + 0.25, 512)) FROM seq_1_to_150000"
    )
    pipeline = make_pipeline(extra=options(source, "{ file-size: 10MB }") + "\nsnapshot: { workers: 1 }")
    pipeline.catch_up()
    table = pipeline.lake.catalog().load_table(source.lake_name("wide"))
    sizes = sorted(file["file_size_in_bytes"] for file in table.inspect.data_files().to_pylist())
    assert len(sizes) >= 3 and sizes[0] < sizes[-1] < 40_000_000, sizes
    assert all(size >= 10_000_000 for size in sizes[1:]), sizes
    assert_equal(source, pipeline.lake, "wide")


@pytest.mark.kinds(*KINDS)
def test_a_term_that_cannot_be_is_refused_with_the_columns_that_are_there(source, make_pipeline):
    create_events(source)
    for terms, word in (("[day(region)]", "string"), ("[nowhere]", "region, at")):
        outcome = make_pipeline(extra=options(source, f"{{ partition: {terms} }}")).call("run", "--until-caught-up")
        assert outcome.code in (2, 3) and word in outcome.err, str(outcome)
