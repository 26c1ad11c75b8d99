"""The commands as a user and as a machine sees them."""

import json
import re
import signal
import time
from pathlib import Path

import pytest
from harness.compare import assert_equal
from harness.frazil import Outcome, binary
from harness.processes import REPOSITORY, wait_until
from harness.workload import TABLES, Workload, assert_all_equal, create_schema

EXAMPLES = sorted(REPOSITORY.glob("connectors/*/examples/*.yaml"))


@pytest.fixture
def shop(source):
    create_schema(source)
    workload = Workload(5)
    workload.fill(source)
    return workload


def assert_taken_over(outcome):
    """The lake told that another instance is at work, or a server that lets one in."""
    assert outcome.code == 3, outcome
    assert re.search("(another|the other) instance of (this )?pipeline", outcome.err), outcome


@pytest.mark.kinds("mariadb", "mysql", "postgres15", "postgres18")
def test_check_is_good_on_a_good_server_and_changes_nothing(source, pipeline, shop):
    outcome = pipeline.call("check")
    assert outcome.code == 0, str(outcome)
    assert not pipeline.lake.catalog_path.exists(), "check must change nothing"
    if source.is_postgres:
        assert source.query("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()") == [(0,)]


@pytest.mark.kinds("mariadb", "postgres15")
def test_plan_shows_tables_columns_and_keys_and_changes_nothing(source, pipeline, shop):
    outcome = pipeline.call("plan")
    assert outcome.code == 0, str(outcome)
    for word in [*(source.lake_name(table) for table in TABLES), "amount", r"decimal\(12, ?2\)", "timestamp"]:
        assert re.search(word, outcome.out), f"plan should show {word}: {outcome}"
    assert not pipeline.lake.catalog_path.exists(), "plan must change nothing"


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_status_knows_rows_phase_and_lag_without_a_daemon(source, pipeline, shop):
    pipeline.catch_up()
    outcome = pipeline.call("status", "--json")
    assert outcome.code == 0, str(outcome)
    status = json.loads(outcome.out)
    tables = {entry.get("table") or entry.get("name"): entry for entry in status["tables"]}
    rows = len(shop.order_ids)
    assert source.lake_name("orders") in tables, status
    entry = tables[source.lake_name("orders")]
    assert entry["rows"] == rows, entry
    assert "stream" in entry["phase"], entry
    assert entry["position"], entry
    assert pipeline.call("status").code == 0


@pytest.mark.kinds("mariadb", "postgres15")
def test_log_json_gives_one_object_per_line(source, pipeline, shop):
    outcome = pipeline.catch_up("--log", "json")
    lines = [line for line in (outcome.err + outcome.out).splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict), line


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_sigterm_commits_what_arrived_and_ends_with_0(source, make_pipeline, shop):
    # With an hour between commits only the end of the run can have committed the changes.
    pipeline = make_pipeline(interval="1h")
    with pipeline.start() as run:
        run.wait_for_tables(*TABLES)
        source.execute("UPDATE customers SET note = 'last words'")
        import time

        time.sleep(2)
        run.stop()
    assert_equal(source, pipeline.lake, "customers")


@pytest.mark.kinds("mariadb", "postgres15")
def test_of_two_instances_of_a_pipeline_one_ends_and_says_why(source, make_pipeline, shop):
    """T205."""
    pipeline = make_pipeline()
    with pipeline.start() as first:
        first.wait_for_tables(*TABLES)
        with pipeline.start() as second:
            deadline = time.monotonic() + 60
            while first.child.is_running() and second.child.is_running():
                assert time.monotonic() < deadline, f"both go on: {first.output()} {second.output()}"
                shop.apply(source, 5)
                time.sleep(0.2)
            ended, other = (second, first) if first.child.is_running() else (first, second)
            outcome = ended.output()
            assert_taken_over(outcome)
            shop.apply(source, 5)
            other.stop()
    pipeline.catch_up()
    for table in ("customers", "orders"):
        assert_equal(source, pipeline.lake, table)


@pytest.mark.kinds("mariadb")
def test_an_instance_that_was_asleep_while_another_took_over_ends_without_a_commit(source, make_pipeline, shop):
    """T206."""
    pipeline = make_pipeline()
    with pipeline.start() as older:
        older.wait_for_tables(*TABLES)
        shop.apply(source, 5)
        older.child.signal(signal.SIGSTOP)
        shop.apply(source, 5)
        pipeline.catch_up()
        before = pipeline.lake.metadata_locations()
        shop.apply(source, 5)
        older.child.signal(signal.SIGCONT)
        wait_until(lambda: not older.child.is_running(), 60, "the older instance to end")
        outcome = older.output()
        assert_taken_over(outcome)
        assert pipeline.lake.metadata_locations() == before
    pipeline.catch_up()
    assert_all_equal(source, pipeline.lake)


@pytest.mark.parametrize("subcommand", ["", "run", "check", "plan", "status", "verify"])
def test_help_teaches(subcommand, tmp_path):
    import subprocess

    done = subprocess.run([str(binary()), *([subcommand] if subcommand else []), "--help"], capture_output=True, text=True)
    assert done.returncode == 0, Outcome(done.returncode, done.stdout, done.stderr)
    assert "frazil" in done.stdout and len(done.stdout) > 200


def test_there_are_examples():
    assert EXAMPLES, "connectors/*/examples/*.yaml should hold examples"


EXAMPLE_SERVERS = {"mysql": "mysql", "mariadb": "mariadb", "postgres": "postgres15"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_pass_plan(example, server_pool, make_source, tmp_path):
    """Each example file, with nothing but host, port, account and database changed, is a plan that works."""
    from harness.frazil import Pipeline
    from harness.servers import REPLICATOR, REPLICATOR_PASSWORD

    text = example.read_text()
    kind = EXAMPLE_SERVERS[re.search(r"^\s+type: *(\w+)", text, re.MULTILINE)[1]]
    server = server_pool.get(kind)
    source = make_source(server)
    create_schema(source)
    pipeline = Pipeline(tmp_path, source)
    for variable in re.findall(r"\$\{(\w+)\}", text):
        pipeline.environment[variable] = REPLICATOR_PASSWORD
    address = re.search(r"url: *(\S+)", text)[1]
    password = re.search(r"\$\{\w+\}", address)
    assert password, f"{example} should take its password from the environment"
    text = text.replace(address, source.url(user=REPLICATOR, password=password[0]))
    text = re.sub(r"^( +tables: *).*$", rf'\1["{source.pattern()}"]', text, flags=re.MULTILINE)
    pipeline.write(text)
    outcome = pipeline.call("plan")
    assert outcome.code == 0, str(outcome)
    assert "orders" in outcome.out, str(outcome)
