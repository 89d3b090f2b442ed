# SPDX-License-Identifier: GPL-3.0-or-later
"""A small signed archive on loopback, dated and live, and the settings that mirror it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ops import cli
from ops.read_settings import load_settings
from ops.settings import Settings
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.closure_bench import ClosureBench
from tests.openpgp import ThrowawayKey, throwaway_key
from tests.small_archive import Deb, SmallArchive, Source, World, worlds

__all__ = ["throwaway_key"]

STAMPS = ("20260711T101637Z", "20260901T000000Z", "20261101T000000Z")


@dataclass(frozen=True)
class Upstream:
    """A served archive.

    Attributes:
        server: What serves it, and counts.
        world: Its newest state.
        keyring: File with the key that signs it.
    """

    server: FaultyUpstream
    world: World
    keyring: Path

    def settings(self, folder: Path, *, extra: str = "", server: str = "") -> Path:
        """Write the settings that mirror the dated archive; give their path."""
        path = folder / "config.toml"
        path.write_text(
            f'[server]\ndata = "{folder}/data"\nlisten = "127.0.0.1:0"\nprocesses = 1\n{server}\n'
            f'[archive.debian]\nupstreams = ["{self.server.url}"]\nkind = "dated"\n'
            f'keyring = "{self.keyring}"\nsuites = ["{self.world.codename}"]\n'
            f"[worker]\nidle = 0.2\n{extra}"
        )
        return path

    def apt_root(self, folder: Path) -> Path:
        """Make the root of a machine whose apt takes the live archive."""
        lists = folder / "machine/etc/apt/sources.list.d"
        lists.mkdir(parents=True)
        (lists / "small.sources").write_text(
            f"Types: deb\nURIs: {self.server.url}/debian\nSuites: {self.world.codename}\n"
            f"Components: main\nSigned-By: /key.gpg\n"
        )
        (folder / "machine/key.gpg").write_bytes(self.keyring.read_bytes())
        return folder / "machine"


@pytest.fixture(scope="session")
def small_upstream(
    throwaway_key: ThrowawayKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upstream]:
    folder = tmp_path_factory.mktemp("upstream")
    (folder / "key.gpg").write_bytes(throwaway_key.public())
    archive = SmallArchive(throwaway_key)
    # One package whose source lies beside it, so that it can be a target.
    states = [
        replace(
            world,
            debs=(*world.debs, Deb("tool", "1.0", "all", size=300)),
            sources=(*world.sources, Source("tool", "1.0")),
        )
        for world in worlds(count=6, size=500)
    ]
    for stamp, world in zip(STAMPS, states, strict=True):
        archive.publish_dated(stamp, world)
    archive.publish(states[-1], "/debian")
    with FaultyUpstream(archive.files) as server:
        yield Upstream(server, states[-1], folder / "key.gpg")


@dataclass(frozen=True)
class Mirrored:
    """A data directory into which the dated archive was mirrored.

    Attributes:
        config: The settings file.
        settings: What it says.
        upstream: Where it came from.
    """

    config: Path
    settings: Settings
    upstream: Upstream


@pytest.fixture(scope="session")
def mirrored(small_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Mirrored:
    """Shared by tests that add nothing but targets."""
    config = small_upstream.settings(tmp_path_factory.mktemp("mirrored"))
    assert cli.run(["init", "--config", str(config)]) == 0
    assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    return Mirrored(config, load_settings(config=config, environ={}), small_upstream)


@pytest.fixture
def closures(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ClosureBench]:
    bench = ClosureBench(tmp_path, throwaway_key)
    bench.sync()
    yield bench
    bench.close()
