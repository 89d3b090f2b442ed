# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine has a network and makes a bundle; another has none, imports it, and rebuilds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ops.demo.demo_settings import write_settings
from ops.demo.fixture import Case, Fixture
from ops.demo.servants import program
from ops.demo.upstream_server import UpstreamServer
from snapshot.verdict import Status

pytestmark = [pytest.mark.serial, pytest.mark.timeout(400)]

#: Loopback and nothing else: no route, no name, no other machine.
NO_NETWORK = ["unshare", "--net", "--", "sh", "-ec", 'ip link set lo up; exec "$@"', "sh"]


def test_an_imported_bundle_rebuilds_to_good_without_a_network(
    real_packages: Fixture, upstream: UpstreamServer, shared_trees: Path, tmp_path: Path
) -> None:
    case = reproducible(real_packages)
    record = real_packages.record(case)
    bundle = tmp_path / "closure.tar.zst"
    online = settings_with_closures(real_packages, upstream, tmp_path)
    dejabuild("mirror", "sync", "--config", str(online))
    assert pool_bytes(upstream) == {}
    dejabuild("closure", "add", "offline", str(record), "--config", str(online))
    only_what_is_needed(real_packages, upstream, online)
    dejabuild("bundle", "export", "--closure", "offline", str(bundle), "--config", str(online))

    # With the layers of another test it would do without the bundle's packages.
    trees = tmp_path / "trees" if any(shared_trees.glob("*/layers/*")) else shared_trees
    offline = tmp_path / "offline.toml"
    offline.write_text(
        f"[server]\ndata = {json.dumps(str(tmp_path / 'offline'))}\n"
        f"[worker]\ntrees = {json.dumps(str(trees))}\n"
    )
    unreachable = subprocess.run(
        [*NO_NETWORK, "curl", "-sS", upstream.url], capture_output=True, text=True, check=False
    )
    assert unreachable.returncode != 0, "the network is still there"
    keyring = ["--keyring", str(real_packages.keyring)]
    told = dejabuild(
        "bundle", "import", str(bundle), *keyring, "--config", str(offline), prefix=NO_NETWORK
    )
    assert "proved by its archive's signature" in told
    assert "complete" in told
    told = dejabuild("rebuild", str(record), "--config", str(offline), prefix=NO_NETWORK)
    assert "nothing is fetched" in told
    assert "GOOD" in told


def only_what_is_needed(fixture: Fixture, upstream: UpstreamServer, settings: Path) -> None:
    """The upstream sent each file of the manifest once, and none of the others."""
    text = dejabuild("closure", "show", "offline", "--manifest", "--config", str(settings))
    lines = [line.split() for line in text.splitlines()[1:]]
    wanted = {path: int(size) for _, size, path, archive in lines if archive == fixture.archive}
    sent = pool_bytes(upstream)
    print(
        f"{len(sent)} files of {fixture.packages} packages, "
        f"{sum(sent.values()) / 1e6:.1f} of {fixture.bytes / 1e6:.1f} MB"
    )
    assert set(sent) == set(wanted)
    cut = {path.partition("Z/")[2] for path in upstream.counts.dropped}
    assert {path: size for path, size in sent.items() if path not in cut} == {
        path: size for path, size in wanted.items() if path not in cut
    }
    assert 0 < sum(sent.values()) < fixture.bytes


def pool_bytes(upstream: UpstreamServer) -> dict[str, int]:
    """Bytes that the upstream sent of each package file."""
    sent: dict[str, int] = {}
    for path, size in upstream.counts.bytes_by_path.items():
        _, _, inside = path.partition("Z/")
        if inside.startswith("pool/"):
            sent[inside] = sent.get(inside, 0) + size
    return sent


def reproducible(fixture: Fixture) -> Case:
    return next(c for c in fixture.cases if c.record and c.expected is Status.GOOD)


def settings_with_closures(fixture: Fixture, upstream: UpstreamServer, room: Path) -> Path:
    """Indices are mirrored, and of the packages what closures need."""
    data = room / "online"
    data.mkdir()
    path = write_settings(room / "online.toml", fixture, upstream.url, data)
    with path.open("a") as settings:
        settings.write('files = "closures"\n')  # the archive's table is the last one
    return path


def dejabuild(*arguments: str, prefix: list[str] | None = None) -> str:
    command = [*(prefix or []), program(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return done.stdout
