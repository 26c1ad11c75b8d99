"""What one source transaction changed in several tables becomes visible together."""

import itertools
import time

import pytest
from harness.compare import assert_equal
from harness.transfers import ACCOUNTS, TABLES, TOTAL, Transfers, create_accounts, ledger_pairs, sum_at


def total_in_one_catalog_state(lake, names):
    """The sum over both tables, their metadata locations read in one SQL transaction of the catalog."""
    locations = lake.metadata_locations()
    rows = [lake.read_duckdb_at(locations[name]).rows for name in names]
    return [len(part) for part in rows], sum(row[1] for part in rows for row in part)


@pytest.mark.kinds("mariadb", "postgres15")
@pytest.mark.modes("position", "equality", "v3")
def test_money_that_moves_between_tables_is_never_lost_from_sight(source, make_pipeline):
    create_accounts(source)
    pipeline = make_pipeline(interval="100ms")
    names = [source.lake_name(table) for table in TABLES]
    with pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        with Transfers(source) as transfers:
            seen = set()
            deadline = time.monotonic() + 8
            while time.monotonic() < deadline:
                counts, total = total_in_one_catalog_state(pipeline.lake, names)
                assert counts == [ACCOUNTS, ACCOUNTS] and total == TOTAL, (
                    f"after {transfers.count} transfers the lake shows {counts} accounts with {total} in all"
                )
                seen.add(tuple(pipeline.lake.snapshot_id(name) for name in names))
        run.stop()
    assert len(seen) >= 5, f"only {len(seen)} different states were seen; the test saw no commits happen"
    pairs = ledger_pairs(pipeline, names)
    assert len(pairs) >= 5, pairs
    for epoch, pair in pairs.items():
        assert sum_at(pipeline.lake, pair) == ([ACCOUNTS, ACCOUNTS], TOTAL), f"epoch {epoch}: {pair}"
    mixed = ({names[0]: one[names[0]], names[1]: next_one[names[1]]} for one, next_one in itertools.pairwise(pairs.values()))
    assert any(sum_at(pipeline.lake, pair)[1] != TOTAL for pair in mixed), "snapshots of different epochs add up as well: this test sees nothing"
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, *TABLES)
