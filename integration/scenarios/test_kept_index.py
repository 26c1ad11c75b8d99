"""Key indexes that are kept between runs: used, damaged, overtaken by other writers, and beyond their memory."""

import json

import pytest
from harness import spark
from harness.compare import assert_equal

KINDS = ("mariadb", "postgres15")
ROWS = 3000
pytestmark = pytest.mark.modes("position", "v3")


def create(source):
    source.execute(
        "CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(80), n INT)",
        "CREATE TABLE items (code VARCHAR(40) NOT NULL, part INT NOT NULL, n INT, PRIMARY KEY (code, part))",
    )
    with source.connection() as connection:
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s)", [(id, f"order {id}", id % 7) for id in range(ROWS)])
        cursor.executemany("INSERT INTO items VALUES (%s, %s, %s)", [(f"item {id // 3}", id % 3, id) for id in range(ROWS)])
        connection.commit()


def change(source, round):
    source.execute(
        f"UPDATE orders SET name = 'round {round}' WHERE id % 50 = {round}", f"DELETE FROM orders WHERE id % 101 = {round}",
        f"INSERT INTO orders VALUES ({ROWS + round}, 'new', {round})", f"UPDATE items SET n = -n WHERE n % 40 = {round}",
        f"DELETE FROM items WHERE code = 'item {round}'", f"INSERT INTO items VALUES ('new {round}', 1, 1)",
    )


def lines(outcome, text):
    """Log lines (as objects) whose message holds the text."""
    found = [json.loads(line) for line in outcome.err.splitlines() if line.startswith("{")]
    return [line for line in found if text in line["message"]]


def catch_up(pipeline):
    outcome = pipeline.catch_up("--log", "json")
    for table in ("orders", "items"):
        assert_equal(pipeline.source, pipeline.lake, table)
    return outcome


def equality_deletes(pipeline, table):
    files = pipeline.lake.catalog().load_table(pipeline.source.lake_name(table)).inspect.delete_files().to_pylist()
    return sum(file["content"] == 2 for file in files)


@pytest.mark.kinds(*KINDS)
def test_a_restart_uses_the_stored_index_also_after_a_kill(source, make_pipeline, tmp_path):
    """T084: by a clean stop and by SIGKILL; no key is read from the table."""
    create(source)
    pipeline = make_pipeline(extra=f"index: {{ folder: {tmp_path}/state }}")
    assert len(lines(catch_up(pipeline), "key index rebuilt")) == 2
    for round in range(1, 4):
        change(source, round)
        outcome = catch_up(pipeline)
        assert len(lines(outcome, "key index read from the state folder")) == 2 and not lines(outcome, "key index rebuilt"), outcome
    before = pipeline.lake.snapshot_id(source.lake_name("orders"))
    with pipeline.start("--log", "json") as run:
        change(source, 4)
        run.wait_for(lambda: pipeline.lake.snapshot_id(source.lake_name("orders")) != before, what="a commit")
        run.kill()
    change(source, 5)
    outcome = catch_up(pipeline)
    assert len(lines(outcome, "key index read from the state folder")) == 2 and not lines(outcome, "key index rebuilt"), outcome
    assert equality_deletes(pipeline, "orders") == equality_deletes(pipeline, "items") == 0
    assert pipeline.call("verify").code == 0


@pytest.mark.kinds(*KINDS)
def test_damage_is_told_of_and_the_index_is_read_anew(source, make_pipeline, tmp_path):
    """T085: a bit flips in each of the files; a file is cut; everything is gone."""
    create(source)
    state = tmp_path / "state"
    pipeline = make_pipeline(extra=f"index: {{ folder: {state} }}")
    catch_up(pipeline)
    assert {path.suffix for path in state.iterdir()} == {".index", ".journal", ""}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [state, *state.iterdir()])
    for round, harm in enumerate((_flip, _cut, lambda path: path.unlink()), start=1):
        for path in state.glob("*.index"):
            harm(path)
        change(source, round)
        outcome = catch_up(pipeline)
        told = lines(outcome, "the stored key index is not used")
        assert len(told) == (0 if round == 3 else 2) and all("is damaged at byte" in line["reason"] for line in told), outcome
        assert len(lines(outcome, "key index rebuilt")) == 2, outcome
    assert pipeline.call("verify").code == 0


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x20
    path.write_bytes(content)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.kinds(*KINDS)
def test_changes_of_others_between_two_runs_are_followed(source, make_pipeline, tmp_path):
    """T086: Spark compacts one table and rewrites the position deletes of the other one, where there are any."""
    create(source)
    pipeline = make_pipeline(extra=f"index: {{ folder: {tmp_path}/state }}")
    catch_up(pipeline)
    change(source, 1)
    catch_up(pipeline)
    orders, items = (source.lake_name(table) for table in ("orders", "items"))
    rewrite = "CALL frazil.system.{}(table => '{}', options => map('rewrite-all', 'true'))"
    other = "rewrite_data_files" if pipeline.mode == "v3" else "rewrite_position_delete_files"
    spark.query(pipeline.lake, rewrite.format("rewrite_data_files", orders), rewrite.format(other, items))
    assert pipeline.lake.catalog().load_table(orders).current_snapshot().summary.operation.value == "replace"
    for round in (2, 3):
        change(source, round)
        outcome = catch_up(pipeline)
        assert not lines(outcome, "key index rebuilt"), outcome
        assert len(lines(outcome, "the key index followed the table")) == (2 if round == 2 else 0), outcome
    assert equality_deletes(pipeline, "orders") == equality_deletes(pipeline, "items") == 0
    assert pipeline.call("verify").code == 0


@pytest.mark.kinds(*KINDS)
def test_beyond_its_memory_a_table_is_followed_by_deletes_by_key(source, make_pipeline):
    """T089: two tables of which one fits; the other one's deletes go by key, and everybody can see it."""
    source.execute("CREATE TABLE large (id BIGINT NOT NULL PRIMARY KEY, n INT)")
    with source.connection() as connection:
        rows = [(id, id % 7) for id in range(80_000)]
        cursor = connection.cursor()
        for first in range(0, len(rows), 5000):
            values = ", ".join(f"({id}, {n})" for id, n in rows[first:first + 5000])
            cursor.execute(f"INSERT INTO large VALUES {values}")
        connection.commit()
    create(source)
    pipeline = make_pipeline(extra="index: { memory: 1MB }")
    told = lines(catch_up(pipeline), "index.memory is used up")
    assert len(told) == 1 and f"the key index of {source.schema}.large wants" in told[0]["outcome"], told
    change(source, 1)
    source.execute("UPDATE large SET n = n + 1 WHERE id % 1000 = 3", "DELETE FROM large WHERE id % 1000 = 4")
    catch_up(pipeline)
    assert_equal(source, pipeline.lake, "large")
    assert equality_deletes(pipeline, "large") == 1
    assert equality_deletes(pipeline, "orders") == equality_deletes(pipeline, "items") == 0
    assert f"{source.schema}.large has 160 deletes by key" in pipeline.call("status").out
    assert pipeline.call("verify").code == 0
