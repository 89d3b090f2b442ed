# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time; the second one is told who is at it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mirror.lock import collection_lock, exclusive, holder, storing
from snapshot.errors import Busy

TOP = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from mirror.lock import exclusive
with exclusive(Path(sys.argv[1]), "sync of debian", now=1783764997.0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.programs
def test_the_second_one_is_told_which_process_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "debian.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(Busy, match=f"process {holder.pid}, since 20260711T101637Z"),
            exclusive(lock, "sync of debian", now=0),
        ):
            pass
        holder.kill()
    with exclusive(lock, "sync of debian", now=0):
        pass


def test_two_threads_are_two_as_well(tmp_path: Path) -> None:
    with exclusive(tmp_path / "x", "sync", now=0):
        refused: list[Busy] = []

        def other() -> None:
            try:
                with exclusive(tmp_path / "x", "sync", now=0):
                    pass
            except Busy as error:
                refused.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert str(os.getpid()) in refused[0].message


def test_who_waits_gets_it_afterwards(tmp_path: Path) -> None:
    order: list[str] = []

    def other() -> None:
        with exclusive(tmp_path / "x", "pull", now=0, wait=True):
            order.append("second")

    with exclusive(tmp_path / "x", "pull", now=0):
        thread = threading.Thread(target=other)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_several_rely_on_stored_bytes_and_nobody_collects_them_then(tmp_path: Path) -> None:
    lock = collection_lock(tmp_path)
    with storing(tmp_path, "one"), storing(tmp_path, "two"):
        with (
            pytest.raises(Busy, match="gc: a sync is running: it has just begun"),
            exclusive(lock, "gc", now=0, others="a sync"),
        ):
            pass
        assert holder(lock) is None
    with exclusive(lock, "gc", now=0):
        pass


def test_who_holds_a_lock_is_told_without_taking_it(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    assert holder(lock) is None
    with exclusive(lock, "sync", now=1783764997.0):
        assert holder(lock) == f"process {os.getpid()}, since 20260711T101637Z"
    assert holder(lock) is None
