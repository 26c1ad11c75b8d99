"""The program under test: its pipeline file, its commands, and a run in the background."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .lake import Lake
from .processes import REPOSITORY, Child, wait_until
from .servers import REPLICATOR_PASSWORD

COMMAND_TIMEOUT_SECONDS = 180
# How rows are deleted: (`deletes:`, `format-version:`) of the pipeline file.
MODES = {"position": ("auto", 2), "equality": ("equality", 2), "v3": ("auto", 3)}


def binary():
    """The program: $FRAZIL_BINARY, else the release build, else the debug build of this tree."""
    if named := os.environ.get("FRAZIL_BINARY"):
        return Path(named).resolve()
    for configuration in ("release", "debug"):
        path = REPOSITORY / ".build" / configuration / "frazil"
        if path.exists():
            return path
    raise FileNotFoundError("there is no .build/release/frazil; run `make release`, or set FRAZIL_BINARY")


@dataclass
class Outcome:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{_shortened(self.out)}\n--- stderr\n{_shortened(self.err)}"


def _shortened(text, kept_max=3000):
    """Beginning and end of a long output; a crash's registers and images are of no use here."""
    text = text.split("\nRegisters:")[0]
    return text if len(text) <= 2 * kept_max else f"{text[:kept_max]}\n…\n{text[-kept_max:]}"


class Pipeline:
    """One pipeline file with its lake, in a folder of its own."""

    def __init__(self, folder, source, *, tables=None, name="test", mode="position", interval="200ms", extra="",
                 source_extra="", url=None, password=REPLICATOR_PASSWORD, kind=None, lake=None, warehouse=None, catalog=None, namespace="{schema}"):
        self.folder, self.source, self.name, self.mode = Path(folder), source, name, mode
        deletes, format_version = MODES[mode]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lake = lake or Lake(self.folder / "lake")
        self.path = self.folder / f"{name}.yaml"
        self.environment = {**os.environ, "SOURCE_PASSWORD": password}
        patterns = tables or [source.pattern()]
        kind = kind or source.server.kind.rstrip("0123456789")
        catalog = catalog or f"{{ type: sqlite, path: {self.lake.catalog_path} }}"
        # False leaves the choice to the catalog.
        warehouse_line = "" if warehouse is False else f"\n  warehouse: {warehouse or self.lake.warehouse}"
        self.write(f"""\
pipeline: {name}
source:
  type: {kind}
  url: {url or source.url()}
  tables: {json.dumps(patterns)}
{source_extra}lake:
  catalog: {catalog}{warehouse_line}
  namespace: "{namespace}"
  format-version: {format_version}
commit: {{ interval: {interval}, bytes: 64MB }}
deletes: {deletes}
{extra}
""")

    def write(self, text):
        self.path.write_text(text)

    def replace(self, old, new):
        """Edits the pipeline file; the old text must be in it."""
        text = self.path.read_text()
        assert old in text, f"{old!r} is not in {self.path}"
        self.path.write_text(text.replace(old, new))

    def command(self, subcommand, *arguments):
        return [binary(), subcommand, self.path, *arguments]

    def call(self, subcommand, *arguments, timeout_seconds=COMMAND_TIMEOUT_SECONDS):
        """Runs a command to its end and captures everything."""
        try:
            done = subprocess.run(
                [str(part) for part in self.command(subcommand, *arguments)], capture_output=True, text=True,
                stdin=subprocess.DEVNULL, env=self.environment, timeout=timeout_seconds, errors="replace", cwd=self.folder,
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(
                f"`frazil {subcommand}` was still running after {timeout_seconds} s\n{_text(error.stdout)}\n{_text(error.stderr)}"
            ) from None
        return Outcome(done.returncode, done.stdout, done.stderr)

    def catch_up(self, *arguments, code=0, **options):
        """`run --until-caught-up`, which must end with the given exit code."""
        outcome = self.call("run", "--until-caught-up", *arguments, **options)
        assert outcome.code == code, f"`frazil run --until-caught-up` should exit {code}: {outcome}"
        return outcome

    def start(self, *arguments):
        return Run(self, *arguments)


def _text(output):
    return output.decode(errors="replace")[-4000:] if isinstance(output, bytes) else (output or "")[-4000:]


class Run:
    """`frazil run` in the background; its output goes to files."""

    def __init__(self, pipeline, *arguments):
        self.pipeline = pipeline
        stamp = time.monotonic_ns()
        self.out_path, self.err_path = (pipeline.folder / f"run-{stamp}.{kind}" for kind in ("out", "err"))
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.child = Child(
                pipeline.command("run", *arguments), stdout=out, stderr=err, env=pipeline.environment, cwd=pipeline.folder
            )

    def output(self):
        return Outcome(
            self.child.process.returncode, self.out_path.read_text(errors="replace"), self.err_path.read_text(errors="replace")
        )

    def wait_for(self, condition, timeout_seconds=60, what="the daemon"):
        """Polls a condition; fails at once, with the daemon's output, when the daemon ends first."""

        def check():
            value = condition()
            if not value and not self.child.is_running():
                raise AssertionError(f"frazil ended while we waited for {what}: {self.output()}")
            return value

        try:
            return wait_until(check, timeout_seconds, what)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {self.output()}") from None

    def wait_for_tables(self, *tables, timeout_seconds=60):
        """Waits until the snapshot of each table is committed in the lake."""
        names = {self.pipeline.source.lake_name(table) for table in tables}
        lake = self.pipeline.lake

        def present():
            there = lake.metadata_locations()
            return names <= set(there) and all(lake.snapshot_id(name) not in (None, -1) for name in names)

        return self.wait_for(present, timeout_seconds, f"the tables {sorted(names)}")

    def kill(self):
        """SIGKILL: no chance to clean up."""
        self.child.signal(signal.SIGKILL)
        self.child.stop()

    def stop(self, code=0, timeout_seconds=30):
        """SIGTERM; the daemon must commit what it has and end with the exit code."""
        self.child.signal(signal.SIGTERM)
        try:
            self.child.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.child.stop(0)
            raise AssertionError(f"frazil did not end {timeout_seconds} s after SIGTERM: {self.output()}") from None
        self.child.stop()
        outcome = self.output()
        assert outcome.code == code, f"SIGTERM should end frazil with exit code {code}: {outcome}"
        return outcome

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.is_running():
            self.kill()
