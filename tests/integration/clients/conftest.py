# SPDX-License-Identifier: GPL-3.0-or-later
"""A real service for real clients: real packages of this machine's archive, mirrored and served."""

from __future__ import annotations

import os
import subprocess
import time
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
