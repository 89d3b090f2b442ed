# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.demo.cache import DemoCache, default_cache
from ops.demo.fixture import Fixture
from ops.demo.ground import examine_ground
from ops.demo.prepare import Machine, prepare
from ops.demo.upstream_server import UpstreamServer
from tests.databases import DatabaseUrls
from tests.end_to_end.walk import Walk


@pytest.fixture(scope="session")
def real_packages() -> Fixture:
    """What the demo makes: real packages of this machine's archive, at three dates."""
    cache = default_cache(os.environ)
    ground = examine_ground(cache)
    machine = Machine(ground.codename, ground.architecture, ground.sources)
    return prepare(machine, DemoCache(cache), print)


@pytest.fixture
def upstream(real_packages: Fixture) -> Iterator[UpstreamServer]:
    """The dated archive on loopback; it hangs up on some files in mid-body."""
    with UpstreamServer(real_packages.www) as server:
        yield server


@pytest.fixture
def walk(
    real_packages: Fixture,
    upstream: UpstreamServer,
    database_urls: DatabaseUrls,
    worker_memory: Path,
    tmp_path: Path,
) -> Iterator[Walk]:
    """A machine on which nothing runs yet."""
    with Walk(real_packages, upstream, database_urls, worker_memory, tmp_path) as walking:
        yield walking
