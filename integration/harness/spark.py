"""Spark with Iceberg as a reader of the lake, in its own Python environment and process."""

import itertools
import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from .lake import CATALOG_NAME
from .processes import CACHE, Child, wait_until

SQLITE_DRIVER = "/usr/share/java/sqlite-jdbc.jar"
TIMEOUT_SECONDS = 600
# For programs that end before Java's better compiler would have paid for itself.
JAVA_QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]

_EXTENSIONS = {
    "spark.jars": f"{CACHE}/spark-jars/iceberg.jar,{SQLITE_DRIVER}",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
}

_PROGRAM = """
import json, os, sys, time, traceback
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[2]")
for key, value in json.loads(sys.argv[1]).items():
    builder = builder.config(key, value)
first = builder.getOrCreate()
first.sparkContext.setLogLevel("ERROR")
java = first.sparkContext._gateway.proc.pid
def cpu():
    user, system = open(f"/proc/{java}/stat").read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
def answer(request):
    # Settings, catalogs and views of its own; what it cached is shared and thrown away.
    session = first.newSession()
    for key, value in request["settings"].items():
        session.conf.set(key, value)
    answers, seconds, cpu_seconds = [], [], []
    for query in request["queries"]:
        began, cpu_before = time.monotonic(), cpu()
        rows = session.sql(query).collect()
        seconds.append(time.monotonic() - began)
        cpu_seconds.append(cpu() - cpu_before)
        answers.append([[None if value is None else str(value) for value in row] for row in rows])
    session.catalog.clearCache()
    # An open catalog keeps the lake's database locked.
    session._jsparkSession.sessionState().catalogManager().catalog(request["catalog"]).icebergCatalog().close()
    return {"answers": answers, "seconds": seconds, "cpu_seconds": cpu_seconds}
for line in sys.stdin:
    name = line.strip()
    try:
        document = answer(json.load(open(name)))
    except Exception:
        document = {"error": traceback.format_exc()}
    with open(name + ".unfinished", "w") as file:
        json.dump(document, file)
    os.rename(name + ".unfinished", name + ".answer")
"""


class Session:
    """A running Spark. It starts slowly, so that one answers all scenarios of a process, each with settings of its own."""

    def __init__(self, memory="1g", java_options=()):
        self.owned_folder = tempfile.TemporaryDirectory(prefix="frazil-spark-")
        self.folder, self.numbers = Path(self.owned_folder.name), itertools.count(1)
        fixed = {
            **_EXTENSIONS,
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2", "spark.driver.memory": memory, "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": f"{self.folder}/warehouse", "spark.local.dir": str(self.folder),
            "spark.driver.extraJavaOptions": " ".join(
                [f"-Dderby.system.home={self.folder}/derby", "-Duser.timezone=UTC", *java_options]
            ),
        }
        environment = {name: value for name, value in os.environ.items() if name != "JAVA_TOOL_OPTIONS"}
        environment.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=f"{CACHE}/spark/bin/python", TZ="UTC")
        with open(self.folder / "spark.out", "ab") as output:
            self.child = Child(
                [f"{CACHE}/spark/bin/python", "-c", _PROGRAM, json.dumps(fixed)], stdin=subprocess.PIPE, stdout=output,
                stderr=subprocess.STDOUT, env=environment, cwd=self.folder,
            )

    def run(self, lake, queries):
        """What the program says of queries that see the lake as the catalog `frazil`."""
        request = self.folder / f"{next(self.numbers)}.json"
        answer = Path(f"{request}.answer")
        # The layer that keeps tables cannot be closed with the catalog below it.
        own = {**_catalog_settings(lake), f"spark.sql.catalog.{CATALOG_NAME}.cache-enabled": "false"}
        request.write_text(json.dumps({"settings": own, "catalog": CATALOG_NAME, "queries": queries}))
        self.child.process.stdin.write(f"{request}\n".encode())
        self.child.process.stdin.flush()
        wait_until(lambda: answer.exists() or not self.child.is_running(), TIMEOUT_SECONDS, "Spark to answer", interval_seconds=0.02)
        assert answer.exists(), f"Spark ended: {(self.folder / 'spark.out').read_text(errors='replace')[-3000:]}"
        document = json.loads(answer.read_text())
        assert "error" not in document, f"Spark failed: {document['error'][-3000:]}"
        return document

    def stop(self):
        self.child.process.stdin.close()
        self.child.stop()


@cache
def _shared(memory):
    return Session(memory, JAVA_QUICK_START)


def settings(lake):
    """What a Spark needs to see the lake as the catalog `frazil`."""
    return {**_EXTENSIONS, **_catalog_settings(lake)}


def _catalog_settings(lake):
    catalog = f"spark.sql.catalog.{CATALOG_NAME}"
    return {
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "jdbc",
        f"{catalog}.uri": f"jdbc:sqlite:{lake.catalog_path}?busy_timeout=30000",
        f"{catalog}.jdbc.schema-version": "V1",
        # Else it looks whether they are there and never ends that query, so that nobody else can commit.
        f"{catalog}.jdbc.init-catalog-tables": str(not lake.catalog_path.exists()).lower(),
        f"{catalog}.warehouse": f"file://{lake.warehouse}",
    }


def query(lake, *queries, memory="1g"):
    """Runs SQL in which tables are `frazil.namespace.table`; each answer is a list of rows of text."""
    return _shared(memory).run(lake, queries)["answers"]


def timed_query(lake, query, count):
    """(answers, seconds, CPU seconds of the whole Java process) of the same query run `count` times in a Spark of its own."""
    session = Session()
    try:
        done = session.run(lake, [query] * count)
    finally:
        session.stop()
    return done["answers"], done["seconds"], done["cpu_seconds"]
