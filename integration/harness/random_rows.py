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


class RandomRows:
    """A schema and as many rows of it as wanted; equal for equal seeds.

    `negative_zero`: whether -0.0 is among the floats; DuckDB's dictionaries take it for 0.0.
    """

    def __init__(self, seed, primitives=PRIMITIVES, columns=12, depth=3, negative_zero=True):
        self.random = random.Random(seed)
        self.negative_zero = negative_zero
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
        fields = self.schema["fields"]
        return [
            (number, *(
                self._value(field["type"], field["required"], share)
                for field, share in zip(fields[1:], self.null_share[1:])
            ))
            for number in range(count)
        ]

    def _value(self, kind, required, null_share):
        if not required and self.random.random() < null_share:
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
        return self.primitive(kind)

    def primitive(self, kind):
        """A value that is odd more often than not."""
        pick = self.random
        if kind == "boolean":
            return pick.random() < 0.5
        if kind in ("int", "long"):
            bits = 31 if kind == "int" else 63
            return pick.choice([-(2**bits), 2**bits - 1, 0, -1, pick.randint(-9, 9), pick.randint(-(2**bits), 2**bits - 1)])
        if kind in ("float", "double"):
            return self._float(kind == "double")
        if parts := decimal_parts(kind):
            limit = 10 ** parts[0] - 1
            return pick.choice([-limit, limit, 0, 1, -1, pick.randint(-limit, limit), pick.randint(-999, 999)])
        if kind == "date":
            return pick.choice([*_DAYS, 0, -1, pick.randint(*_DAYS), pick.randint(18_000, 18_010)])
        if kind == "time":
            return pick.choice([0, 86_399_999_999, pick.randrange(86_400_000_000)])
        if parts := timestamp_parts(kind):
            first, last = _DAYS if parts[0] == 6 else _NANOSECOND_DAYS
            per_day = 86_400 * 10 ** parts[0]
            return pick.choice([0, -1, 1, first * per_day, (last + 1) * per_day - 1, pick.randint(first * per_day, last * per_day)])
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
