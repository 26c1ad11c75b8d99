"""Random but seeded changes on a small shop: every kind of change that a log can carry for tables with a key."""

import random
import time

from .background import Background
from .compare import assert_equal

TABLES = ("customers", "orders", "order_lines", "settings")
KEYS = {"customers": ("id",), "orders": ("id",), "order_lines": ("order_id", "line"), "settings": ("name",)}

_SCHEMA = """
    CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, balance DECIMAL(14,2) NOT NULL, note TEXT);
    CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, customer INT, amount DECIMAL(12,2) NOT NULL,
        status VARCHAR(12), weight {double}, placed {timestamp}, note TEXT);
    CREATE TABLE order_lines (order_id BIGINT NOT NULL, line INT NOT NULL, article VARCHAR(40), quantity SMALLINT,
        PRIMARY KEY (order_id, line));
    CREATE TABLE settings (name VARCHAR(40){binary} NOT NULL PRIMARY KEY, value TEXT, version INT NOT NULL)
"""


def create_schema(source):
    words = {"double": "DOUBLE PRECISION", "timestamp": "TIMESTAMP(6)", "binary": ""}
    if not source.is_postgres:
        words.update(timestamp="DATETIME(6)", binary=" COLLATE utf8mb4_bin")
    source.execute(*(statement.strip() for statement in _SCHEMA.format(**words).split(";")))


def assert_all_equal(source, lake):
    """Every table of the shop is in the lake as it is in the source."""
    for table in TABLES:
        assert_equal(source, lake, table, key=KEYS[table])


class Workload:
    """Makes transactions (lists of statements) and keeps track of the keys that exist; the same seed, the same changes."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.order_ids, self.customer_ids, self.setting_names = [], [], []
        self.next_id = 1

    def fill(self, source, orders=300, customers=40):
        """The rows that are there before the snapshot."""
        with source.connection() as connection:
            cursor = connection.cursor()
            for statement in self._new_customers(customers) + self._new_orders(orders) + self._new_settings(20):
                cursor.execute(statement)

    def transaction(self):
        kinds = [
            (self._insert, 4), (self._update, 6), (self._delete, 3), (self._change_key, 2), (self._swap_keys, 1),
            (self._delete_and_reinsert, 2), (self._chain, 1), (self._bulk_update, 1), (self._several_tables, 3),
            (self._insert_and_delete, 1), (self._settings_changes, 2), (self._savepoint, 1), (self._same_row_often, 1),
        ]
        statements = []
        for make in self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds], k=self.random.choice([1, 1, 2, 4])):
            statements += make()
        return statements

    def _id(self):
        self.next_id += 1
        return self.next_id

    def _text(self, length_max=30):
        alphabet = "abc XYZ äßЖ日🦈'\\%"
        text = "".join(self.random.choices(alphabet, k=self.random.randrange(length_max)))
        return text.replace("\\", "/").replace("'", "''")

    def _nullable(self, literal):
        return literal if self.random.random() > 0.2 else "NULL"

    def _amount(self):
        return f"{self.random.randrange(-10**9, 10**9)}.{self.random.randrange(100):02d}"

    def _order_values(self, order_id):
        moment = f"'20{self.random.randrange(10, 38)}-0{self.random.randrange(1, 10)}-1{self.random.randrange(10)} 12:34:56.{self.random.randrange(10**6):06d}'"
        return (
            f"({order_id}, {self._nullable(str(self.random.choice(self.customer_ids)))}, {self._amount()},"
            f" {self._nullable(repr(self.random.choice(['new', 'paid', 'sent', 'back'])))},"
            f" {self._nullable(repr(self.random.uniform(-1e6, 1e6)))}, {self._nullable(moment)}, {self._nullable(chr(39) + self._text() + chr(39))})"
        )

    def _new_customers(self, count):
        identifiers = [self._id() for _ in range(count)]
        self.customer_ids += identifiers
        rows = ", ".join(f"({i}, '{self._text()}', {self._amount()}, {self._nullable(chr(39) + self._text(200) + chr(39))})" for i in identifiers)
        return [f"INSERT INTO customers VALUES {rows}"]

    def _new_orders(self, count):
        identifiers = [self._id() for _ in range(count)]
        self.order_ids += identifiers
        orders = ", ".join(self._order_values(i) for i in identifiers)
        lines = ", ".join(f"({i}, {line}, '{self._text()}', {self.random.randrange(-99, 99)})" for i in identifiers for line in range(1 + i % 3))
        return [f"INSERT INTO orders VALUES {orders}", f"INSERT INTO order_lines VALUES {lines}"]

    def _new_settings(self, count):
        names = [f"{self.random.choice(['Key', 'key', 'ключ'])} {self._id()}" for _ in range(count)]
        self.setting_names += names
        return [f"INSERT INTO settings VALUES ('{name}', {self._nullable(chr(39) + self._text(80) + chr(39))}, 1)" for name in names]

    def _order(self, take=False):
        if len(self.order_ids) < 10:
            return None
        index = self.random.randrange(len(self.order_ids))
        return self.order_ids.pop(index) if take else self.order_ids[index]

    def _insert(self):
        return self._new_orders(self.random.choice([1, 2, 20]))

    def _update(self):
        order = self._order()
        assignment = self.random.choice([f"amount = {self._amount()}", f"note = '{self._text(300)}'", "status = NULL", "weight = weight / 3, status = 'sent'"])
        return [f"UPDATE orders SET {assignment} WHERE id = {order}"] if order else self._insert()

    def _delete(self):
        order = self._order(take=True)
        return [f"DELETE FROM order_lines WHERE order_id = {order}", f"DELETE FROM orders WHERE id = {order}"] if order else self._insert()

    def _change_key(self):
        order, new = self._order(take=True), self._id()
        if not order:
            return self._insert()
        self.order_ids.append(new)
        return [f"UPDATE orders SET id = {new} WHERE id = {order}", f"UPDATE order_lines SET order_id = {new}, line = line + 100 WHERE order_id = {order}"]

    def _swap_keys(self):
        a, b, free = self._order(), self._order(), self._id()
        if not a or a == b:
            return self._insert()
        return [f"UPDATE orders SET id = {to} WHERE id = {start}" for start, to in ((a, free), (b, a), (free, b))]

    def _delete_and_reinsert(self):
        order = self._order()
        return [f"DELETE FROM orders WHERE id = {order}", f"INSERT INTO orders VALUES {self._order_values(order)}"] if order else self._insert()

    def _chain(self):
        a, b = self._order(), self._order()
        if not a or a == b:
            return self._insert()
        return [f"DELETE FROM orders WHERE id = {b}", f"UPDATE orders SET id = {b} WHERE id = {a}",
                f"INSERT INTO orders VALUES {self._order_values(a)}", f"UPDATE orders SET amount = amount + 1 WHERE id = {b}"]

    def _bulk_update(self):
        return [f"UPDATE orders SET amount = amount + 0.01, note = NULL WHERE id % 13 = {self.random.randrange(13)}"]

    def _several_tables(self):
        customer, amount = self.random.choice(self.customer_ids), self.random.randrange(1000)
        return [f"UPDATE customers SET balance = balance - {amount} WHERE id = {customer}", *self._new_orders(1),
                f"UPDATE customers SET note = '{self._text()}' WHERE id = {customer}"]

    def _insert_and_delete(self):
        new = self._id()
        return [f"INSERT INTO orders VALUES {self._order_values(new)}", f"UPDATE orders SET amount = 1 WHERE id = {new}", f"DELETE FROM orders WHERE id = {new}"]

    def _settings_changes(self):
        name = self.random.choice(self.setting_names)
        if self.random.random() < 0.3:
            self.setting_names.remove(name)
            return [f"DELETE FROM settings WHERE name = '{name}'", *self._new_settings(1)]
        return [f"UPDATE settings SET value = '{self._text(500)}', version = version + 1 WHERE name = '{name}'"]

    def _savepoint(self):
        order = self._order()
        return ["SAVEPOINT here", f"DELETE FROM orders WHERE id = {order}", "ROLLBACK TO SAVEPOINT here"] if order else []

    def _same_row_often(self):
        order = self._order()
        return [f"UPDATE orders SET amount = {self._amount()} WHERE id = {order}" for _ in range(5)] if order else []

    def apply(self, source, transactions):
        """Runs that many transactions; now and then one is rolled back whole, which must leave no trace."""
        with source.connection() as connection:
            for _ in range(transactions):
                self.apply_one(source, connection)

    def apply_one(self, source, connection):
        cursor = connection.cursor()
        if self.random.random() < 0.05:
            cursor.execute("BEGIN")
            cursor.execute("DELETE FROM orders")
            cursor.execute("UPDATE customers SET balance = 0")
            cursor.execute("ROLLBACK")
        cursor.execute("BEGIN")
        for statement in self.transaction():
            cursor.execute(statement)
        cursor.execute("COMMIT")


class Writer(Background):
    """Runs a workload in a thread until told to stop; its failure is raised when it is stopped."""

    def __init__(self, source, workload, pause_seconds=0.0):
        super().__init__()
        self.source, self.workload, self.pause_seconds = source, workload, pause_seconds
        self.transactions = 0

    def work(self):
        with self.source.connection() as connection:
            while not self.stopping.is_set():
                self.workload.apply_one(self.source, connection)
                self.transactions += 1
                time.sleep(self.pause_seconds)
