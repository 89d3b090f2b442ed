# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command costs, and how two costs are printed side by side."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of one command with all it started.

    Attributes:
        wall: Seconds.
        cpu: Seconds of user and system time.
        peak: Most bytes it had in memory at once.
    """

    wall: float
    cpu: float
    peak: int


def measure(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its good end; what it says goes to a file."""
    os.sync()  # nobody pays for what another one left to be written
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**_environment(), **(environment or {})},
        )
        peaks = [0]
        looking = threading.Thread(target=_watch, args=(process.pid, peaks))
        looking.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        looking.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text("utf-8", errors="replace")[-2000:]
        raise AssertionError(f"{command[0]} ended with {process.returncode}: {said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peaks[0])


def _environment() -> dict[str, str]:
    """This process's; Python may keep what it compiled, as it does where it is installed."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _watch(pid: int, peaks: list[int]) -> None:
    """Note the peak of a process; its `ru_maxrss` would begin with that of who forked it."""
    status = Path(f"/proc/{pid}/status")
    while True:
        try:
            found = re.search(r"VmHWM:\s+(\d+)", status.read_text("ascii", errors="replace"))
        except OSError:
            return
        if found is None:
            return  # it has ended
        peaks[0] = int(found[1]) * 1024
        time.sleep(0.02)


def median(costs: Sequence[Cost]) -> Cost:
    """The middle of each figure; of the peaks the largest."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.peak for cost in costs),
    )


def interleaved(rounds: int, works: Mapping[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """Do all in turn, some times over, so that a slow minute of the machine meets everybody."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            costs[name].append(work())
    return {name: median(found) for name, found in costs.items()}


def table(title: str, costs: Mapping[str, Cost], ours: str = "dejabuild") -> None:
    """Each one's cost, and ours as a ratio of it."""
    mine = costs[ours]
    print(f"\n{title}", flush=True)
    for name, cost in costs.items():
        ratio = (
            f"ours/this {mine.wall / cost.wall:5.2f} (CPU {mine.cpu / max(cost.cpu, 0.001):5.2f})"
        )
        peak = f"{cost.peak / 2**20:4.0f} MiB"
        print(f"  {name:22} {cost.wall:6.2f} s  CPU {cost.cpu:5.2f} s  {peak}  {ratio}", flush=True)


def verdict(what: str, value: float, limit: float, unit: str = "") -> None:
    """A figure against its limit."""
    word = "holds" if value <= limit else "MISSED"
    print(f"  {word:6} {what}: {value:.2f}{unit} (at most {limit:g}{unit})", flush=True)
