# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import Interrupted, RebuildFailure
from rebuilders.measure_phases import Phases
from rebuilders.script import ScriptRebuilder, argument_list
from rebuilders.server_connection import ServerConnection
from rebuilders.task import Bench, LeftBehind, Task
from snapshot.digest import Digest
from snapshot.verdict import Reason
from tests.rebuilders.stand_in_server import StandIn


def task(tmp_path: Path, timeout: float = 20.0) -> Task:
    server = StandIn(url="http://127.0.0.1:1")
    server.add_job("in.buildinfo", b"record", {"out.deb": b"x"}, backend="script")
    path = tmp_path / "in.buildinfo"
    path.write_bytes(b"record")
    extension = server.queue[0].extension
    assert extension
    return Task(
        server.queue[0],
        "script",
        path,
        path.name,
        Digest.of(b"record"),
        extension.expect,
        timeout,
    )


def run(tmp_path: Path, text: str, *, timeout: float = 20.0, stop: bool = False) -> LeftBehind:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    with BoundedLog(tmp_path / "log") as log, ExitStack() as using:
        bench = Bench(
            server=ServerConnection("http://127.0.0.1:1", {}),
            cache=DownloadCache(tmp_path / "cache"),
            folder=tmp_path,
            log=log,
            phases=Phases(time.monotonic),
            using=using,
            stop=lambda: stop,
        )
        return ScriptRebuilder("script", program).attempt(task(tmp_path, timeout), "script", bench)


@pytest.mark.programs
def test_what_lies_in_the_output_directory_under_the_expected_name_counts(tmp_path: Path) -> None:
    left = run(tmp_path, 'cp "$1" "$REBUILDERD_OUTDIR/out.deb"; touch "$REBUILDERD_OUTDIR/extra"')
    assert left.reason is None
    assert {n: p.read_bytes() for n, p in left.files.items()} == {"out.deb": b"record"}


@pytest.mark.programs
def test_an_error_with_a_result_is_a_result_and_without_one_a_failure(tmp_path: Path) -> None:
    with_result = tmp_path / "one"
    with_result.mkdir()
    assert run(with_result, 'touch "$REBUILDERD_OUTDIR/out.deb"; exit 3').reason is None
    without = tmp_path / "two"
    without.mkdir()
    left = run(without, "echo 'make: *** [all] Error 1'; exit 2")
    assert left.reason is Reason.BUILD_FAILED
    assert "Error 1" in (without / "log").read_text()


@pytest.mark.programs
def test_a_program_beyond_its_time_is_ended(tmp_path: Path) -> None:
    left = run(tmp_path, "sleep 60", timeout=0.2)
    assert left.reason is Reason.BUILD_TIMEOUT


@pytest.mark.programs
def test_a_worker_that_ends_takes_the_program_along(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, "sleep 60", stop=True)


def test_the_arguments_are_the_program_and_the_input(tmp_path: Path) -> None:
    job = task(tmp_path)
    assert argument_list(Path("/p"), job) == ["/p", str(job.input_path)]


def test_a_job_without_originals_and_a_missing_program_are_refused(tmp_path: Path) -> None:
    tool = ScriptRebuilder("script", tmp_path / "absent")
    assert tool.needs() == (str(tmp_path / "absent"),)
    assert tool.backends == ("script",)
    with pytest.raises(RebuildFailure):
        tool.accepts(replace(task(tmp_path), expect=()))
    assert tool.strategies(task(tmp_path)) == ("script",)
