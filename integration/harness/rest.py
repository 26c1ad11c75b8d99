"""A REST catalog of Iceberg's own server-side handlers."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path
from urllib.request import urlopen

from pyiceberg.catalog.rest import RestCatalog

from .lake import Lake
from .processes import CACHE, Child, free_port, wait_until
from .spark import JAVA_QUICK_START, SQLITE_DRIVER

_SOURCE = Path(__file__).parent / "java/ReferenceCatalog.java"


def _class_path(classes):
    jars = next((CACHE / "spark").glob("lib/python3*/site-packages/pyspark/jars"))
    return f"{classes}:{CACHE}/spark-jars/iceberg.jar:{jars}/*:{SQLITE_DRIVER}"


@cache
def _compiled():
    """The folder of the compiled server, made once in a test run and gone with it."""
    folder = tempfile.TemporaryDirectory(prefix="frazil-rest-classes-")
    compiler = ["javac", *(f"-J{option}" for option in JAVA_QUICK_START)]
    subprocess.run(
        [*compiler, "-nowarn", "-cp", _class_path(folder.name), "-d", folder.name, _SOURCE], check=True, capture_output=True
    )
    return folder


class ReferenceServer:
    """The running server: `uri`, and `warehouse`, the folder of its tables."""

    def __init__(self, offers_transactions=True):
        self.offers_transactions = offers_transactions
        self.owned_folder = tempfile.TemporaryDirectory(prefix="frazil-rest-")
        self.folder = Path(self.owned_folder.name)
        self.warehouse = self.folder / "warehouse"
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.command = [
            # Without "nodelay" every answer on a connection that is kept waits 40 ms for the client's acknowledgement.
            "java", "-Xmx256m", *JAVA_QUICK_START, "-Dsun.net.httpserver.nodelay=true", "-cp", _class_path(_compiled().name),
            "org.apache.iceberg.rest.ReferenceCatalog", str(self.port),
            "together" if offers_transactions else "single", "type=jdbc", "clients=1",
            f"uri=jdbc:sqlite:{self.folder}/catalog.db", "jdbc.schema-version=V1", f"warehouse=file://{self.warehouse}",
        ]
        self.start()

    def start(self):
        """Starts it, also again: with the same port and the same tables."""
        with open(self.folder / "server.out", "ab") as output:
            self.child = Child(self.command, stdout=output, stderr=subprocess.STDOUT)
        wait_until(self._answers, 60, "the REST catalog to answer")

    def _answers(self):
        if not self.child.is_running():
            raise RuntimeError(f"the REST catalog ended: {(self.folder / 'server.out').read_text()[-2000:]}")
        try:
            return urlopen(f"{self.uri}/v1/config", timeout=5).status == 200
        except OSError:
            return False

    def stop(self):
        self.child.stop()


class RestLake(Lake):
    """A lake behind a REST catalog whose files lie in a folder of this machine."""

    def __init__(self, server):
        super().__init__(server.folder)
        self.uri = server.uri
        self.warehouse = server.warehouse

    def catalog(self):
        return RestCatalog("rest", uri=self.uri)

    def metadata_locations(self):
        catalog = self.catalog()
        return {
            ".".join(name): catalog.load_table(name).metadata_location
            for namespace in catalog.list_namespaces() for name in catalog.list_tables(namespace)
        }
