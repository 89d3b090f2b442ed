# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real servers that are each other's peers: what one has lost comes back from the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from ops import cli
from ops.demo.servants import Servant, Servants, wait_until
from ops.serve_http import Listen, free_port
from snapshot.digest import Digest
from storage.blobs import LocalBlobs
from tests.ops.conftest import Upstream

pytestmark = pytest.mark.timeout(200)


@dataclass(frozen=True)
class Node:
    """A data directory with a running server over it."""

    url: str
    config: Path
    server: Servant

    @property
    def blobs(self) -> LocalBlobs:
        return LocalBlobs(self.config.parent / "data/blobs")


@pytest.fixture
def nodes(small_upstream: Upstream, tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    addresses = [str(free_port(Listen("127.0.0.1", 0))) for _ in range(2)]
    with Servants(tmp_path / "log") as servants:
        found = []
        for number, (own, peer) in enumerate(zip(addresses, reversed(addresses), strict=True)):
            folder = tmp_path / str(number)
            folder.mkdir()
            config = small_upstream.settings(
                folder, extra=f'[mirror]\npeers = ["http://{peer}"]\ntimeout = 20\nattempts = 2\n'
            )
            config.write_text(config.read_text().replace("127.0.0.1:0", own))
            assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
            server = servants.start(f"serve-{number}", ["serve", "--config", str(config)])
            found.append(Node(f"http://{own}", config, server))
        for node in found:
            address = node.config.parent / "data/run/address"
            wait_until(
                address.exists,
                [node.server],
                clock=time.monotonic,
                sleep=time.sleep,
                timeout=60,
                what="the server",
            )
        yield found[0], found[1]


def test_what_one_lost_comes_from_the_other_and_neither_waits_for_both(
    nodes: tuple[Node, Node], small_upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    deb = small_upstream.world.debs[0]
    digest = Digest.of(deb.data)
    # No upstream has it any more.
    files = {
        path: data
        for path, data in dict(small_upstream.server.files).items()  # type: ignore[arg-type]
        if not path.endswith(deb.path)
    }
    monkeypatch.setattr(small_upstream.server, "files", files)

    first.blobs.delete(digest)
    answer = requests.get(f"{first.url}/file/{digest}", timeout=60)
    assert (answer.status_code, answer.content) == (200, deb.data)
    assert first.blobs.contains(digest)

    # Both have lost it: each asks the other, once, and both give up.
    first.blobs.delete(digest)
    second.blobs.delete(digest)
    assert requests.get(f"{first.url}/file/{digest}", timeout=60).status_code == 404
    assert requests.get(f"{second.url}/file/{digest}", timeout=60).status_code == 404

    second.blobs.add([deb.data])
    assert cli.run(["mirror", "verify", "--repair", "--config", str(first.config)]) == 0
    assert b"".join(first.blobs.open(digest)) == deb.data
