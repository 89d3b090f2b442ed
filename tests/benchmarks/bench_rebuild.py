# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of a rebuild goes: one real package of the demo, layers cold and warm.

A real server holds what the demo mirrors of this machine's archive; a real worker rebuilds a
record three times: with nothing, with the packages downloaded but no layer, and with the layer.
Printed: seconds by phase, and what a chroot costs as a ratio to `mmdebstrap` making one of the same
packages from the same server's `/environments/<id>/`.

    make bench ARGS="tests/benchmarks/bench_rebuild.py"
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rebuilders.debian.identities import find_identities
from rebuilders.debian.workplace import Workplace
from rebuilders.worker import run_worker
from rebuilders.worker_config import WorkerConfig
from snapshot.verdict import Status
from tests.integration.clients.conftest import Service, real_packages, service

__all__ = ["real_packages", "service"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mmdebstrap makes chroots as root here")


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory for trees, on tmpfs where there is one."""
    shm = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(prefix="dejabuild-bench-", dir=shm if shm.is_dir() else None))
    yield path
    Workplace(path, path, find_identities()).remove(path)
    shutil.rmtree(path, ignore_errors=True)


def ask(service: Service, path: str, body: bytes | None = None) -> Any:
    """JSON of the server, asked as its administrator."""
    head = {
        "Content-Type": "text/plain",
        "X-Auth-Cookie": (service.data / "auth-cookie").read_text().strip(),
    }
    request = urllib.request.Request(service.url + path, body, head)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def rebuild(service: Service, record: bytes, folder: Path, trees: Path) -> dict[str, float]:
    """Queue it, and let a worker do it; its phases, and the whole."""
    target = ask(service, "/api/dejabuild/v1/rebuilds", record)["target"]
    config = WorkerConfig(
        server=service.url,
        state=folder / "state",
        name="bench",
        signup_secret=(service.data / "signup-secret").read_text().strip(),
        cache=folder / "cache",
        trees=trees,
        disk=trees,
        idle_delay=0.05,
        drain=True,
        say=lambda _line: None,
    )
    begun = time.perf_counter()
    run_worker(config)
    taken = time.perf_counter() - begun
    state = ask(service, f"/api/dejabuild/v1/targets/{target}")
    assert state["status"] == Status.GOOD.value, state
    newest = max(state["attempts"], key=lambda attempt: attempt["id"])
    return {**newest["phases"], "all": taken}


def mmdebstrap(service: Service, environment: str, root: Path) -> float:
    """Seconds that it takes for a chroot of exactly the environment's packages."""
    keyring = root.with_suffix(".asc")
    with urllib.request.urlopen(f"{service.url}/environments/key.asc") as answer:
        keyring.write_bytes(answer.read())
    with urllib.request.urlopen(f"{service.url}/file/{environment}") as answer:
        lines = answer.read().decode().splitlines()[1:]
    members = ["{0}={2}".format(*line.split()) for line in lines]
    command = ["mmdebstrap", "--mode=root", "--variant=custom", "--format=directory", "--quiet"]
    command += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", f"--keyring={keyring}"]
    command += ['--aptopt=APT::Sandbox::User "root"', f"--include={','.join(members)}"]
    source = f"deb {service.url}/environments/{environment} env main"
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "env", root, source],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(root.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - begun
    assert done.returncode == 0, done.stderr[-2000:]
    return taken


def test_phases_of_a_rebuild(service: Service, memory: Path, tmp_path: Path) -> None:
    case = next(
        case for case in service.fixture.cases if case.record and case.expected is Status.GOOD
    )
    record = service.fixture.record(case).read_bytes()
    runs = {
        "nothing": rebuild(service, record, tmp_path, memory / "first"),
        "no layer": rebuild(service, record, tmp_path, memory / "second"),
        "layer": rebuild(service, record, tmp_path, memory / "second"),
    }
    environment = ask(service, "/mr/buildinfo", record)["environment"]
    peer = mmdebstrap(service, environment, memory / "peer")
    print(f"\n{case.package} {case.version}, seconds by what the worker has at first")
    print(f"  {'':12}" + "".join(f"{name:>10}" for name in runs))
    for phase in dict.fromkeys(phase for phases in runs.values() for phase in phases):
        row = "".join(f"{phases.get(phase, 0.0):10.3f}" for phases in runs.values())
        print(f"  {phase:12}{row}")
    # "environment" holds "fetch": both make the chroot.
    ratios = "".join(f"{phases['environment'] / peer:9.3f}x" for phases in runs.values())
    print(f"  environment against mmdebstrap of the same packages ({peer:.2f} s)")
    print(f"  {'':12}{ratios}")
