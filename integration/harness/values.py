"""One canonical form for a value, whoever it was read by, so that rows can be compared with `==`.

date is days since 1970-01-01, timestamp and time are microseconds, floats are a `Bits` of their IEEE form
(every NaN is one NaN; -0.0 is not 0.0), uuid is `uuid.UUID`, decimals are `Decimal` with the column's scale.
"""

import struct
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, order=True)
class Bits:
    """A float by its bits, shown as a number."""

    bits: int
    text: str

    def __repr__(self):
        return f"{self.text}"


def float_bits(number):
    if number is None:
        return None
    if number != number:
        return Bits(-1, "NaN")
    return Bits(struct.unpack("<Q", struct.pack("<d", number))[0], repr(number))


def days(text):
    """Days since the epoch of `YYYY-MM-DD`; None when it is no date of the calendar (MySQL's zero dates)."""
    year, month, day = (int(part) for part in text.split("-"))
    try:
        return date(year, month, day).toordinal() - EPOCH_ORDINAL
    except ValueError:
        return None


def clock_microseconds(text):
    hours, minutes, seconds = text.split(":")
    whole, _, fraction = seconds.partition(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 1_000_000 + int(fraction.ljust(6, "0") or 0)


def timestamp_microseconds(text):
    """Microseconds since the epoch of `YYYY-MM-DD HH:MM:SS[.ffffff]`; None for a zero date."""
    day_text, _, clock_text = text.partition(" ")
    day = days(day_text)
    return None if day is None else day * DAY_MICROSECONDS + clock_microseconds(clock_text)


def scaled(number, scale):
    """A Decimal with exactly `scale` digits behind the point, as a decimal(p, scale) column holds it."""
    return Decimal(number).scaleb(scale).to_integral_exact().scaleb(-scale) if number is not None else None
