"""What each figure is compared with: the server's own tools, reading the same rows to nowhere."""

import os
import subprocess
import tempfile
from pathlib import Path

from harness.processes import CACHE
from harness.servers import ADMIN, ADMIN_PASSWORD

from .measure import measure


def snapshot(source):
    """(name, cost) of reading the whole table once with the server's own client."""
    server = source.server
    if source.is_postgres:
        command = ["psql", "-X", "-q", "-c", "COPY shop.orders TO STDOUT (FORMAT binary)", source_name(source)]
        return "COPY", measure(command, env=postgres_environment(), stdout=subprocess.DEVNULL)
    command = ["mariadb", "--no-defaults", "--quick", "--batch", *mysql_account(server), source.database, "-e", "SELECT * FROM orders"]
    return "SELECT", measure(command, env=mysql_environment(), stdout=subprocess.DEVNULL)


class LogReader:
    """The server's own log reader over one backlog. Made before the backlog is; reads it `runs` times."""

    def __init__(self, source, runs):
        self.source = source
        if source.is_postgres:
            self.name = "pg_recvlogical"
            source.execute("CREATE PUBLICATION peer FOR TABLE shop.orders")
            self.slots = [f"peer_{source.database}_{number}" for number in range(runs)]
            for slot in self.slots:
                source.execute(f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')")
        else:
            self.name = "raw-download"
            source.execute("FLUSH BINARY LOGS")
            self.first_file = [row[0] for row in source.query("SHOW BINARY LOGS")][-1]

    def read(self):
        return self._read_postgres() if self.source.is_postgres else self._read_mysql()

    def _read_postgres(self):
        slot = self.slots.pop()
        (end,), = self.source.query("SELECT pg_current_wal_lsn()::text")
        # A last record behind the end position, so that the reader sees that it is there.
        self.source.execute("SELECT pg_logical_emit_message(true, 'bench', 'end')")
        cost = measure(
            ["pg_recvlogical", "-d", source_name(self.source), "--slot", slot, "--start", "-o", "proto_version=1",
             "-o", "publication_names=peer", f"--endpos={end}", "--no-loop", "-f", "/dev/null"],
            env=postgres_environment(), stderr=subprocess.DEVNULL,
        )
        self.source.execute(f"SELECT pg_drop_replication_slot('{slot}')")
        return cost

    def _read_mysql(self):
        server = self.source.server
        program = ["mariadb-binlog"]
        if server.kind == "mysql":
            tree = CACHE / "mysql97"
            program = [tree / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", tree / "usr/lib/x86_64-linux-gnu", tree / "usr/bin/mysqlbinlog"]
        with tempfile.TemporaryDirectory(prefix="frazil-bench-") as folder:
            return measure(
                [*program, "--no-defaults", "--read-from-remote-server", "--raw", "--to-last-log", f"--result-file={folder}/",
                 *mysql_account(server), self.first_file],
                env=mysql_environment(), stderr=subprocess.DEVNULL,
            )


def mysql_account(server):
    return ["--host=127.0.0.1", f"--port={server.port}", f"--user={ADMIN}"]


def mysql_environment():
    return {**os.environ, "MYSQL_PWD": ADMIN_PASSWORD}


def postgres_environment():
    programs = Path("/usr/lib/postgresql/15/bin")
    return {**os.environ, "PGPASSWORD": ADMIN_PASSWORD, "PATH": f"{programs}:{os.environ['PATH']}"}


def source_name(source):
    return f"host=127.0.0.1 port={source.server.port} user={ADMIN} dbname={source.database}"
