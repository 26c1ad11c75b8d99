"""A user with exactly the privileges of the connector's README can do everything."""

import re

import pytest
from harness.compare import assert_equal
from harness.processes import REPOSITORY
from harness.workload import KEYS, TABLES, Workload, create_schema

READMES = {"mariadb": ("mysql", "mariadb"), "mysql": ("mysql", "mysql"), "postgres15": ("postgres", "postgres"), "postgres18": ("postgres", "postgres")}


def setup_statements(folder, name):
    """The fenced SQL that stands behind `<!-- setup:name -->` in a connector's README."""
    text = (REPOSITORY / "connectors" / folder / "README.md").read_text()
    block = re.search(rf"<!-- setup:{name} -->\s*```sql\n(.*?)```", text, re.DOTALL)
    assert block, f"connectors/{folder}/README.md has no block <!-- setup:{name} -->"
    body = re.sub(r"--.*", "", block[1])
    return [statement.strip() for statement in body.split(";") if statement.strip()]


@pytest.mark.parametrize("kind", READMES)
def test_the_readmes_privileges_suffice(server, source, make_pipeline, kind):
    statements = setup_statements(*READMES[kind])
    text = ";\n".join(statements)
    user = re.search(r"CREATE (?:USER|ROLE)\s+(?:IF NOT EXISTS\s+)?['\"`]?(\w+)", text, re.IGNORECASE)[1]
    password = re.search(r"(?:IDENTIFIED (?:WITH \S+ )?BY|PASSWORD)\s+'([^']*)'", text, re.IGNORECASE)[1]
    create_schema(source)
    workload = Workload(17)
    workload.fill(source)
    # The README speaks of the database or schema `shop`; this test's own has another name. Accounts outlive databases.
    text = re.sub(r"\b(?:my)?shop\b", source.database, text) if not source.is_postgres else text
    if source.is_postgres:
        text = re.sub(r"(ON DATABASE )\S+", rf"\g<1>{source.database}", text, flags=re.IGNORECASE)
        with source.connection() as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user]).fetchone():
                connection.execute(f'DROP OWNED BY "{user}" CASCADE')
                connection.execute(f'DROP ROLE "{user}"')
    else:
        source.execute(f"DROP USER IF EXISTS {user}@'%'")
    source.execute(*text.split(";\n"))
    pipeline = make_pipeline(url=source.url(user=user), password=password)
    try:
        assert pipeline.call("check").code == 0, pipeline.call("check")
        pipeline.catch_up()
        workload.apply(source, 40)
        pipeline.catch_up()
        for table in TABLES:
            assert_equal(source, pipeline.lake, table, key=KEYS[table])
        verified = pipeline.call("verify")
        assert verified.code == 0, str(verified)
    finally:
        if source.is_postgres:
            for slot, in source.query("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"):
                source.execute(f"SELECT pg_drop_replication_slot('{slot}')")
            source.execute(f'DROP OWNED BY "{user}" CASCADE', f'DROP ROLE "{user}"')
        else:
            source.execute(f"DROP USER {user}@'%'")
