"""Money that moves between two tables: whatever a reader sees of both at once must add up."""

import random
import time

from .background import Background

ACCOUNTS = 20
START_BALANCE = 1000
TABLES = ("giro", "savings")
TOTAL = len(TABLES) * ACCOUNTS * START_BALANCE


def create_accounts(source):
    for table in TABLES:
        source.execute(
            f"CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL)",
            f"INSERT INTO {table} VALUES {', '.join(f'({i}, {START_BALANCE})' for i in range(ACCOUNTS))}",
        )


class Transfers(Background):
    """Moves money until told to stop; `count` transactions so far."""

    def __init__(self, source, seed=5):
        super().__init__()
        self.source, self.chance, self.count = source, random.Random(seed), 0

    def work(self):
        with self.source.connection() as connection:
            cursor = connection.cursor()
            while not self.stopping.is_set():
                amount = self.chance.randrange(100)
                account, other = self.chance.randrange(ACCOUNTS), self.chance.randrange(ACCOUNTS)
                start, end = self.chance.sample(TABLES, 2)
                cursor.execute("BEGIN")
                cursor.execute(f"UPDATE {start} SET balance = balance - {amount} WHERE id = {account}")
                cursor.execute(f"UPDATE {end} SET balance = balance + {amount} WHERE id = {other}")
                cursor.execute("COMMIT")
                self.count += 1
                time.sleep(0.002)


def ledger_pairs(pipeline, names):
    """By epoch, the snapshot of each table once all tables have one, as the ledger tells."""
    rows = pipeline.lake.query_duckdb(
        f"SELECT epoch, table_name, snapshot_id FROM {{frazil.ledger_{pipeline.name}}} ORDER BY epoch"
    )
    current, pairs = {}, {}
    for epoch, table, snapshot in rows:
        current[table] = snapshot
        if set(current) >= set(names):
            pairs[epoch] = {name: current[name] for name in names}
    return pairs


def sum_at(lake, snapshots):
    """Rows of each table and the sum over all, at the snapshots given by table."""
    rows = [lake.read_duckdb_at(lake.metadata_locations()[name], snapshot).rows for name, snapshot in snapshots.items()]
    return [len(part) for part in rows], sum(row[1] for part in rows for row in part)
