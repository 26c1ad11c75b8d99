"""A REST catalog of Iceberg's own server-side handlers, and a proxy that damages commits on their way."""

import http.client
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

from pyiceberg.catalog.rest import RestCatalog

from .lake import Lake
from .processes import CACHE, Child, free_port, wait_until
from .spark import SQLITE_DRIVER

_SOURCE = Path(__file__).parent / "java/ReferenceCatalog.java"


class ReferenceServer:
    """The running server: `uri`, and `warehouse`, the folder of its tables."""

    def __init__(self, offers_transactions=True):
        self.folder = Path(tempfile.mkdtemp(prefix="frazil-rest-"))
        self.warehouse = self.folder / "warehouse"
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        jars = next((CACHE / "spark").glob("lib/python3*/site-packages/pyspark/jars"))
        classes = self.folder / "classes"
        class_path = f"{classes}:{CACHE}/spark-jars/iceberg.jar:{jars}/*:{SQLITE_DRIVER}"
        subprocess.run(["javac", "-nowarn", "-cp", class_path, "-d", classes, _SOURCE], check=True, capture_output=True)
        self.command = [
            "java", "-Xmx256m", "-cp", class_path, "org.apache.iceberg.rest.ReferenceCatalog", str(self.port),
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


class FaultyProxy:
    """Forwards HTTP to a server; commits meet the faults that `next_fault` names, one after the other.

    `refuse` answers 503 and forwards nothing, `lose` forwards and closes, `fail` forwards and answers 502,
    `twice` forwards two copies and hands on the second answer, `delay` forwards only after the client has gone.
    """

    def __init__(self, target_port, next_fault):
        proxy = self
        self.faults = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _forward(self, body):
                connection = http.client.HTTPConnection("127.0.0.1", target_port, timeout=60)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                return answer.status, answer.read()

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            def _handle(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = self.path.split("?")[0].split("/")
                is_commit = self.command == "POST" and (parts[-1] == "commit" or parts[-2] == "tables")
                fault = next_fault() if is_commit else None
                if fault:
                    proxy.faults[fault] = proxy.faults.get(fault, 0) + 1
                if fault == "refuse":
                    return self._answer(503, b"{}")
                if fault == "delay":
                    threading.Timer(0.3, self._forward, [body]).start()
                    self.close_connection = True
                    return self.connection.close()
                if fault == "twice":
                    self._forward(body)
                status, answer = self._forward(body)
                if fault == "lose":
                    self.close_connection = True
                    return self.connection.close()
                self._answer(502 if fault == "fail" else status, b"{}" if fault == "fail" else answer)

            do_GET = do_POST = do_DELETE = do_HEAD = _handle

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (OSError, ValueError):
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
