"""Child processes that never outlive us, and the paths of what `integration/setup` installed."""

import atexit
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("FRAZIL_CACHE") or Path.home() / ".cache" / "frazil")

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_live: list["Child"] = []


class Child:
    """One program that we started; it is stopped by its own pid, at the latest when this process ends.

    The kernel sends `death_signal` when this process dies without having had a chance to clean up.
    """

    def __init__(self, command, *, stop_signal=signal.SIGTERM, death_signal=signal.SIGKILL, stdin=subprocess.DEVNULL, **options):
        self.stop_signal = stop_signal
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal)),
            start_new_session=True,
            **options,
        )
        _live.append(self)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.is_running():
            self.process.send_signal(number)

    def wait(self, timeout_seconds):
        return self.process.wait(timeout_seconds)

    def stop(self, timeout_seconds=30):
        """Asks it to end, insists after the timeout, and returns its exit code."""
        if self.is_running():
            self.signal(self.stop_signal)
            try:
                self.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self in _live:
            _live.remove(self)
        return self.process.returncode


@atexit.register
def stop_all():
    for child in reversed(list(_live)):
        child.stop(timeout_seconds=10)


def exit_on_signals():
    """Turns SIGTERM and SIGHUP into an ordinary exit, so that clean-up runs."""

    def leave(number, _frame):
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def free_port():
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_seconds, what, interval_seconds=0.05):
    """Polls until `condition()` is true and returns its value; raises with `what` after the timeout."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_seconds} s for {what}")
        time.sleep(interval_seconds)
