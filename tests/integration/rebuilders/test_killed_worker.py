# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that ends in mid-build, politely or not, leaves nothing and loses no job."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rebuilders.debian.identities import find_identities
from snapshot.verdict import Status
from tests.rebuilders.looking_around import mounts_below, sleepers, unique_seconds, wake
from tests.rebuilders.rebuilding import Rebuilding

pytestmark = pytest.mark.xdist_group("rebuilds")

TOP = Path(__file__).resolve().parents[3]


@contextmanager
def worker(rebuilding: Rebuilding, name: str) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-m", "tests.rebuilders.worker_process", rebuilding.server.url]
    argv += [str(rebuilding.folder / name), str(rebuilding.trees)]
    process = subprocess.Popen(argv, cwd=TOP, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def test_a_killed_worker_leaves_no_process_no_mount_and_the_next_one_does_the_job(
    rebuilding: Rebuilding,
) -> None:
    rebuilding.report("true")  # the layer is made
    rebuilding.server.reports.clear()
    pause = unique_seconds()
    rebuilding.add_small(f"sleep {pause} & sleep {pause}; true", name="slow")
    assignment = rebuilding.server.queue[-1]
    with worker(rebuilding, "first") as first:
        wait_for(lambda: sleepers(pause) != [])
        inside = sleepers(pause)
        assert all(Path(f"/proc/{pid}").stat().st_uid != 0 for pid in inside)
        first.send_signal(signal.SIGKILL)
        first.wait()
        wait_for(lambda: sleepers(pause) == [])
    assert mounts_below(rebuilding.trees) == []
    work = rebuilding.trees / find_identities().mode / "work"
    assert len(list(work.iterdir())) == 1, "what a killed worker left waits for the next start"

    rebuilding.server.queue.append(assignment)
    with worker(rebuilding, "second") as second:
        wait_for(lambda: sleepers(pause) != [])
        assert len(list(work.iterdir())) == 1, "the old tree is swept, the new one is there"
        wake(pause)  # the build goes on
        wait_for(lambda: rebuilding.server.reports != [])
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=20) == 0
    assert rebuilding.server.report.queue_id == assignment.job.id
    assert rebuilding.server.report.status is Status.BAD
    wait_for(lambda: list(work.iterdir()) == [])


def test_one_sigterm_finishes_the_job_a_second_one_ends_it(rebuilding: Rebuilding) -> None:
    pause = unique_seconds()
    rebuilding.add_small(f"sleep {pause}; true", name="first")
    rebuilding.add_small(f"sleep {pause}; true", name="second")
    rebuilding.add_small("true", name="third")
    with worker(rebuilding, "polite") as process:
        wait_for(lambda: sleepers(pause) != [])
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None
        wake(pause)
        assert process.wait(timeout=20) == 0
    assert len(rebuilding.server.reports) == 1
    assert len(rebuilding.server.queue) == 2
    with worker(rebuilding, "hurried") as process:
        wait_for(lambda: sleepers(pause) != [])
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert sleepers(pause) == []
    assert len(rebuilding.server.reports) == 1, "an interrupted job is not reported"
    assert len(rebuilding.server.queue) == 1


def test_the_restart_file_ends_the_worker_after_the_job(rebuilding: Rebuilding) -> None:
    rebuilding.add_small("true", name="first")
    rebuilding.add_small("true", name="second")
    state = rebuilding.folder / "restart/state"
    state.mkdir(parents=True)
    (state / "rebuilderd.restart").touch()
    with worker(rebuilding, "restart") as process:
        assert process.wait(timeout=60) == 0
    assert len(rebuilding.server.reports) == 1
    assert not (state / "rebuilderd.restart").exists()


def test_two_workers_share_trees_without_disturbing_each_other(rebuilding: Rebuilding) -> None:
    for number in range(4):
        rebuilding.add_small("sleep 0.5", name=f"p{number}")
    with worker(rebuilding, "one"), worker(rebuilding, "two"):
        wait_for(lambda: len(rebuilding.server.reports) == 4)
    assert {report.status for report in rebuilding.server.reports} == {Status.BAD}
    assert len(rebuilding.server.workers) == 2


def wait_for(done: object, seconds: float = 90.0) -> None:
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
