"""Wall time, CPU seconds and peak memory of one command."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02


@dataclass
class Cost:
    """What one run of a command took; the CPU time is user and system of the command alone, not of the server."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def measure(command, **options):
    """Runs a command to its successful end. Peak memory is read from the kernel every `POLL_SECONDS`,
    because the figure of `wait4` would begin with the memory of this process."""
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, **options)
    peak_kb = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        peak_kb = max(peak_kb, _peak_memory_kb(process.pid))
        time.sleep(POLL_SECONDS)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode} of {' '.join(map(str, command))}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak_kb / 1024)


def _peak_memory_kb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
