"""A small web shop on MariaDB and one on PostgreSQL, with every common type, and the life that goes on in them.

The one common type left out is PostgreSQL's `time`: Spark refuses any Iceberg table that has a column of it.
"""

import random

ROWS = {"customers": 10_000, "products": 1_000, "orders": 42_000, "order_lines": 60_000}

_MARIADB = {
    "customers": """id INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, email VARCHAR(80) CHARACTER SET latin1,
        born DATE, registered DATETIME(6), newsletter BOOLEAN, rating FLOAT, session UUID, preferences JSON,
        avatar VARBINARY(32), points SMALLINT, credit DECIMAL(38,10)""",
    "products": """id MEDIUMINT UNSIGNED NOT NULL PRIMARY KEY, sku CHAR(8), title VARCHAR(80), price DECIMAL(10,2), weight DOUBLE,
        flags BIT(8), is_new BIT(1), size ENUM('small','medium','large'), colours SET('red','green','blue'), picture BLOB,
        first_year YEAR, delivery TIME(3), stock BIGINT UNSIGNED, checksum BINARY(16)""",
    "orders": """id BIGINT NOT NULL PRIMARY KEY, customer INT UNSIGNED NOT NULL, status VARCHAR(12), total DECIMAL(12,2),
        placed TIMESTAMP(6) NULL, items TINYINT UNSIGNED, note TEXT""",
    "order_lines": """id BIGINT NOT NULL PRIMARY KEY, order_id BIGINT NOT NULL, product MEDIUMINT, quantity INT, price DECIMAL(10,2)""",
}
_MARIADB_ROWS = {
    "customers": """seq, CONCAT('Customer ', seq, ' Größe'), CONCAT('c', seq, '@example.org'), DATE '1950-01-01' + INTERVAL seq % 20000 DAY,
        TIMESTAMP '2020-01-01 00:00:00.123456' + INTERVAL seq MINUTE, seq % 3 = 0, seq / 7,
        CONCAT(LPAD(HEX(seq), 8, '0'), '-0000-4000-8000-000000000000'), JSON_OBJECT('theme', IF(seq % 2, 'dark', 'light'), 'n', seq),
        IF(seq % 5, UNHEX(SHA1(seq)), NULL), seq % 32768, seq / 3""",
    "products": """seq, LPAD(seq, 8, '0'), CONCAT('Product № ', seq), seq % 1000 + 0.99, seq / 11, seq % 256, seq % 2, 1 + seq % 3, seq % 8,
        REPEAT(CHAR(seq % 256), seq % 100), 1990 + seq % 40, SEC_TO_TIME(seq * 60), seq * 1000000007, UNHEX(MD5(seq))""",
    "orders": """seq, 1 + seq * 7919 % {customers}, ELT(1 + seq % 4, 'new', 'paid', 'sent', 'back'), seq % 90000 / 100,
        TIMESTAMP '2023-01-01 12:00:00.000001' + INTERVAL seq MINUTE, 1 + seq % 3, IF(seq % 4 = 0, CONCAT('note 🦈 ', seq), NULL)""",
    "order_lines": "seq, 1 + seq * 104729 % {orders}, 1 + seq % {products}, 1 + seq % 9, seq % 1000 + 0.99",
}
_POSTGRES = {
    "customers": """id integer PRIMARY KEY, name text NOT NULL, email varchar(80), born date, registered timestamptz, vip boolean,
        rating real, reference uuid, preferences jsonb, avatar bytea, mood {schema}.mood, last_login inet, credit numeric(38,10)""",
    "products": """id integer PRIMARY KEY, sku char(10), title text, price numeric(10,2), weight double precision, size smallint,
        opens timetz, delivery interval, details json, released timestamp, rate numeric""",
    "orders": """id bigint PRIMARY KEY, customer integer NOT NULL, status varchar(12), total numeric(12,2), placed timestamptz,
        items smallint, note text""",
    "order_lines": "id bigint PRIMARY KEY, order_id bigint NOT NULL, product integer, quantity integer, price numeric(10,2)",
}
_POSTGRES_ROWS = {
    "customers": """seq, 'Customer ' || seq || ' Größe', 'c' || seq || '@example.org', date '1950-01-01' + (seq % 20000)::int,
        timestamptz '2020-01-01 00:00:00.123456+00' + seq * interval '1 minute', seq % 3 = 0, seq / 7.0, md5(seq::text)::uuid,
        jsonb_build_object('theme', 'dark', 'n', seq), CASE WHEN seq % 5 > 0 THEN decode(md5(seq::text), 'hex') END,
        (ARRAY['happy', 'neutral', 'angry'])[1 + seq % 3]::{schema}.mood, '10.0.0.0'::inet + seq, seq / 3.0""",
    "products": """seq, lpad(seq::text, 8, '0'), 'Product № ' || seq, seq % 1000 + 0.99, seq / 11.0, seq % 50,
        timetz '08:00+01' + seq * interval '1 second', seq * interval '1 hour', json_build_object('width', seq), timestamp '2020-02-29' + seq * interval '1 day', seq / 8.0""",
    "orders": """seq, 1 + seq * 7919 % {customers}, (ARRAY['new', 'paid', 'sent', 'back'])[1 + seq % 4], seq % 90000 / 100.0,
        timestamptz '2023-01-01 12:00:00.000001+00' + seq * interval '1 minute', 1 + seq % 3, CASE WHEN seq % 4 = 0 THEN 'note 🦈 ' || seq END""",
    "order_lines": "seq, 1 + seq * 104729 % {orders}, 1 + seq % {products}, 1 + seq % 9, seq % 1000 + 0.99",
}


def tables(source):
    return list(_POSTGRES if source.is_postgres else _MARIADB)


def create(source, scale=1.0):
    """Makes and fills the shop's tables; `scale` shrinks the number of rows."""
    counts = {name: int(rows * scale) for name, rows in ROWS.items()}
    words = {**counts, "schema": source.schema}
    definitions, rows = (_POSTGRES, _POSTGRES_ROWS) if source.is_postgres else (_MARIADB, _MARIADB_ROWS)
    with source.connection() as connection:
        cursor = connection.cursor()
        if source.is_postgres:
            cursor.execute(f"CREATE TYPE {source.schema}.mood AS ENUM ('happy', 'neutral', 'angry')")
        else:
            cursor.execute("SET SESSION sql_mode = ''")
        for name, body in definitions.items():
            cursor.execute(f"CREATE TABLE {name} ({body.format(**words)})")
            numbers = f"generate_series(1::bigint, {counts[name]}) seq" if source.is_postgres else f"seq_1_to_{counts[name]}"
            cursor.execute(f"INSERT INTO {name} SELECT {rows[name].format(**words)} FROM {numbers}")


def change(source, rounds, seed=1):
    """One round is a moment in the shop's life: an order with its lines, a payment, a cancellation, a new price."""
    chance = random.Random(seed)
    with source.connection() as connection:
        cursor = connection.cursor()
        for _ in range(rounds):
            one_round(cursor, chance)


def one_round(cursor, chance):
    def number(query):
        cursor.execute(query)
        return int(cursor.fetchone()[0])

    order, line = number("SELECT max(id) + 1 FROM orders"), number("SELECT max(id) + 1 FROM order_lines")
    customers, products = number("SELECT count(*) FROM customers"), number("SELECT count(*) FROM products")
    customer, product, old = chance.randrange(1, customers), chance.randrange(1, products), chance.randrange(1, order)
    transactions = [
        [f"INSERT INTO orders (id, customer, status, total, placed, items) VALUES ({order}, {customer}, 'new', 19.98, '2024-05-06 07:08:09.5', 2)",
         f"INSERT INTO order_lines VALUES ({line}, {order}, {product}, 1, 9.99), ({line + 1}, {order}, {product}, 1, 9.99)",
         f"UPDATE customers SET credit = credit + 1.5 WHERE id = {customer}"],
        [f"UPDATE orders SET status = 'paid', note = 'paid by card' WHERE id BETWEEN {old} AND {old + 20}"],
        [f"DELETE FROM order_lines WHERE order_id = {old}", f"DELETE FROM orders WHERE id = {old}"],
        [f"UPDATE products SET price = price + 0.01, title = 'Product {product} (new price)' WHERE id = {product}"],
    ]
    for statements in transactions:
        for statement in ["BEGIN", *statements, "COMMIT"]:
            cursor.execute(statement)
