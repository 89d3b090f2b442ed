# SPDX-License-Identifier: GPL-3.0-or-later
"""A real service for real clients: real packages of this machine's archive, mirrored and served."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.demo.cache import DemoCache, default_cache
from ops.demo.demo_settings import write_settings
from ops.demo.fixture import Fixture
from ops.demo.ground import examine_ground
from ops.demo.prepare import Machine, prepare
from ops.demo.servants import Servants, program, wait_until
from ops.demo.upstream_server import UpstreamServer
from tests.in_memory import in_memory
from tests.integration.cached_chroot import Chroot, cached_chroot


@dataclass(frozen=True)
class Service:
    """A running server.

    Attributes:
        url: Its address.
        data: Its data directory.
        fixture: What it mirrored.
    """

    url: str
    data: Path
    fixture: Fixture

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            data: bytes = answer.read()
        return data

    def dated(self, number: int = 0, view: str = "archive") -> str:
        """The address of the archive at one of its dates."""
        return f"{self.url}/{view}/{self.fixture.archive}/{self.fixture.dates[number]}"

    def environment_of(self, record: Path) -> str:
        """Post a build record; give the id of its environment."""
        request = urllib.request.Request(
            f"{self.url}/mr/buildinfo",
            data=record.read_bytes(),
            headers={"Content-Type": "text/plain"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["environment"])

    def record(self) -> Path:
        """The build record that needs two dates at once."""
        return self.fixture.record(next(case for case in self.fixture.cases if case.record))

    def keyrings(self, folder: Path) -> tuple[Path, Path]:
        """The keys of the archive and of this server, in a form that every client reads."""
        own = folder / "dejabuild.gpg"
        own.write_bytes(self.get("/environments/key.gpg"))
        return self.fixture.keyring, own


@pytest.fixture(scope="session")
def real_packages() -> Fixture:
    """What the demo makes of this machine's archive, from its cache when nothing changed."""
    cache = default_cache(os.environ)
    ground = examine_ground(cache)
    machine = Machine(ground.codename, ground.architecture, ground.sources)
    return prepare(machine, DemoCache(cache), print)


@pytest.fixture(scope="session")
def service(real_packages: Fixture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    fixture = real_packages
    data = tmp_path_factory.mktemp("service")
    with UpstreamServer(fixture.www) as upstream:
        config = write_settings(data / "dejabuild.toml", fixture, upstream.url, data)
        subprocess.run(
            [program(), "mirror", "sync", "--config", config], capture_output=True, check=True
        )
    with Servants(data / "log") as servants:
        server = servants.start("serve", ["serve", "--config", str(config)])
        address = data / "run/address"
        wait_until(
            address.exists,
            [server],
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=60,
            what="the server",
        )
        yield Service(address.read_text("utf-8").strip(), data, fixture)


@pytest.fixture(scope="session")
def sid() -> Iterator[Chroot]:
    """Debian's newest release with rebuilderd's programs and today's apt in it."""
    with cached_chroot("sid", ["rebuilderd-worker", "rebuildctl"]) as chroot:
        yield chroot


@pytest.fixture(scope="module")
def fast_place() -> Iterator[Path]:
    """A directory in memory for chroots: unpacking takes half of the time."""
    with in_memory() as folder:
        folder.chmod(0o755)
        yield folder
