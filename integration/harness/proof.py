"""How much a proof tries: little in each run, all of it with FRAZIL_PROOF=full."""

import os

from .seeds import new_seed

FULL = os.environ.get("FRAZIL_PROOF") == "full"


def seeds(few, many):
    """The first of some seeds that follow one another is new in each run."""
    count = many if FULL else few
    first = new_seed(f"the first of {count} seeds")
    return range(first, first + count)
