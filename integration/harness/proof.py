"""How much a proof tries: little in each run, all of it with FRAZIL_PROOF=full."""

import os
import time

FULL = os.environ.get("FRAZIL_PROOF") == "full"


def seeds(few, many):
    """Seeds that are new in each run and printed; FRAZIL_TEST_SEED begins with one again."""
    first = int(os.environ.get("FRAZIL_TEST_SEED") or time.time_ns() % 1_000_000)
    count = many if FULL else few
    print(f"{count} seeds from FRAZIL_TEST_SEED={first} on")
    return range(first, first + count)
