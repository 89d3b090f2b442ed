# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the mirror's tests: a signed archive, its upstream, and a mirror over both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.faulty_upstream import FaultyUpstream
from tests.in_memory import memory_path
from tests.mirror.closure_bench import ClosureBench
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey, throwaway_key
from tests.small_archive import SmallArchive, worlds

__all__ = ["memory_path", "throwaway_key"]

FIRST, SECOND, THIRD = worlds(4)


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    """Live with its first state."""
    made = SmallArchive(throwaway_key)
    made.publish(FIRST)
    return made


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        yield server


@pytest.fixture
def closures(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ClosureBench]:
    """Indices are mirrored; nothing is fetched yet."""
    bench = ClosureBench(tmp_path, throwaway_key)
    bench.sync()
    yield bench
    bench.close()


@pytest.fixture
def mirror(
    tmp_path: Path,
    upstream: FaultyUpstream,
    throwaway_key: ThrowawayKey,
) -> Iterator[MirrorBench]:
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    url = f"sqlite:///{tmp_path}/catalogue.sqlite"
    one = MirrorBench(tmp_path, url, upstream.url, keys=[tmp_path / "keyring.gpg"])
    yield one
    one.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Database]:
    """An empty job ledger."""
    database = Database.open(f"sqlite:///{tmp_path}/ledger.sqlite", "ledger")
    database.upgrade()
    yield database
    database.close()
