# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild mirror`, stopped by a signal while it waits: a moment later it is gone, all is kept.

SIGKILL, too, costs no byte that had arrived: the next process sends a Range.

The upstream holds back for as long as the test wants, so that nothing but the signal can have
ended the wait.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, World, worlds

SECONDS = 60
LARGE = Deb("large", "1", size=900_000)
KEPT = 500_000


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    made = SmallArchive(throwaway_key)
    first, _, _ = worlds(6)
    made.publish(World((*first.debs, LARGE), first.sources, first.date))
    return made


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, upstream: FaultyUpstream, throwaway_key: ThrowawayKey) -> Path:
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    path = tmp_path / "config.toml"
    path.write_text(
        f'[server]\ndata = "{tmp_path}/data"\n[archive.debian]\nupstreams = ["{upstream.url}"]\n'
        f'suites = ["bookworm"]\nkeyring = "{tmp_path}/keyring.gpg"\n'
    )
    return path


def start(config: Path, *command: str) -> subprocess.Popen[str]:
    program = str(Path(sys.executable).with_name("dejabuild"))
    return subprocess.Popen(
        [program, "mirror", *command, "--config", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=config.parent,
    )


def stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send it; returns the last line on standard error."""
    began = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=SECONDS)
    print(f"{number.name}: ended after {time.monotonic() - began:.2f} s")
    killed = number == signal.SIGKILL
    assert process.returncode == (-number if killed else 128 + number), said
    return "" if killed else said.splitlines()[-1]


def finish(config: Path) -> str:
    with start(config, "sync") as process:
        said, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, errors
    return said


def sizes(directory: Path) -> set[int]:
    """Of its files; one that another process has just renamed is none of them."""
    found = set()
    for one in directory.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            found.add(one.stat().st_size)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sync_in_the_middle_of_a_body_goes_on_from_there(
    config: Path, upstream: FaultyUpstream, number: signal.Signals
) -> None:
    release = threading.Event()
    path = f"/{LARGE.path}"
    upstream.fault(path, faults.wait_for(KEPT, release))
    with start(config, "sync") as process:
        while upstream.sent[path] < KEPT and process.poll() is None:
            release.wait(0.02)
        while KEPT not in sizes(config.parent / "data" / "blobs" / "partial"):
            release.wait(0.02)  # until it lies there
        last = stop(process, number)
    assert not release.is_set()
    release.set()
    if number != signal.SIGKILL:
        assert last == (
            f"dejabuild: stopped by {number.name}; what arrived is kept. To go on: "
            f"dejabuild mirror sync --config {config}"
        )
    assert "run 20260711T101637Z" in finish(config)
    assert [asked for one, asked in upstream.requests if one == path] == ["", f"bytes={KEPT}-"]
    assert upstream.sent[path] == len(LARGE.data)


def test_a_sync_that_waits_for_an_answer(config: Path, upstream: FaultyUpstream) -> None:
    asked, release = threading.Event(), threading.Event()

    def hold(path: str) -> None:
        if "/pool/" in path and not release.is_set():
            asked.set()
            release.wait(SECONDS)

    upstream.before = hold
    with start(config, "sync") as process:
        assert asked.wait(SECONDS)
        stop(process, signal.SIGINT)
    assert not release.is_set()
    release.set()
    finish(config)


def test_a_sync_that_keeps_quiet_because_it_was_asked_to(
    config: Path, upstream: FaultyUpstream
) -> None:
    upstream.fault_every(
        lambda path, _number: faults.status(503, "600") if "/pool/" in path else None
    )
    with start(config, "sync") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "of quiet" in line:
                break
        stop(process, signal.SIGINT)
    hosts = json.loads((config.parent / "data" / "run" / "hosts.json").read_text())
    assert hosts[upstream.url.removeprefix("http://")]["quiet_until"] > 0
    (config.parent / "data" / "run" / "hosts.json").unlink()  # ten minutes are over
    upstream.fault_every(lambda _path, _number: None)
    finish(config)


def test_a_watch_between_two_rounds(config: Path, upstream: FaultyUpstream) -> None:
    with start(config, "watch") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "debian: run" in line:
                break
        last = stop(process, signal.SIGTERM)
    assert "To go on: dejabuild mirror watch" in last
    assert upstream.count("/dists/bookworm/InRelease") == 1


def test_a_first_request_that_is_never_answered(config: Path, upstream: FaultyUpstream) -> None:
    asked, release = threading.Event(), threading.Event()

    def hold(_path: str) -> None:
        asked.set()
        release.wait(SECONDS)

    upstream.before = hold
    with start(config, "sync") as process:
        assert asked.wait(SECONDS)
        stop(process, signal.SIGTERM)
    assert not release.is_set()
    release.set()
