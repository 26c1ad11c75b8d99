"""Random schemas and rows of them, in the canonical form of `row_form`."""

import random
import struct

from .row_form import NAN, decimal_parts, fixed_length, float_canonical, timestamp_parts

PRIMITIVES = [
    "boolean", "int", "long", "float", "double", "decimal(9, 2)", "decimal(18, 0)", "decimal(38, 10)", "date", "time",
    "timestamp", "timestamptz", "timestamp_ns", "timestamptz_ns", "string", "uuid", "fixed[5]", "binary",
]
_DAYS = (-719_162, 2_932_896)
"""0001-01-01 to 9999-12-31, the days that all engines have."""
_NANOSECOND_DAYS = (-106_000, 106_000)
_LETTERS = ["a", "b", "Z", "0", " ", "é", "ß", "\u4e2d", "\U0001F600", "\uFFFD", "\t", "\"", "\\", "'", "\u007f"]


def limits_of(kind):
    """The least and the largest value of a type whose canonical form is a whole number; None of others."""
    if kind in ("int", "long"):
        return (-(2**31), 2**31 - 1) if kind == "int" else (-(2**63), 2**63 - 1)
    if parts := decimal_parts(kind):
        return 1 - 10 ** parts[0], 10 ** parts[0] - 1
    if kind == "date":
        return _DAYS
    if kind == "time":
        return 0, 86_399_999_999
    if parts := timestamp_parts(kind):
        first, last = _DAYS if parts[0] == 6 else _NANOSECOND_DAYS
        per_day = 86_400 * 10 ** parts[0]
        return first * per_day, (last + 1) * per_day - 1
    return None


class RandomRows:
    """A schema and as many rows of it as wanted; equal for equal seeds.

    `negative_zero`: whether -0.0 is among the floats; DuckDB's dictionaries take it for 0.0.
    `null_groups`: whether structs, lists and maps may be NULL; ClickHouse's are then empty.
    """

    def __init__(self, seed, primitives=PRIMITIVES, columns=12, depth=3, negative_zero=True, null_groups=True):
        self.random = random.Random(seed)
        self.negative_zero, self.null_groups = negative_zero, null_groups
        self.primitives = primitives
        self.next_id = 0
        # The first column numbers the rows, for readers that keep no order.
        fields = [{"id": self._id(), "name": "number", "type": "long", "required": True}]
        # Every type at the top level once in a while, nested ones between them.
        chosen = self.random.sample(primitives, min(len(primitives), columns - 3))
        for index in range(columns - 1):
            kind = chosen[index] if index < len(chosen) else self._nested(depth)
            fields.append(self._field(f"c{index}", kind))
        self.schema = {"type": "struct", "schema-id": 0, "fields": fields}
        # One column in four is NULL throughout, or nearly so.
        self.null_share = [self.random.choice([0, 0.1, 0.5, 0.98, 1]) for _ in fields]
        # What encodings live on: values that come again, and values near the ones before them.
        self.habits = [self.random.choice(["any", "few", "near"]) for _ in fields]
        self.habit, self.column, self.earlier = "any", 0, {}

    def _id(self):
        self.next_id += 1
        return self.next_id

    def _field(self, name, kind):
        return {"id": self._id(), "name": name, "type": kind, "required": self.random.random() < 0.2}

    def _type(self, depth):
        if depth > 0 and self.random.random() < 0.5:
            return self._nested(depth)
        return self.random.choice(self.primitives)

    def _nested(self, depth):
        kind = self.random.choice(["struct", "list", "map"])
        if kind == "struct":
            count = self.random.randint(1, 3)
            return {"type": "struct", "fields": [
                self._field(f"f{index}", self._type(depth - 1)) for index in range(count)
            ]}
        if kind == "list":
            return {
                "type": "list", "element-id": self._id(), "element": self._type(depth - 1),
                "element-required": self.random.random() < 0.2,
            }
        keys = [name for name in ("string", "int", "long", "date") if name in self.primitives]
        return {
            "type": "map", "key-id": self._id(), "key": self.random.choice(keys), "value-id": self._id(),
            "value": self._type(depth - 1), "value-required": self.random.random() < 0.2,
        }

    def rows(self, count):
        """Canonical rows."""
        return [(number, *(self._top_value(column) for column in range(1, len(self.habits)))) for number in range(count)]

    def _top_value(self, column):
        field = self.schema["fields"][column]
        self.column, self.habit = column, self.habits[column]
        return self._value(field["type"], field["required"], self.null_share[column])

    def _value(self, kind, required, null_share):
        if not required and self.random.random() < null_share and (self.null_groups or isinstance(kind, str)):
            return None
        inner_share = min(null_share, 0.5)
        if isinstance(kind, dict):
            if kind["type"] == "struct":
                return tuple(self._value(field["type"], field["required"], inner_share) for field in kind["fields"])
            count = self.random.choice([0, 1, 2, self.random.randint(0, 6)])
            if kind["type"] == "list":
                return [self._value(kind["element"], kind["element-required"], inner_share) for _ in range(count)]
            keys = {self._value(kind["key"], True, 0) for _ in range(count)}
            return [(key, self._value(kind["value"], kind["value-required"], inner_share)) for key in sorted(keys)]
        if self.habit == "any":
            return self.primitive(kind)
        earlier = self.earlier.setdefault((self.column, kind), [])
        if self.habit == "few":
            if len(earlier) < 3:
                earlier.append(self.primitive(kind))
            return self.random.choice(earlier)
        # Now and then one that is far away, and the next is near it, or near the others again.
        if not earlier or self.random.random() < 0.03:
            value = self.primitive(kind)
            if not earlier or self.random.random() < 0.5:
                earlier[:] = [value]
            return value
        earlier[0] = self._near(kind, earlier[0])
        return earlier[0]

    def _near(self, kind, value):
        """A value that differs a little, and from texts and bytes at the end only."""
        pick = self.random
        if limits := limits_of(kind):
            return min(max(value + pick.randint(-3, 4), limits[0]), limits[1])
        if kind == "string":
            return (value[:-1] if len(value) > 60 or pick.random() < 0.3 else value) + pick.choice(_LETTERS)
        if kind == "binary":
            return (value[:-1] if len(value) > 60 or pick.random() < 0.3 else value) + pick.randbytes(1)
        if kind == "uuid" or fixed_length(kind) is not None:
            return value[:-1] + pick.randbytes(1)
        return self.primitive(kind)

    def primitive(self, kind):
        """A value that is odd more often than not."""
        pick = self.random
        if kind == "boolean":
            return pick.random() < 0.5
        if kind in ("float", "double"):
            return self._float(kind == "double")
        if limits := limits_of(kind):
            low, high = limits
            ordinary = {"date": (18_000, 18_010), "time": (0, 9)}.get(kind, (-999, 999))
            return pick.choice([low, high, 0, 1, max(low, -1), pick.randint(low, high), pick.randint(*ordinary)])
        if kind == "string":
            length = pick.choice([0, 1, pick.randint(0, 12), pick.randint(0, 80)])
            return "".join(pick.choice(_LETTERS) for _ in range(length))
        if kind == "uuid":
            return pick.randbytes(16)
        if (length := fixed_length(kind)) is not None:
            return pick.choice([bytes(length), b"\xff" * length, pick.randbytes(length)])
        return pick.randbytes(pick.choice([0, 1, pick.randint(0, 40)]))

    def _float(self, is_double):
        width, code = (8, "<d") if is_double else (4, "<f")
        # Bits of all kinds: subnormals, both zeros, infinities.
        special = [0.0, -0.0 if self.negative_zero else 0.0, 1.0, -1.5, float("inf"), float("-inf")]
        if self.random.random() < 0.1:
            return NAN
        if self.random.random() < 0.4:
            return float_canonical(self.random.choice(special), is_double)
        return float_canonical(struct.unpack(code, self.random.randbytes(width))[0], is_double)
