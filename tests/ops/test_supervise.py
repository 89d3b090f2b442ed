# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from ops.supervise import Part, supervise

pytestmark = pytest.mark.programs

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def shell(name: str, script: str) -> Part:
    return Part(name, ("/bin/sh", "-c", script), ENVIRONMENT)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited 30 s in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Supervised:
    """`supervise` in a thread, with what it announced."""

    def __init__(self, parts: list[Part], logs: Path) -> None:
        self.stop = threading.Event()
        self.announced: list[str] = []
        self._thread = threading.Thread(
            target=supervise,
            args=(parts,),
            kwargs={
                "logs": logs,
                "stop": self.stop,
                "clock": time.monotonic,
                "announce": self.announced.append,
                "round_seconds": 0.02,
            },
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()


def test_parts_run_until_the_stop_and_none_is_left(tmp_path: Path) -> None:
    names = ("one", "two")
    parts = [
        shell(name, f"sleep 1000 & echo $$ $! > {tmp_path}/{name}; sleep 1000") for name in names
    ]
    with Supervised(parts, tmp_path) as running:
        until(lambda: all((tmp_path / n).exists() and (tmp_path / n).read_text() for n in names))
        pids = [int(pid) for n in names for pid in (tmp_path / n).read_text().split()]
        assert all(alive(pid) for pid in pids)
    assert running.announced == []
    # The children of the parts went with them: each part was its own process group.
    until(lambda: not any(alive(pid) for pid in pids))


def test_a_part_that_ends_is_started_again_and_announced(tmp_path: Path) -> None:
    part = shell("flaky", f"echo said; echo x >> {tmp_path}/count; exit 3")
    with Supervised([part], tmp_path) as running:
        until(lambda: (tmp_path / "count").exists() and (tmp_path / "count").stat().st_size >= 4)
    assert "flaky ended with status 3; starting it again in 1 s" in running.announced[0]
    assert (tmp_path / "flaky.log").read_text().startswith("said\n")


def test_parts_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "import threading,time,sys; from pathlib import Path; from ops.supervise import *;"
        f"supervise([Part('p', ('/bin/sh','-c','echo $$ > {tmp_path}/pid; exec sleep 1000'),"
        f" {{'PATH': '/usr/bin:/bin'}})], logs=Path({str(tmp_path)!r}), stop=threading.Event(),"
        " clock=time.monotonic, announce=print)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    pid = int((tmp_path / "pid").read_text())
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    until(lambda: not alive(pid))
