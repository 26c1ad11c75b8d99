"""The database (or schema) that one scenario owns on a shared server."""


class Source:
    """A fresh database; for PostgreSQL with a schema of its own inside, which becomes the lake's namespace."""

    def __init__(self, server, name):
        self.server, self.database = server, name
        self.schema = name if server.family == "mysql" else "shop"
        self.namespace = self.schema
        server.create_database(name)
        if server.family == "postgres":
            self.execute(f"CREATE SCHEMA {self.schema}")

    def connection(self, **options):
        """A connection of the administrator whose unqualified table names are ours."""
        if self.server.family == "postgres":
            return self.server.admin_connection(self.database, options=f"-c search_path={self.schema},public", **options)
        return self.server.admin_connection(self.database, **options)

    def execute(self, *statements):
        with self.connection() as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)

    def query(self, statement, parameters=None):
        with self.connection() as connection:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    @property
    def is_postgres(self):
        return self.server.family == "postgres"

    def url(self, **options):
        return self.server.url(self.database, **options)

    def lake_name(self, table):
        return f"{self.namespace}.{table}"

    def pattern(self, table="*"):
        """The glob or name of tables in the pipeline file."""
        return f"{self.schema}.{table}"

    def drop(self):
        self.server.drop_database(self.database)
