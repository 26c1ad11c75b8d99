"""The `orders` table of the benchmarks (ten columns, about 145 bytes of text a row), filled by the server itself."""

_COLUMNS = """id BIGINT NOT NULL PRIMARY KEY, customer INT NOT NULL, status VARCHAR(12) NOT NULL, amount DECIMAL(12,2) NOT NULL,
    items INT NOT NULL, weight {double} NOT NULL, created {timestamp} NOT NULL, updated {timestamp} NOT NULL,
    city VARCHAR(20) NOT NULL, note VARCHAR(64)"""

_MYSQL_ROW = """{n}, {n} * 7919 % 100000, ELT(1 + {n} % 8, 'new', 'paid', 'packed', 'sent', 'delivered', 'returned', 'refunded', 'lost'),
    {n} % 10000000 / 100, 1 + {n} % 20, {n} / 7e0, TIMESTAMP '2023-01-01 00:00:00.123456' + INTERVAL {n} SECOND,
    TIMESTAMP '2024-01-01 00:00:00.654321' + INTERVAL {n} SECOND, CONCAT('city-', {n} * 104729 % 50000),
    IF({n} % 10 < 3, NULL, CONCAT('a note of some length for order number ', {n}))"""
_POSTGRES_ROW = """{n}, ({n} * 7919 % 100000)::int,
    (ARRAY['new', 'paid', 'packed', 'sent', 'delivered', 'returned', 'refunded', 'lost'])[1 + {n} % 8],
    ({n} % 10000000) / 100.0, 1 + ({n} % 20)::int, {n} / 7e0, timestamp '2023-01-01 00:00:00.123456' + {n} * interval '1 second',
    timestamp '2024-01-01 00:00:00.654321' + {n} * interval '1 second', 'city-' || {n} * 104729 % 50000,
    CASE WHEN {n} % 10 >= 3 THEN 'a note of some length for order number ' || {n} END"""

ROWS_PER_TRANSACTION = 1000
CHANGES_PER_TRANSACTION = 100
# One round of the mix: 10 updates, 2 deletes, 3 inserts, each its own statement.
UPDATES, DELETES, INSERTS = 10, 2, 3
# A multiplicative step visits the loaded rows in an order that looks random. Deletes take the multiples of five and
# updates the rows between them, so that every statement changes exactly one row.
_UPDATED = "5 * ({j} {div} 4) + 1 + {j} % 4"


def create(source):
    words = {"double": "DOUBLE PRECISION", "timestamp": "TIMESTAMP(6)" if source.is_postgres else "DATETIME(6)"}
    source.execute(f"CREATE TABLE orders ({_COLUMNS.format(**words)})")
    if source.is_postgres:
        _create_postgres_procedures(source)
    else:
        _create_mysql_procedures(source)


def insert_rows(source, first, count):
    """Inserts orders `first` … `first + count - 1` in transactions of `ROWS_PER_TRANSACTION`."""
    _call(source, f"CALL insert_rows({first}, {count})")


def change_rows(source, loaded, changes):
    """Updates, deletes and inserts single rows of a table that holds orders 1 … `loaded`; returns the number of changes."""
    rounds = changes // (UPDATES + DELETES + INSERTS)
    _call(source, f"CALL change_rows({loaded}, {rounds})")
    return rounds * (UPDATES + DELETES + INSERTS)


def replace_rows(source, loaded, number, count):
    """Updates about `count` rows of 1 … `loaded` in one transaction; which ones looks random and depends on `number`."""
    first, last = number * count, (number + 1) * count - 1
    if source.is_postgres:
        chosen = f"SELECT 1 + abs(hashint8(n)::bigint) % {loaded} FROM generate_series({first}::bigint, {last}) n"
        source.execute(f"UPDATE orders SET amount = amount + 1, status = 'paid' WHERE id IN ({chosen})")
    else:
        # A table with a key: MariaDB would run a subquery once for each row of `orders`.
        source.execute(
            "CREATE OR REPLACE TABLE chosen (id BIGINT NOT NULL PRIMARY KEY)",
            f"INSERT IGNORE INTO chosen SELECT 1 + CRC32(seq) % {loaded} FROM seq_{first}_to_{last}",
            "UPDATE chosen JOIN orders USING (id) SET amount = amount + 1, status = 'paid'",
        )


def _call(source, statement):
    with source.connection() as connection:
        connection.cursor().execute(statement)


def _create_postgres_procedures(source):
    source.execute(
        f"""CREATE PROCEDURE insert_rows(first_row bigint, row_total bigint) LANGUAGE plpgsql AS $$
        DECLARE start bigint := first_row;
        BEGIN
            WHILE start < first_row + row_total LOOP
                INSERT INTO shop.orders SELECT {_POSTGRES_ROW.format(n='n')}
                FROM generate_series(start, least(start + {ROWS_PER_TRANSACTION}, first_row + row_total) - 1) n;
                COMMIT;
                start := start + {ROWS_PER_TRANSACTION};
            END LOOP;
        END $$""",
        f"""CREATE PROCEDURE change_rows(loaded bigint, rounds bigint) LANGUAGE plpgsql AS $$
        DECLARE n bigint; step bigint := 0;
        BEGIN
            FOR r IN 0 .. rounds - 1 LOOP
                FOR i IN 0 .. {UPDATES - 1} LOOP
                    UPDATE shop.orders SET amount = amount + 1, status = 'paid', updated = updated + interval '1 second'
                    WHERE id = {_UPDATED.format(j=f'(((r::bigint * {UPDATES} + i) * 7368787) % (loaded / 5 * 4))', div='/')};
                END LOOP;
                FOR i IN 0 .. {DELETES - 1} LOOP
                    DELETE FROM shop.orders WHERE id = 5 + 5 * (((r::bigint * {DELETES} + i) * 6700417) % (loaded / 5));
                END LOOP;
                FOR i IN 0 .. {INSERTS - 1} LOOP
                    n := loaded + 1 + r::bigint * {INSERTS} + i;
                    INSERT INTO shop.orders VALUES ({_POSTGRES_ROW.format(n='n')});
                END LOOP;
                step := step + {UPDATES + DELETES + INSERTS};
                IF step >= {CHANGES_PER_TRANSACTION} THEN COMMIT; step := 0; END IF;
            END LOOP;
        END $$""",
    )


def _create_mysql_procedures(source):
    sequence = "SELECT a.d + 10 * b.d + 100 * c.d AS k FROM digits a, digits b, digits c"
    source.execute(
        "CREATE TABLE digits (d INT NOT NULL PRIMARY KEY)", "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
        f"""CREATE PROCEDURE insert_rows(first_row BIGINT, row_total BIGINT) BEGIN
            DECLARE start BIGINT DEFAULT first_row;
            WHILE start < first_row + row_total DO
                INSERT INTO orders SELECT {_MYSQL_ROW.format(n='n')} FROM (SELECT k + start AS n FROM ({sequence}) ks) ns
                WHERE n < first_row + row_total ORDER BY n;
                SET start = start + {ROWS_PER_TRANSACTION};
            END WHILE;
        END""",
        f"""CREATE PROCEDURE change_rows(loaded BIGINT, rounds BIGINT) BEGIN
            DECLARE r, i, n, step BIGINT DEFAULT 0;
            START TRANSACTION;
            WHILE r < rounds DO
                SET i = 0;
                WHILE i < {UPDATES} DO
                    UPDATE orders SET amount = amount + 1, status = 'paid', updated = updated + INTERVAL 1 SECOND
                    WHERE id = {_UPDATED.format(j=f'(((r * {UPDATES} + i) * 7368787) % (loaded DIV 5 * 4))', div='DIV')};
                    SET i = i + 1;
                END WHILE;
                SET i = 0;
                WHILE i < {DELETES} DO
                    DELETE FROM orders WHERE id = 5 + 5 * (((r * {DELETES} + i) * 6700417) % (loaded DIV 5));
                    SET i = i + 1;
                END WHILE;
                SET i = 0;
                WHILE i < {INSERTS} DO
                    SET n = loaded + 1 + r * {INSERTS} + i;
                    INSERT INTO orders VALUES ({_MYSQL_ROW.format(n='n')});
                    SET i = i + 1;
                END WHILE;
                SET r = r + 1, step = step + {UPDATES + DELETES + INSERTS};
                IF step >= {CHANGES_PER_TRANSACTION} THEN COMMIT; START TRANSACTION; SET step = 0; END IF;
            END WHILE;
            COMMIT;
        END""",
    )
