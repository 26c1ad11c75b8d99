"""What one source transaction changed in several tables becomes visible together."""

import random
import threading
import time

import pytest
from harness.compare import assert_equal

ACCOUNTS = 20
START_BALANCE = 1000


def total_in_one_catalog_state(lake, names):
    """The sum over both tables, their metadata locations read in one SQL transaction of the catalog."""
    locations = lake.metadata_locations()
    rows = [lake.read_duckdb_at(locations[name]).rows for name in names]
    return [len(part) for part in rows], sum(row[1] for part in rows for row in part)


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("position", "equality", "v3")
def test_money_that_moves_between_tables_is_never_lost_from_sight(source, make_pipeline):
    tables = ("giro", "savings")
    for table in tables:
        source.execute(
            f"CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL)",
            f"INSERT INTO {table} VALUES {', '.join(f'({i}, {START_BALANCE})' for i in range(ACCOUNTS))}",
        )
    pipeline = make_pipeline(interval="100ms")
    names = [source.lake_name(table) for table in tables]
    stopping, transfers = threading.Event(), []

    def transfer():
        chance = random.Random(5)
        with source.connection() as connection:
            cursor = connection.cursor()
            while not stopping.is_set():
                amount, account, other = chance.randrange(100), chance.randrange(ACCOUNTS), chance.randrange(ACCOUNTS)
                start, end = chance.sample(tables, 2)
                cursor.execute("BEGIN")
                cursor.execute(f"UPDATE {start} SET balance = balance - {amount} WHERE id = {account}")
                cursor.execute(f"UPDATE {end} SET balance = balance + {amount} WHERE id = {other}")
                cursor.execute("COMMIT")
                transfers.append(amount)
                time.sleep(0.002)

    thread = threading.Thread(target=transfer, daemon=True)
    with pipeline.start() as run:
        run.wait_for_tables(*tables)
        thread.start()
        try:
            seen = set()
            deadline = time.monotonic() + 8
            while time.monotonic() < deadline:
                counts, total = total_in_one_catalog_state(pipeline.lake, names)
                assert counts == [ACCOUNTS, ACCOUNTS] and total == 2 * ACCOUNTS * START_BALANCE, (
                    f"after {len(transfers)} transfers the lake shows {counts} accounts with {total} in all"
                )
                seen.add(tuple(pipeline.lake.snapshot_id(name) for name in names))
        finally:
            stopping.set()
            thread.join()
        run.stop()
    assert len(seen) >= 5, f"only {len(seen)} different states were seen; the test saw no commits happen"
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, *tables)
