# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.demo.upstream_server import UpstreamServer
from tests.ops.demo.small_archive import write_small_archive


@dataclass(frozen=True)
class Small:
    """A small archive on disk and on loopback."""

    root: Path
    www: Path
    url: str


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    root = tmp_path_factory.mktemp("small")
    www = write_small_archive(root)
    with UpstreamServer(www, drop_every=0) as server:
        yield Small(root, www, server.url)
