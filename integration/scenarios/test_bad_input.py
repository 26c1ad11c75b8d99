"""Each thing that goes wrong gives one readable sentence with a remedy, the right exit code, and harms nothing."""

import re
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from harness.compare import assert_equal
from harness.proxy import CorruptingProxy
from harness.servers import REPLICATOR_PASSWORD
from harness.workload import Workload, create_schema

FORBIDDEN = ("Fatal error", "Stack dump", "Swift runtime", "Error Domain", "Thread 0", "*** ", "unexpectedly found nil")
CONFIGURATION, RUN_TIME = (2,), (3,)


@pytest.fixture
def replicated(source, pipeline):
    """Something was committed before; `assert_intact` says that it still is there."""
    create_schema(source)
    Workload(31).fill(source, orders=50)
    pipeline.catch_up()
    return pipeline


def assert_readable(outcome, *words, codes):
    assert outcome.code in codes, f"exit code should be one of {codes}: {outcome}"
    text = outcome.err
    for word in words:
        assert re.search(word, text, re.IGNORECASE), f"stderr should match {word!r}: {outcome}"
    for phrase in FORBIDDEN:
        assert phrase not in text, str(outcome)
    assert REPLICATOR_PASSWORD not in text + outcome.out, "a password was printed"
    errors = [line for line in text.splitlines() if line.startswith("frazil: ")]
    assert len(errors) == 1, f"there should be one sentence that begins with `frazil: `: {outcome}"


def assert_intact(source, pipeline):
    assert_equal(source, pipeline.lake, "customers", "orders")


def assert_fails(source, pipeline, *words, codes, command=("run", "--until-caught-up"), seconds=60):
    outcome = pipeline.call(*command, timeout_seconds=seconds)
    assert_readable(outcome, *words, codes=codes)
    return outcome


def assert_check_names(pipeline, *words):
    outcome = pipeline.call("check")
    assert outcome.code == 1, f"check should exit 1: {outcome}"
    for word in words:
        assert re.search(word, outcome.out + outcome.err, re.IGNORECASE), f"check should say {word!r}: {outcome}"


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_wrong_password(source, replicated):
    replicated.environment["SOURCE_PASSWORD"] = "not-the-password"
    outcome = assert_fails(source, replicated, "password|access denied|authentication", codes=RUN_TIME)
    assert "not-the-password" not in outcome.err
    assert_intact(source, replicated)


@pytest.mark.kinds("mariadb", "postgres15")
def test_unreachable_host(source, replicated):
    replicated.replace(f":{source.server.port}", ":1")
    assert_fails(source, replicated, r"127\.0\.0\.1", "connect|reach|refused", codes=RUN_TIME)
    assert_intact(source, replicated)


@pytest.mark.kinds("mariadb", "mysql")
@pytest.mark.parametrize("variable,value", [
    ("binlog_format", "STATEMENT"), ("binlog_row_image", "MINIMAL"), ("binlog_row_metadata", "MINIMAL"),
])
def test_binlog_settings_that_lose_information(source, replicated, variable, value):
    before = source.query(f"SELECT @@GLOBAL.{variable}")[0][0]
    source.execute(f"SET GLOBAL {variable} = '{value}'")
    try:
        assert_check_names(replicated, variable)
        assert_fails(source, replicated, variable, before.split("_")[0], codes=RUN_TIME)
    finally:
        source.execute(f"SET GLOBAL {variable} = '{before}'")
    assert_intact(source, replicated)
    replicated.catch_up()


@pytest.mark.parametrize("kind", ["postgres15"])
def test_wal_level_below_logical(server_pool, make_source, make_pipeline, kind):
    source = make_source(server_pool.get("postgres15", "-c", "wal_level=replica"))
    create_schema(source)
    pipeline = make_pipeline(for_source=source)
    assert_check_names(pipeline, "wal_level")
    assert_fails(source, pipeline, "wal_level", "logical", codes=RUN_TIME)


@pytest.mark.parametrize("kind", ["postgres15"])
def test_no_free_replication_slot(server_pool, make_source, make_pipeline, kind):
    source = make_source(server_pool.get("postgres15", "-c", "max_replication_slots=1"))
    create_schema(source)
    source.execute("SELECT pg_create_logical_replication_slot('taken', 'pgoutput')")
    pipeline = make_pipeline(for_source=source)
    assert_check_names(pipeline, "slot", "max_replication_slots")
    assert_fails(source, pipeline, "max_replication_slots", codes=RUN_TIME)
    source.execute("SELECT pg_drop_replication_slot('taken')")
    pipeline.catch_up()
    assert_intact(source, pipeline)


@pytest.mark.kinds("postgres15", "postgres18")
def test_no_replica_identity(source, replicated):
    source.execute("ALTER TABLE settings REPLICA IDENTITY NOTHING")
    assert_check_names(replicated, "settings", "replica identity")
    assert_fails(source, replicated, "settings", "replica identity", codes=RUN_TIME)
    assert_intact(source, replicated)


@pytest.mark.kinds("mariadb", "mysql", "postgres15")
def test_missing_privileges(source, make_pipeline, replicated):
    user, password = "feeble", "feeble-secret"
    if source.is_postgres:
        source.execute(f"DROP ROLE IF EXISTS {user}", f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        words = ["replication"]
    else:
        source.execute(f"DROP USER IF EXISTS {user}@'%'", f"CREATE USER {user}@'%' IDENTIFIED BY '{password}'",
                       f"GRANT SELECT ON `{source.database}`.* TO {user}@'%'")
        words = ["replication (slave|client)|binlog|reload|grant|privilege"]
    replicated.replace("replicator:", f"{user}:")
    replicated.environment["SOURCE_PASSWORD"] = password
    assert_check_names(replicated, "grant|privilege", *words)
    outcome = assert_fails(source, replicated, *words, codes=RUN_TIME)
    assert password not in outcome.err + outcome.out
    assert_intact(source, replicated)
    if source.is_postgres:
        source.execute(f"DROP ROLE {user}")


YAML_MISTAKES = {
    "misspelt-key": ("commit:", "comit:", ["comit", "commit"]),
    "misspelt-inner-key": ("warehouse:", "warehous:", ["warehous", "warehouse"]),
    "unset-variable": ("${SOURCE_PASSWORD}", "${NOT_SET_ANYWHERE}", ["NOT_SET_ANYWHERE"]),
    "wrong-value": ("interval: 200ms", "interval: soon", ["line 11", "interval", "duration"]),
    "no-source-type": ("type: mariadb", "type: oracle", ["source.type", "mysql", "postgres"]),
    "not-yaml": ("pipeline: test", "pipeline: [test", ["yaml|line"]),
    "missing-key": ("pipeline: test\n", "", ["pipeline"]),
}


@pytest.mark.kinds("mariadb")
@pytest.mark.parametrize("mistake", YAML_MISTAKES)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_mistakes_in_the_pipeline_file(source, pipeline, mistake, command):
    old, new, words = YAML_MISTAKES[mistake]
    pipeline.replace(old, new)
    assert_readable(pipeline.call(command), *words, codes=CONFIGURATION)


@pytest.mark.kinds("mariadb")
def test_a_pipeline_file_that_is_not_there(pipeline):
    pipeline.path.unlink()
    assert_readable(pipeline.call("run"), str(pipeline.path), codes=CONFIGURATION)


@pytest.mark.kinds("mariadb")
def test_wrong_usage(pipeline):
    assert_readable(pipeline.call("run", "--no-such-option"), "no-such-option", codes=CONFIGURATION)
    assert pipeline.call("dance").code == 2


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_warehouse_that_cannot_be_written(source, make_pipeline, tmp_path):
    create_schema(source)
    (tmp_path / "a-file").write_text("no folder")
    pipeline = make_pipeline(warehouse=tmp_path / "a-file" / "warehouse")
    assert_fails(source, pipeline, "a-file", codes=RUN_TIME)
    assert (tmp_path / "a-file").read_text() == "no folder"


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_catalog_that_is_not_a_database(source, pipeline):
    create_schema(source)
    pipeline.lake.folder.mkdir()
    pipeline.lake.catalog_path.write_text("this is a letter, not a database " * 100)
    assert_fails(source, pipeline, r"catalog\.db", "not a|SQLite", codes=RUN_TIME)
    assert pipeline.lake.catalog_path.read_text().startswith("this is a letter")


@pytest.mark.kinds("mariadb", "postgres15")
def test_a_catalog_locked_by_another_process(source, replicated):
    source.execute("UPDATE customers SET note = 'changed'")
    with closing(sqlite3.connect(replicated.lake.catalog_path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert_fails(source, replicated, r"catalog\.db", "lock", codes=RUN_TIME, seconds=120)
        connection.execute("ROLLBACK")
    replicated.catch_up()
    assert_intact(source, replicated)


@pytest.mark.kinds("mariadb")
def test_a_catalog_locked_for_a_moment_only_delays(source, replicated):
    source.execute("UPDATE customers SET note = 'changed'")
    with closing(sqlite3.connect(replicated.lake.catalog_path, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(2, lambda: connection.execute("ROLLBACK"))
        release.start()
        replicated.catch_up()
        release.join()
    assert_intact(source, replicated)


MARKER = b"damage-me-in-transit"


@pytest.mark.kinds("mariadb")
@pytest.mark.parametrize("flips_max", [1, None], ids=["once", "always"])
def test_a_corrupt_event_never_becomes_a_row(source, make_pipeline, tmp_path, replicated, flips_max):
    with CorruptingProxy(source.server.port, MARKER, flips_max) as proxy:
        damaged = make_pipeline(url=source.url(port=proxy.port), lake=replicated.lake)
        with damaged.start() as run:
            time.sleep(1)
            source.execute(f"UPDATE customers SET note = '{MARKER.decode()}'", "UPDATE orders SET note = 'after'")
            run.wait_for(lambda: proxy.flips, what="the proxy to see the event") if run.child.is_running() else None
            if flips_max == 1:
                wait_for_end_or_rows(run, replicated.lake, source)
            else:
                time.sleep(3)
            shown = replicated.lake.read_duckdb(source.lake_name("customers"))
            notes = {row[shown.columns.index("note")] for row in shown.rows}
            assert not any(note and note.startswith("damage-me") and note != MARKER.decode() for note in notes), (
                "a damaged value was committed"
            )
            if not run.child.is_running():
                assert_readable(run.output(), "checksum|corrupt|damaged|crc", r"binlog\.|\d+-\d+-\d+", codes=RUN_TIME)
    assert proxy.flips >= 1
    source_pipeline = make_pipeline(lake=replicated.lake)
    source_pipeline.catch_up()
    assert_intact(source, source_pipeline)


def wait_for_end_or_rows(run, lake, source):
    deadline = time.monotonic() + 30
    while run.child.is_running() and time.monotonic() < deadline:
        shown = lake.read_duckdb(source.lake_name("orders"))
        if all(row[shown.columns.index("note")] == "after" for row in shown.rows):
            return
        time.sleep(0.2)
