"""Spark with Iceberg as a reader of the lake, in its own Python environment and process."""

import json
import os
import subprocess
import tempfile

from .lake import CATALOG_NAME
from .processes import CACHE

SQLITE_DRIVER = "/usr/share/java/sqlite-jdbc.jar"
TIMEOUT_SECONDS = 600

_PROGRAM = """
import json, os, sys, time
from pyspark.sql import SparkSession
request = json.load(open(sys.argv[1]))
builder = SparkSession.builder.master("local[2]")
for key, value in request["settings"].items():
    builder = builder.config(key, value)
session = builder.getOrCreate()
session.sparkContext.setLogLevel("ERROR")
java = session.sparkContext._gateway.proc.pid
answers, seconds, cpu_seconds = [], [], []
def cpu():
    user, system = open(f"/proc/{java}/stat").read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
for query in request["queries"]:
    began, cpu_before = time.monotonic(), cpu()
    rows = session.sql(query).collect()
    seconds.append(time.monotonic() - began)
    cpu_seconds.append(cpu() - cpu_before)
    answers.append([[None if value is None else str(value) for value in row] for row in rows])
json.dump({"answers": answers, "seconds": seconds, "cpu_seconds": cpu_seconds}, open(sys.argv[2], "w"))
session.stop()
"""


def settings(lake):
    """What a Spark session needs to see the lake as the catalog `lake`."""
    catalog = f"spark.sql.catalog.{CATALOG_NAME}"
    return {
        "spark.jars": f"{CACHE}/spark-jars/iceberg.jar,{SQLITE_DRIVER}",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "jdbc",
        f"{catalog}.uri": f"jdbc:sqlite:{lake.catalog_path}",
        f"{catalog}.jdbc.schema-version": "V1",
        f"{catalog}.warehouse": f"file://{lake.warehouse}",
    }


def query(lake, *queries, memory="1g"):
    """Runs SQL in which tables are `frazil.namespace.table`; each answer is a list of rows of text."""
    return _run(lake, queries, memory)["answers"]


def timed_query(lake, query, count):
    """(answers, seconds, CPU seconds of the whole Java process) of the same query run `count` times in one session."""
    done = _run(lake, [query] * count)
    return done["answers"], done["seconds"], done["cpu_seconds"]


def _run(lake, queries, memory="1g"):
    with tempfile.TemporaryDirectory(prefix="frazil-spark-") as folder:
        local = {
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2", "spark.driver.memory": memory, "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": f"{folder}/warehouse", "spark.local.dir": folder,
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}/derby -Duser.timezone=UTC",
        }
        request, answer, program = (os.path.join(folder, name) for name in ("request.json", "answer.json", "program.py"))
        with open(request, "w") as file:
            json.dump({"settings": {**settings(lake), **local}, "queries": queries}, file)
        with open(program, "w") as file:
            file.write(_PROGRAM)
        environment = {name: value for name, value in os.environ.items() if name != "JAVA_TOOL_OPTIONS"}
        environment.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=f"{CACHE}/spark/bin/python", TZ="UTC")
        done = subprocess.run(
            [f"{CACHE}/spark/bin/python", program, request, answer], capture_output=True, text=True, env=environment,
            timeout=TIMEOUT_SECONDS, cwd=folder,
        )
        assert done.returncode == 0, f"Spark failed: {done.stderr[-3000:]}"
        with open(answer) as file:
            return json.load(file)
