"""The rows of `frazil inspect --rows` (docs/inspect.md) against those of other readers.

Types are those of an Iceberg schema in JSON. Every value has one canonical form that is compared: whole numbers for
integers, unscaled decimals, days and units of time; the bits of floats, with all NaN alike; text; bytes; tuples for
structs, lists for lists, lists of pairs for maps; None for NULL.
"""

import base64
import datetime
import decimal
import re
import struct
import uuid

import pyarrow as pa
import pyarrow.types as kinds

from .proof import FULL

NAN = "NaN"
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def fields_inside(kind):
    """(name, type, is required) of the fields directly inside a type."""
    if not isinstance(kind, dict):
        return []
    if kind["type"] == "struct":
        return [(field["name"], field["type"], field["required"]) for field in kind["fields"]]
    if kind["type"] == "list":
        return [("element", kind["element"], kind["element-required"])]
    return [("key", kind["key"], True), ("value", kind["value"], kind["value-required"])]


def _is(kind, name):
    return isinstance(kind, dict) and kind["type"] == name


def decimal_parts(kind):
    """(precision, scale) of a decimal type, or None."""
    match = re.fullmatch(r"decimal\((\d+), ?(\d+)\)", kind) if isinstance(kind, str) else None
    return (int(match[1]), int(match[2])) if match else None


def fixed_length(kind):
    match = re.fullmatch(r"fixed\[(\d+)\]", kind) if isinstance(kind, str) else None
    return int(match[1]) if match else None


def float_value(bits, is_double):
    """The number that canonical bits stand for."""
    if bits == NAN:
        return float("nan")
    return struct.unpack("<d" if is_double else "<f", bits.to_bytes(8 if is_double else 4, "little"))[0]


def float_canonical(value, is_double):
    if value != value:
        return NAN
    return int.from_bytes(struct.pack("<d" if is_double else "<f", value), "little")


def _days(text):
    match = re.fullmatch(r"([+-]?)(\d{4,})-(\d\d)-(\d\d)", text)
    assert match, f"{text!r} is no date"
    year = int(match[2]) * (-1 if match[1] == "-" else 1)
    # Python's calendar ends at 9999: 400 years later the same days come again.
    cycles = (year - 2000) // 400
    return datetime.date(year - cycles * 400, int(match[3]), int(match[4])).toordinal() - _EPOCH + cycles * 146_097


def _units(text, digits):
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)\.(\d+)", text)
    assert match and len(match[4]) == digits, f"{text!r} is no time with {digits} digits"
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
    return seconds * 10**digits + int(match[4])


def date_text(days):
    cycles = (days + _EPOCH - 730_120) // 146_097
    date = datetime.date.fromordinal(days + _EPOCH - cycles * 146_097)
    year = date.year + cycles * 400
    sign = "+" if year > 9999 else "-" if year < 0 else ""
    return f"{sign}{abs(year):04d}-{date.month:02d}-{date.day:02d}"


def _time_text(units, digits):
    seconds, fraction = divmod(units, 10**digits)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:0{digits}d}"


def timestamp_parts(kind):
    """(digits of the fraction, has a zone) of a timestamp type, or None."""
    return {
        "timestamp": (6, False), "timestamptz": (6, True), "timestamp_ns": (9, False), "timestamptz_ns": (9, True),
    }.get(kind) if isinstance(kind, str) else None


def parse(kind, value):
    """The canonical form of a value as `--rows` prints it; the form of the JSON is checked, too."""
    if value is None:
        return None
    if _is(kind, "struct"):
        inside = fields_inside(kind)
        assert list(value) == [name for name, *_ in inside], f"members {list(value)} of {kind}"
        return tuple(parse(inner, value[name]) for name, inner, _ in inside)
    if _is(kind, "list"):
        return [parse(kind["element"], item) for item in value]
    if _is(kind, "map"):
        assert all(set(entry) == {"key", "value"} for entry in value), value
        return [(parse(kind["key"], entry["key"]), parse(kind["value"], entry["value"])) for entry in value]
    if kind in ("boolean", "string"):
        assert isinstance(value, bool if kind == "boolean" else str), (kind, value)
        return value
    if kind in ("float", "double"):
        if isinstance(value, str):
            assert value in ("NaN", "Infinity", "-Infinity"), value
        return float_canonical(float(value), kind == "double")
    if kind == "int":
        assert type(value) is int, value
        return value
    assert isinstance(value, str), (kind, value)
    if kind == "long":
        return int(value)
    if parts := decimal_parts(kind):
        return unscaled(decimal.Decimal(value), parts[1])
    if kind == "date":
        return _days(value)
    if kind == "time":
        return _units(value, 6)
    if parts := timestamp_parts(kind):
        digits, has_zone = parts
        assert value.endswith("+00:00") == has_zone, (kind, value)
        date, time = value.removesuffix("+00:00").split("T")
        return _days(date) * 86_400 * 10**digits + _units(time, digits)
    if kind == "uuid":
        return uuid.UUID(value).bytes
    return base64.b64decode(value, validate=True)


def write(kind, value):
    """The other way round: what `--rows` would print."""
    if value is None or kind in ("boolean", "string", "int"):
        return value
    if _is(kind, "struct"):
        return {name: write(inner, part) for (name, inner, _), part in zip(fields_inside(kind), value)}
    if _is(kind, "list"):
        return [write(kind["element"], item) for item in value]
    if _is(kind, "map"):
        return [{"key": write(kind["key"], key), "value": write(kind["value"], item)} for key, item in value]
    if kind in ("float", "double"):
        number = float_value(value, kind == "double")
        if number != number:
            return NAN
        return number if abs(number) != float("inf") else ("Infinity" if number > 0 else "-Infinity")
    if kind == "long":
        return str(value)
    if parts := decimal_parts(kind):
        return decimal_text(value, parts[1])
    if kind == "date":
        return date_text(value)
    if kind == "time":
        return _time_text(value, 6)
    if parts := timestamp_parts(kind):
        digits, has_zone = parts
        days, rest = divmod(value, 86_400 * 10**digits)
        return f"{date_text(days)}T{_time_text(rest, digits)}{'+00:00' if has_zone else ''}"
    if kind == "uuid":
        return str(uuid.UUID(bytes=value))
    return base64.b64encode(value).decode()


def decimal_text(value, scale):
    digits = f"{abs(value):0{scale + 1}d}"
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"-{text}" if value < 0 else text


def unscaled(value, scale):
    sign, digits, exponent = value.as_tuple()
    number = int("".join(map(str, digits)))
    shift = exponent + scale
    assert shift >= 0 or number % 10**-shift == 0, (value, scale)
    number = number * 10**shift if shift >= 0 else number // 10**-shift
    return -number if sign else number


def arrow_type(kind):
    """The Arrow type in which an Iceberg type is written."""
    if isinstance(kind, dict):
        inside = [arrow_field(*field) for field in _fields_with_ids(kind)]
        if kind["type"] == "struct":
            return pa.struct(inside)
        return pa.list_(inside[0]) if kind["type"] == "list" else pa.map_(inside[0], inside[1])
    if parts := decimal_parts(kind):
        return pa.decimal128(*parts)
    if (length := fixed_length(kind)) is not None:
        return pa.binary(length)
    return {
        "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
        "date": pa.date32(), "time": pa.time64("us"), "timestamp": pa.timestamp("us"), "string": pa.string(),
        "timestamptz": pa.timestamp("us", "UTC"), "timestamp_ns": pa.timestamp("ns"), "binary": pa.binary(),
        "timestamptz_ns": pa.timestamp("ns", "UTC"), "uuid": pa.uuid(),
    }[kind]


def _fields_with_ids(kind):
    ids = {
        "struct": lambda: [field["id"] for field in kind["fields"]], "list": lambda: [kind["element-id"]],
        "map": lambda: [kind["key-id"], kind["value-id"]],
    }[kind["type"]]()
    return [(name, inner, required, number) for (name, inner, required), number in zip(fields_inside(kind), ids)]


def arrow_field(name, kind, required, number):
    return pa.field(name, arrow_type(kind), nullable=not required, metadata={"PARQUET:field_id": str(number)})


def arrow_schema(schema):
    return pa.schema([arrow_field(*field) for field in _fields_with_ids(schema)])


def to_arrow(schema, rows):
    """A table of canonical rows."""
    arrow = arrow_schema(schema)
    columns = [
        _to_array(field["type"], [row[index] for row in rows], arrow.field(index).type)
        for index, field in enumerate(schema["fields"])
    ]
    return pa.Table.from_arrays(columns, schema=arrow)


def _to_array(kind, values, arrow):
    """An Arrow column of canonical values; by hand, as pyarrow makes no uuids inside of lists."""
    missing = pa.array([value is None for value in values], pa.bool_())
    inside = fields_inside(kind)
    if _is(kind, "struct"):
        parts = [
            _to_array(inner, [_part(value, index, inner, required) for value in values], arrow.field(index).type)
            for index, (_, inner, required) in enumerate(inside)
        ]
        return pa.StructArray.from_arrays(parts, fields=list(arrow), mask=missing)
    if inside:
        items = [item for value in values for item in value or []]
        offsets = [0]
        for value in values:
            offsets.append(offsets[-1] + len(value or []))
        offsets = pa.array(offsets, pa.int32())
        if _is(kind, "list"):
            return pa.ListArray.from_arrays(offsets, _to_array(inside[0][1], items, arrow.value_type), arrow, mask=missing)
        keys = _to_array(inside[0][1], [key for key, _ in items], arrow.key_type)
        parts = _to_array(inside[1][1], [item for _, item in items], arrow.item_type)
        return pa.MapArray.from_arrays(offsets, keys, parts, arrow, mask=missing)
    if isinstance(arrow, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(arrow, pa.array(values, arrow.storage_type))
    return pa.array([_python(kind, value) for value in values], arrow)


def _part(value, index, kind, required):
    """A part of a struct; of one that is NULL anything will do, if only it is there where it has to be."""
    if value is not None:
        return value[index]
    return _filler(kind) if required else None


def _filler(kind):
    if isinstance(kind, dict):
        return tuple(_filler(inner) for _, inner, _ in fields_inside(kind)) if kind["type"] == "struct" else []
    if kind in ("string", "boolean"):
        return "" if kind == "string" else False
    if kind == "binary":
        return b""
    length = 16 if kind == "uuid" else fixed_length(kind)
    return 0 if length is None else bytes(length)


def _python(kind, value):
    """What pyarrow makes the same value of."""
    if value is None:
        return None
    if kind in ("float", "double"):
        return float_value(value, kind == "double")
    if parts := decimal_parts(kind):
        return decimal.Decimal(decimal_text(value, parts[1]))
    return value


def from_arrow(kind, array):
    """The canonical values of an Arrow column, whatever width its texts, lists and units of time have."""
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in from_arrow(kind, chunk)]
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if kinds.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is(kind, "struct"):
        parts = [from_arrow(inner, part) for (_, inner, _), part in zip(fields_inside(kind), array.flatten())]
        rows = zip(*parts) if parts else [()] * len(array)
        return [row if valid else None for row, valid in zip(rows, array.is_valid().to_pylist())]
    if _is(kind, "list"):
        return _grouped(array, from_arrow(kind["element"], array.values))
    if _is(kind, "map"):
        # Engines without maps make lists of structs of them.
        keys, items = (array.keys, array.items) if kinds.is_map(array.type) else array.values.flatten()
        return _grouped(array, list(zip(from_arrow(kind["key"], keys), from_arrow(kind["value"], items))))
    return _leaves(kind, array)


def _grouped(array, items):
    """Items in the lists that an array makes of them."""
    offsets = array.offsets.to_pylist()
    return [
        items[start:end] if valid else None
        for start, end, valid in zip(offsets, offsets[1:], array.is_valid().to_pylist())
    ]


def _leaves(kind, array):
    if kinds.is_null(array.type):
        return [None] * len(array)
    if parts := decimal_parts(kind):
        if kinds.is_integer(array.type):
            return [None if value is None else value * 10**parts[1] for value in array.to_pylist()]
        return [None if value is None else unscaled(value, parts[1]) for value in array.to_pylist()]
    if kind == "date":
        return array.cast(pa.int32()).to_pylist()
    if kind == "time":
        return array.cast(pa.time64("us"), safe=False).cast(pa.int64()).to_pylist()
    if parts := timestamp_parts(kind):
        if kinds.is_integer(array.type):
            return array.to_pylist()
        return array.cast(pa.timestamp("us" if parts[0] == 6 else "ns", array.type.tz)).cast(pa.int64()).to_pylist()
    if kind in ("float", "double"):
        return [None if value is None else float_canonical(value, kind == "double") for value in array.to_pylist()]
    if kind == "uuid" and (kinds.is_string(array.type) or kinds.is_large_string(array.type)):
        return [None if value is None else uuid.UUID(value).bytes for value in array.to_pylist()]
    return array.to_pylist()


def rows_from_arrow(schema, table):
    """Canonical rows of a table, its columns in the schema's order."""
    columns = [from_arrow(field["type"], table.column(field["name"])) for field in schema["fields"]]
    return list(zip(*columns)) if columns else [()] * table.num_rows


def first_difference(schema, expected, found):
    """A sentence about the first row and column in which two lists of canonical rows differ; None when they are equal."""
    if len(expected) != len(found):
        return f"{len(expected)} rows were expected, there are {len(found)}"
    for number, (left, right) in enumerate(zip(expected, found)):
        for field, one, other in zip(schema["fields"], left, right):
            if one != other:
                return f"row {number}, column {field['name']} ({field['type']}): expected {one!r:.300}, found {other!r:.300}"
    return None


HUNDRED_MEGABYTES = 100_000_000
LENGTH = HUNDRED_MEGABYTES if FULL else 5_000_000


def long_rows(length=LENGTH):
    """A schema, and rows with values of no bytes and of `length` bytes."""
    schema = {"type": "struct", "schema-id": 0, "fields": [
        {"id": 1, "name": "number", "type": "long", "required": True}, {"id": 2, "name": "s", "type": "string", "required": False},
        {"id": 3, "name": "b", "type": "binary", "required": False},
    ]}
    long_text, long_bytes = "é" * (length // 2 - 1) + "!", bytes(range(256)) * (length // 256)
    return schema, [(0, "", b""), (1, long_text, b"x"), (2, None, None), (3, "y", long_bytes), (4, "", b"")]
