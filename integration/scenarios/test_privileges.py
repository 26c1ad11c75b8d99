"""A user with exactly the privileges of the connector's README can do everything."""

import re

import pytest
from harness.compare import assert_equal
from harness.processes import REPOSITORY
from harness.workload import KEYS, TABLES, Workload, create_schema

READMES = {"mariadb": ("mysql", "mariadb"), "mysql": ("mysql", "mysql"), "postgres15": ("postgres", "postgres"), "postgres18": ("postgres", "postgres")}


def setup_sql(folder, name):
    """The fenced SQL that stands behind `<!-- setup:name -->` in a connector's README."""
    text = (REPOSITORY / "connectors" / folder / "README.md").read_text()
    block = re.search(rf"<!-- setup:{name} -->\s*```sql\n(.*?)```", text, re.DOTALL)
    assert block, f"connectors/{folder}/README.md has no block <!-- setup:{name} -->"
    return block[1]


def run_script(source, text):
    """PostgreSQL takes a script as it is; MySQL's protocol takes one statement at a time."""
    source.execute(*([text] if source.is_postgres else filter(str.strip, text.split(";\n"))))


def remove_user(source, user):
    if not source.is_postgres:
        source.execute(f"DROP USER IF EXISTS {user}@'%'")
        return
    for (slot,) in source.query("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"):
        source.execute(f"SELECT pg_drop_replication_slot('{slot}')")
    if source.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{user}'"):
        source.execute(f'DROP OWNED BY "{user}" CASCADE', f'DROP ROLE "{user}"')


@pytest.mark.parametrize("kind", READMES)
def test_the_readmes_privileges_suffice(source, make_pipeline, kind):
    text = setup_sql(*READMES[kind])
    user = re.search(r"CREATE (?:USER|ROLE)\s+(?:IF NOT EXISTS\s+)?['\"`]?(\w+)", text, re.IGNORECASE)[1]
    password = re.search(r"(?:IDENTIFIED (?:WITH \S+ )?BY|PASSWORD)\s+'([^']*)'", text, re.IGNORECASE)[1]
    create_schema(source)
    workload = Workload(17)
    workload.fill(source)
    remove_user(source, user)
    run_script(source, text)
    # The READMEs speak of a pipeline `shop`; PostgreSQL's publication carries that name.
    pipeline = make_pipeline(url=source.url(user=user), password=password, name="shop")
    try:
        check = pipeline.call("check")
        assert check.code == 0, str(check)
        pipeline.catch_up()
        workload.apply(source, 40)
        pipeline.catch_up()
        for table in TABLES:
            assert_equal(source, pipeline.lake, table, key=KEYS[table])
        verified = pipeline.call("verify")
        assert verified.code == 0, str(verified)
    finally:
        remove_user(source, user)
