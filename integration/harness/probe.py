"""`parquet-probe`, which writes files and tables with the program's own writer, and `frazil inspect`, which reads them."""

import json
import os
import subprocess
from pathlib import Path

from . import row_form
from .frazil import Outcome, binary

TIMEOUT_SECONDS = 900


def probe_binary():
    """$FRAZIL_PROBE, else the one beside the program."""
    return Path(os.environ.get("FRAZIL_PROBE") or binary().parent / "parquet-probe")


def _run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=TIMEOUT_SECONDS, **options)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def lines(schema, rows):
    """Canonical rows as the JSON lines that the probe reads."""
    names = [field["name"] for field in schema["fields"]]
    kinds = [field["type"] for field in schema["fields"]]
    for row in rows:
        values = {name: row_form.write(kind, value) for name, kind, value in zip(names, kinds, row)}
        yield json.dumps(values, ensure_ascii=False) + "\n"


def _write(command, folder, schema, rows):
    path = Path(folder) / "schema.json"
    path.write_text(json.dumps(schema))
    outcome = _run([*command, "--schema", path], input="".join(lines(schema, rows)).encode())
    assert outcome.code == 0, outcome
    return outcome


def write_file(path, schema, rows, *options):
    """One Parquet file of canonical rows."""
    _write([probe_binary(), "write", path, *options], Path(path).parent, schema, rows)
    return path


def write_table(lake, name, schema, rows, *options):
    """A table of canonical rows in a lake."""
    Path(lake.folder).mkdir(parents=True, exist_ok=True)
    place = ["--catalog", lake.catalog_path, "--warehouse", f"file://{lake.warehouse}", "--table", name]
    _write([probe_binary(), "table", *place, *options], lake.folder, schema, rows)


def generate_file(path, row_count, *options):
    outcome = _run([probe_binary(), "generate", path, "--rows", row_count, *options])
    assert outcome.code == 0, outcome
    return path


def random_file(seed, path, text_path):
    """A random table under a random layout, and its rows as JSON lines behind one of the types."""
    outcome = _run([probe_binary(), "random", seed, path, text_path])
    assert outcome.code == 0, outcome


def inspect(path, *options):
    return _run([binary(), "inspect", path, *options])


def report(path, *options):
    """The JSON document about a file or table."""
    outcome = inspect(path, "--json", *options)
    assert outcome.code == 0, outcome
    return json.loads(outcome.out)


def read_json(path, *options):
    """The rows of a file or table as JSON values."""
    outcome = inspect(path, "--rows", *options)
    assert outcome.code == 0, outcome
    # Not splitlines: texts may hold other line ends than the one that ends a row.
    return [json.loads(line) for line in outcome.out.split("\n") if line]


def read_rows(path, schema, *options):
    """Canonical rows of a file or table."""
    return [row_form.parse(schema, row) for row in read_json(path, *options)]
