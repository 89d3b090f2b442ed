# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker in an environment of its own: no flask, no SQL, and it still does its job."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.client import ServerClient
from ops.data_directory import DataDirectory, read_secret
from ops.demo.servants import Servants, wait_until
from tests.house import TOP
from tests.ops.conftest import Upstream

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def worker_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment made from requirements/worker.txt and our own wheel."""
    folder = tmp_path_factory.mktemp("worker-only")
    run: list[str | Path] = [
        sys.executable,
        "-P",
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        folder,
    ]
    subprocess.run(run, cwd=TOP, capture_output=True, check=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip: list[str | Path] = [
        folder / "venv/bin/python",
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
    ]
    lock = TOP / "requirements/worker.txt"
    subprocess.run([*pip, "--require-hashes", "--only-binary=:all:", "-r", lock], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    return folder / "venv/bin"


@pytest.fixture
def server(small_upstream: Upstream, tmp_path: Path) -> Iterator[tuple[ServerClient, Path]]:
    config = small_upstream.settings(tmp_path)
    program = [sys.executable, "-P", "-m", "ops"]
    subprocess.run(
        [*program, "mirror", "sync", "--config", config], capture_output=True, check=True
    )
    with Servants(tmp_path / "log") as servants:
        process = servants.start("serve", ["serve", "--config", str(config)])
        address = tmp_path / "data/run/address"
        wait_until(
            address.exists,
            [process],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        data = DataDirectory(tmp_path / "data")
        url = address.read_text("utf-8").strip()
        yield ServerClient(url, cookie=read_secret(data.auth_cookie)), data.signup_secret


def test_the_worker_needs_neither_flask_nor_sql(worker_environment: Path) -> None:
    done = subprocess.run(
        [worker_environment / "python", "-m", "pip", "list", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("==")[0].lower() for line in done.stdout.splitlines()}
    assert "dejabuild" in names
    assert names.isdisjoint({"flask", "sqlalchemy", "alembic", "psycopg", "jinja2", "gunicorn"})


def test_a_worker_alone_takes_a_job_and_reports(
    worker_environment: Path, server: tuple[ServerClient, Path], small_upstream: Upstream,
    tmp_path: Path,
) -> None:  # fmt: skip
    client, secret = server
    deb = next(one for one in small_upstream.world.debs if one.architecture == "amd64")
    digest = hashlib.sha256(deb.data).hexdigest()
    text = (
        f"Format: 1.0\nSource: {deb.name}\nBinary: {deb.name}\nArchitecture: amd64\n"
        f"Version: {deb.version}\nChecksums-Sha256:\n"
        f" {digest} {len(deb.data)} {deb.path.rpartition('/')[2]}\n"
        "Build-Architecture: amd64\nBuild-Date: Sun, 01 Nov 2026 00:00:00 +0000\n"
        f"Build-Path: /build/x\nInstalled-Build-Depends:\n {deb.name} (= {deb.version})\n"
    )
    (posted,) = client.post_record(text.encode(), name="x.buildinfo")
    done = subprocess.run(
        [worker_environment / "dejabuild", "worker", "--drain", "--server", client.base_url,
         "--directory", tmp_path / "worker", "--signup-secret", secret],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 jobs done" in done.stderr
    (attempt,) = client.target(posted.target)["attempts"]
    # Its packages are made up, so nothing can be built; that it said so over HTTP is the point.
    assert attempt["status"] == "FAIL"
    assert attempt["reason"] == "source-missing"
