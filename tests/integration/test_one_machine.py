# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild up`, `rebuild` and `campaign` as separate real processes on one machine.

The machine is a directory whose apt sources point at loopback: nothing here asks a real mirror.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops.data_directory import DataDirectory
from ops.read_settings import read_settings
from rebuilders.worker_config import memory_with_room
from tests.ops.conftest import Upstream

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

PROGRAM = (sys.executable, "-P", "-m", "ops")


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def get_json(url: str) -> Any:
    return json.loads(get(url))


def until(condition: Callable[[], bool], why: Callable[[], str]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if condition():
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


def logs(data: Path) -> str:
    return "\n".join(f"== {p.name}\n{p.read_text()[-2000:]}" for p in (data / "log").glob("*.log"))


@contextmanager
def up(data: Path, *arguments: str) -> Iterator[tuple[str, list[str], subprocess.Popen[str]]]:
    """`dejabuild up`, until the block ends; gives its address and what it said before."""
    process = subprocess.Popen(
        [*PROGRAM, "up", "--data", str(data), "--listen", "127.0.0.1:0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DEJABUILD_CONFIG": ""},
    )
    said: list[str] = []
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            found = re.match(r"serving (http://\S+) from", line)
            if found:
                break
            said.append(line.rstrip())
        else:
            pytest.fail(f"it ended: {said}")
        try:
            yield found[1], said, process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def processes_of(data: Path) -> dict[int, str]:
    """Every process that was told of a data directory."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(data) in command:
            found[int(entry.parent.name)] = command
    return found


def test_up_with_no_configuration_takes_the_machines_own_archives(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)
    deb = next(one for one in small_upstream.world.debs if one.architecture == "amd64")
    with up(data, "--apt-root", str(root)) as (url, said, _):
        assert any(line.startswith("archive debian: apt's own") for line in said), said
        # A run is recorded now, so every lookup works at once.
        until(lambda: bool(get_json(f"{url}/mr/timestamp/")["result"]), lambda: logs(data))
        names = {one["package"] for one in get_json(f"{url}/mr/package/")["result"]}
        assert {source.name for source in small_upstream.world.sources} <= names
        # A package file is fetched when it is first asked for, and only then.
        asked = f"/debian/{deb.path}"
        assert small_upstream.server.count(asked) == 0
        body = get(f"{url}/file/{hashlib.sha256(deb.data).hexdigest()}")
        assert body == deb.data
        assert small_upstream.server.count(asked) == 1
        until(lambda: len(get_json(f"{url}/api/v1/workers")["records"]) == 1, lambda: logs(data))
        parts = processes_of(data)
        for part in ("ops serve", "ops schedule", "ops mirror watch", "ops worker"):
            assert any(part in command for command in parts.values()), (part, parts)
    until(lambda: processes_of(data) == {}, lambda: str(processes_of(data)))
    assert str(data) not in Path("/proc/self/mounts").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="the worker is hidden from the server as root")
def test_the_local_worker_sees_neither_keys_nor_databases(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)

    def workers() -> list[int]:
        return [pid for pid, command in processes_of(data).items() if "ops worker" in command]

    with up(data, "--apt-root", str(root)) as (url, _, _process):
        until(lambda: len(get_json(f"{url}/api/v1/workers")["records"]) == 1, lambda: logs(data))
        assert (data / "keys/good.key").exists()
        assert workers()
        for pid in workers():
            seen = Path(f"/proc/{pid}/root{data}")
            assert [entry.name for entry in seen.iterdir()] == ["worker"]
            environ = Path(f"/proc/{pid}/environ").read_bytes().decode()
            assert "DEJABUILD" not in environ


def test_up_without_apt_serves_nothing_and_says_how_to_add_an_archive(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with up(tmp_path / "data", "--apt-root", str(tmp_path / "bare"), "--no-worker") as (
        url,
        said,
        _,
    ):
        assert "no archive: add one to a settings file" in "\n".join(said)
        until(
            lambda: get_json(f"{url}/mr/package/")["result"] == [], lambda: logs(tmp_path / "data")
        )


def test_everything_ends_with_a_killed_up(small_upstream: Upstream, tmp_path: Path) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)
    process = subprocess.Popen(
        [*PROGRAM, "up", "--data", data, "--listen", "127.0.0.1:0", "--apt-root", root],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "DEJABUILD_CONFIG": ""},
    )
    until((data / "run/address").exists, lambda: logs(data))
    process.kill()
    process.wait()
    until(lambda: processes_of(data) == {}, lambda: str(processes_of(data)))


def record(upstream: Upstream) -> str:
    deb = next(one for one in upstream.world.debs if one.architecture == "amd64")
    digest = hashlib.sha256(deb.data).hexdigest()
    return (
        f"Format: 1.0\nSource: {deb.name}\nBinary: {deb.name}\nArchitecture: amd64\n"
        f"Version: {deb.version}\nChecksums-Sha256:\n"
        f" {digest} {len(deb.data)} {deb.path.rpartition('/')[2]}\n"
        "Build-Architecture: amd64\nBuild-Date: Sun, 01 Nov 2026 00:00:00 +0000\n"
        f"Build-Path: /build/x\nInstalled-Build-Depends:\n {deb.name} (= 9-never)\n"
    )


def run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEJABUILD_CONFIG": "", **environ},
    )


def test_rebuild_starts_a_server_prints_the_verdict_and_leaves_nothing(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)
    file = tmp_path / "x.buildinfo"
    file.write_text(record(small_upstream))
    done = run("rebuild", file, "--data", data, "--apt-root", root)
    assert done.returncode == 4, done.stdout + done.stderr + logs(data)
    assert "(source-missing)" in done.stdout, done.stdout
    assert processes_of(data) == {}
    assert_no_trees(data)


def assert_no_trees(data: Path) -> None:
    """The worker's trees were in memory, if there is any, and are gone."""
    placed = read_settings(data / "worker/config.toml").worker.trees
    if placed is None:
        assert memory_with_room() is None
    else:
        assert not placed.exists()


def test_a_rebuild_that_is_stopped_leaves_nothing(small_upstream: Upstream, tmp_path: Path) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)
    file = tmp_path / "x.buildinfo"
    file.write_text(record(small_upstream))
    words = [*PROGRAM, "rebuild", file, "--data", data, "--apt-root", root]
    command = [str(word) for word in words]
    with subprocess.Popen(command, env={**os.environ, "DEJABUILD_CONFIG": ""}) as process:
        until((data / "worker/config.toml").exists, lambda: logs(data))
        process.terminate()
    until(lambda: processes_of(data) == {}, lambda: str(processes_of(data)))
    assert_no_trees(data)


def test_trees_that_the_operator_placed_stay(small_upstream: Upstream, tmp_path: Path) -> None:
    config, file = tmp_path / "config.toml", tmp_path / "x.buildinfo"
    config.write_text(f'[worker]\ntrees = "{tmp_path}/trees"\n')
    file.write_text(record(small_upstream))
    root = small_upstream.apt_root(tmp_path)
    done = run("rebuild", file, "--config", config, "--data", tmp_path / "data", "--apt-root", root)
    assert done.returncode == 4, done.stdout + done.stderr + logs(tmp_path / "data")
    assert any((tmp_path / "trees").glob("*/layers"))


def test_rebuild_and_campaign_use_the_server_that_runs(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    data, root = tmp_path / "data", small_upstream.apt_root(tmp_path)
    file = tmp_path / "x.buildinfo"
    file.write_text(record(small_upstream))
    with up(data, "--apt-root", str(root)) as (url, _, _process):
        until(lambda: bool(get_json(f"{url}/mr/timestamp/")["result"]), lambda: logs(data))
        done = run("rebuild", file, "--data", data)
        assert (done.returncode, url in done.stdout) == (4, True), done.stdout + done.stderr
        refused = run("rebuild", file, "--data", tmp_path / "other", DEJABUILD_SERVER=url)
        assert refused.returncode == 77
        assert "auth-cookie" in refused.stderr
        bad = tmp_path / "bad.buildinfo"
        bad.write_bytes(b"\x00\xffnothing")
        done = run("rebuild", bad, "--data", data)
        assert done.returncode == 65, done.stdout + done.stderr
        assert done.stderr.startswith("dejabuild: bad.buildinfo: ")
        suite = small_upstream.world.codename
        made = run("campaign", "create", "all-of-it", "--archive", "debian", "--suite", suite,
                   "--data", data)  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        assert "jobs queued" in made.stdout
        status = run("campaign", "status", "--data", data)
        assert status.stdout.startswith("all-of-it: "), status.stdout + status.stderr
        one = run("campaign", "status", "all-of-it", "--data", data)
        assert "/campaigns/all-of-it" in one.stdout, one.stdout
        absent = run("campaign", "status", "absent", "--data", data)
        assert absent.returncode == 66, absent.stderr


def test_binding_beyond_loopback_without_a_signup_secret_is_refused(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.make()
    data.signup_secret.write_text("")
    done = run("serve", "--listen", "0.0.0.0:0", "--data", data.root)
    assert done.returncode == 78
    assert done.stderr.startswith("dejabuild: ")
