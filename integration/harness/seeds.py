"""Seeds that are new in each run, printed with a failure, and given again by FRAZIL_TEST_SEED."""

import os
import time


def new_seed(what):
    """A seed for what the words say; pytest shows the line when the test fails."""
    seed = int(os.environ.get("FRAZIL_TEST_SEED") or time.time_ns() % 1_000_000)
    print(f"{what}: FRAZIL_TEST_SEED={seed}")
    return seed
