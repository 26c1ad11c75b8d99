"""The lake as foreign readers see it: pyiceberg and DuckDB, and the SQLite catalog as a plain database."""

import json
import sqlite3
import uuid
from contextlib import closing
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.types as types
from pyiceberg.catalog.sql import SqlCatalog

from .oracle import Rows
from .values import float_bits

CATALOG_NAME = "frazil"
INTERNAL_PREFIX = "frazil_"


class EqualityDeletesRefused(Exception):
    """pyiceberg said that it does not read equality deletes, instead of returning wrong rows."""


class Lake:
    """One warehouse folder with its SQLite catalog."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.catalog_path = self.folder / "catalog.db"
        self.warehouse = self.folder / "warehouse"

    def catalog(self):
        return SqlCatalog(
            CATALOG_NAME, uri=f"sqlite:///{self.catalog_path}", warehouse=f"file://{self.warehouse}",
            init_catalog_tables="false",
        )

    def metadata_locations(self):
        """namespace.table -> metadata location, all read in one transaction."""
        if not self.catalog_path.exists():
            return {}
        # Not read-only: whoever comes first after a SIGKILL has to roll back what was being committed.
        with closing(sqlite3.connect(f"file:{self.catalog_path}?mode=rw", uri=True, timeout=30)) as connection:
            try:
                rows = connection.execute(
                    "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables WHERE catalog_name = ?",
                    [CATALOG_NAME],
                ).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return {}
                raise
        return {f"{namespace}.{name}": location for namespace, name, location in rows}

    def tables(self):
        """The names of the replicated tables, without the program's own."""
        return sorted(
            name for name in self.metadata_locations()
            if not any(part.startswith(INTERNAL_PREFIX) or part == "frazil" for part in name.split("."))
        )

    def metadata(self, name):
        """The table's current metadata file, parsed."""
        return json.loads(Path(self.metadata_locations()[name].removeprefix("file://").removeprefix("file:")).read_text())

    def snapshot_id(self, name):
        return self.metadata(name).get("current-snapshot-id")

    def read_pyiceberg(self, name):
        try:
            return canonical(self.catalog().load_table(name).scan().to_arrow())
        except ValueError as error:
            if "equality deletes" in str(error):
                raise EqualityDeletesRefused(str(error)) from error
            raise

    def read_duckdb(self, name):
        return self.read_duckdb_at(self.metadata_locations()[name])

    def read_duckdb_at(self, metadata_location, snapshot_id=None):
        """All rows, of the metadata file's current snapshot or of the one that is named."""
        wanted = "" if snapshot_id is None else f", snapshot_from_id = {snapshot_id}::UBIGINT"
        query = f"SELECT * FROM iceberg_scan('{metadata_location.removeprefix('file://')}'{wanted})"
        return canonical(duckdb_with_iceberg().execute(query).to_arrow_table())

    def query_duckdb(self, query):
        """Runs SQL in which `{namespace.table}` stands for the scan of that table's newest snapshot."""
        for name, location in self.metadata_locations().items():
            query = query.replace("{" + name + "}", f"iceberg_scan('{location.removeprefix('file://')}')")
        return duckdb_with_iceberg().execute(query).fetchall()


@cache
def duckdb_with_iceberg():
    """A DuckDB connection with the Iceberg extension from its wheel; nothing is downloaded."""
    import duckdb_extension_avro
    import duckdb_extension_iceberg

    connection = duckdb.connect(config={"threads": "2"})
    for package in (duckdb_extension_avro, duckdb_extension_iceberg):
        connection.execute(f"LOAD '{extension_path(package)}'")
    connection.execute("SET TimeZone='UTC'")
    return connection


def extension_path(package):
    return next(Path(package.__path__[0]).glob("extensions/*/*.duckdb_extension"))


def canonical(table):
    """Rows of canonical values from an Arrow table."""
    columns = [_canonical_column(column.combine_chunks()) for column in table.columns]
    return Rows(list(table.column_names), list(zip(*columns)) if columns else [])


def _canonical_column(column):
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        name, column = kind.extension_name, column.storage
        if name == "arrow.uuid":
            return [None if value is None else uuid.UUID(bytes=value) for value in column.to_pylist()]
        kind = column.type
    if types.is_date32(kind):
        column = column.cast(pa.int32())
    elif types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
    elif types.is_time(kind):
        column = column.cast(pa.time64("us")).cast(pa.int64())
    elif types.is_floating(kind):
        return [float_bits(value) for value in column.to_pylist()]
    return column.to_pylist()
