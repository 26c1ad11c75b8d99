"""Tables behind a REST catalog: committed together where the server can, one by one elsewhere, once in any case."""

import itertools
import random
import signal
import time

import pytest
from harness.compare import assert_equal
from harness.proxy import FaultyCatalogProxy
from harness.rest import ReferenceServer, RestLake
from harness.seeds import new_seed
from harness.transfers import ACCOUNTS, TABLES, TOTAL, Transfers, create_accounts, ledger_pairs, sum_at
from harness.workload import Workload, assert_all_equal, create_schema

FAULTS = ["refuse", "lose", "fail", "twice", "delay"]


@pytest.fixture(scope="module", params=["together", "single"])
def reference(request):
    server = ReferenceServer(offers_transactions=request.param == "together")
    yield server
    server.stop()


def rest_pipeline(make_pipeline, server, uri=None, **options):
    return make_pipeline(
        lake=RestLake(server), catalog=f"{{ type: rest, uri: {uri or server.uri} }}", warehouse=False, **options
    )


def every_second_commit(chance):
    """Faults for every second commit, each kind once before any comes again."""
    faults = (fault for _ in itertools.count() for fault in chance.sample(FAULTS, len(FAULTS)))
    numbers = itertools.count()
    return lambda: next(faults) if next(numbers) % 2 else None


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_rest_catalog_holds_what_the_source_holds(source, make_pipeline, reference):
    workload = Workload(21)
    create_schema(source)
    workload.fill(source)
    pipeline = rest_pipeline(make_pipeline, reference, name=f"plain{time.monotonic_ns()}")
    outcome = pipeline.call("check")
    assert outcome.code == 0, outcome
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    workload.apply(source, 40)
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)
    outcome = pipeline.call("verify")
    assert outcome.code == 0, outcome


@pytest.mark.kinds("mariadb")
def test_whatever_happens_to_commits_on_their_way_each_is_applied_once(source, make_pipeline, reference):
    seed = new_seed("faults and workload")
    chance, workload = random.Random(seed), Workload(seed)
    create_schema(source)
    workload.fill(source)
    with FaultyCatalogProxy(reference.port, every_second_commit(chance)) as proxy:
        pipeline = rest_pipeline(
            make_pipeline, reference, uri=proxy.uri, name=f"faulty{time.monotonic_ns()}", interval="100ms"
        )
        for _ in range(7):
            workload.apply(source, 8)
            pipeline.catch_up()
            assert_all_equal(source, pipeline.lake)
        assert set(proxy.faults) == set(FAULTS), f"not every fault was met: {proxy.faults}"


@pytest.mark.kinds("postgres15")
def test_where_tables_commit_one_by_one_ledger_and_cuts_say_what_belongs_together(source, make_pipeline, reference):
    """T068 and T209: of REST catalogs with and without common commits, and over a kill between two tables."""
    create_accounts(source)
    pipeline = rest_pipeline(
        make_pipeline, reference, name=f"cuts{time.monotonic_ns()}", interval="100ms", extra="cuts: { interval: 1s, keep: 2 }"
    )
    names = [source.lake_name(table) for table in TABLES]
    with pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        with Transfers(source):
            time.sleep(4)
        run.stop()
    if not reference.offers_transactions:
        with Transfers(source):
            time.sleep(0.3)
        pipeline.environment["FRAZIL_FAIL_POINT"] = "commit.table-committed"
        outcome = pipeline.call("run", "--until-caught-up")
        del pipeline.environment["FRAZIL_FAIL_POINT"]
        assert outcome.code == -signal.SIGKILL, outcome
    with pipeline.start() as run, Transfers(source):
        time.sleep(2)
        run.stop()
    pipeline.catch_up()
    assert_equal(source, pipeline.lake, *TABLES)
    pairs = ledger_pairs(pipeline, names)
    assert len(pairs) >= 5, pairs
    for epoch, pair in pairs.items():
        assert sum_at(pipeline.lake, pair) == ([ACCOUNTS, ACCOUNTS], TOTAL), f"epoch {epoch}: {pair}"
    refs = [pipeline.lake.metadata(name)["refs"] for name in (*names, f"frazil.ledger_{pipeline.name}")]
    cuts = [{name for name, ref in table.items() if ref["type"] == "tag"} for table in refs]
    assert len(cuts[0]) == 2 and cuts[0] == cuts[1] == cuts[2], cuts
    for cut in cuts[0]:
        pair = {name: table[cut]["snapshot-id"] for name, table in zip(names, refs)}
        assert sum_at(pipeline.lake, pair) == ([ACCOUNTS, ACCOUNTS], TOTAL), f"cut {cut}: {pair}"
