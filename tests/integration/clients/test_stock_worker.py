# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuilderd's own worker and client, of Debian's newest release, against our server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.client import ServerClient
from ops.data_directory import DataDirectory, read_secret
from tests.integration.cached_chroot import Chroot
from tests.integration.clients.conftest import Service

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="the chroot needs root"),
]

# rebuilderd's backend contract: what is found in REBUILDERD_OUTDIR is compared with the originals,
# which lie beside the input. This one "rebuilds" by copying: the wire is what is tested here.
BACKEND = """#!/bin/sh
echo "building $1"
cp "$(dirname "$1")"/*.deb "$REBUILDERD_OUTDIR"/
"""
START = "mkdir /w && cd /w && exec rebuilderd-worker -n stock -c /exchange/worker.conf connect"


def until(condition: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(0.2)


def test_the_stock_worker_builds_a_job_to_good(
    service: Service, sid: Chroot, tmp_path: Path
) -> None:
    data = DataDirectory(service.data)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    (exchange / "backend").write_text(BACKEND)
    (exchange / "backend").chmod(0o755)
    (exchange / "worker.conf").write_text(
        f'endpoint = "{service.url}"\nsignup_secret = "{read_secret(data.signup_secret)}"\n'
        'supported_architectures = ["amd64", "all"]\n'
        '[backend."debian"]\npath = "/exchange/backend"\n'
    )
    (exchange / "cookie").write_text(read_secret(data.auth_cookie))
    (exchange / "rebuilderd.conf").write_text(f'[http]\nendpoint = "{service.url}"\n')

    def rebuildctl(name: str, *arguments: str) -> str:
        command = 'cp /exchange/rebuilderd.conf /etc/rebuilderd.conf && exec rebuildctl "$@"'
        done = sid.run(
            ["sh", "-c", command, "sh", *arguments], work=tmp_path / name, exchange=exchange
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    client = ServerClient(service.url, cookie=read_secret(data.auth_cookie))
    case = next(case for case in service.fixture.cases if case.record)
    record = service.fixture.record(case)
    (posted,) = client.post_record(record.read_bytes(), name=record.name)
    assert case.package in rebuildctl("queue", "queue", "ls")

    log = (tmp_path / "worker.log").open("w+b")
    worker = subprocess.Popen(
        sid.command(
            ["sh", "-c", START],
            work=tmp_path / "work",
            exchange=exchange,
        ),
        stdout=log,
        stderr=log,
    )
    try:
        until(
            lambda: any(
                one["job"] == posted.job for one in client.target(posted.target)["attempts"]
            ),
            120,
            lambda: (tmp_path / "worker.log").read_text(errors="replace")[-3000:],
        )
    finally:
        worker.kill()
        worker.wait()
        log.close()
    (attempt,) = client.target(posted.target)["attempts"]
    assert attempt["status"] == "GOOD", attempt
    assert [artifact["attestation"] is not None for artifact in attempt["artifacts"]]

    assert re.search(r"(?i)good", rebuildctl("ls", "pkgs", "ls", "--name", case.package))
    listed = json.loads(rebuildctl("json", "pkgs", "ls", "--json", "--name", case.package))
    assert listed
    assert "building" in rebuildctl("log", "pkgs", "log", "--name", case.package)
    assert b"stock" in service_workers(service)


def service_workers(service: Service) -> bytes:
    done = subprocess.run(
        ["curl", "-sf", f"{service.url}/api/v1/workers"], capture_output=True, check=True
    )
    return done.stdout
