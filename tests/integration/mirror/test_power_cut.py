# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes at each flush of a whole sync: nothing torn is trusted, and the next sync mends.

What SQLite has committed is on the disk (`synchronous=FULL`); everything else is torn or gone
that was not flushed before. So this shows that rows are never ahead of what they name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.blobs import describe
from storage.catalogue import BlobState
from tests.drill_figures import FIGURE
from tests.failing_power import FailingPower, PowerCut
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, World, worlds

FIRST, SECOND, _ = worlds(20)
#: Far more flushes than two syncs have.
ENOUGH = 100


class Ground:
    """An archive that goes from one state to the next, each signed once, and its mirrors."""

    def __init__(self, archive: SmallArchive, upstream: FaultyUpstream, key: Path) -> None:
        self.archive, self.upstream, self.key = archive, upstream, key
        self.states = {}
        for world in (FIRST, SECOND):
            archive.publish(world)
            self.states[world.date] = dict(archive.files)

    def show(self, world: World) -> None:
        self.archive.files.clear()
        self.archive.files.update(self.states[world.date])

    def bench(self, place: Path, power: FailingPower | None = None) -> MirrorBench:
        url = f"sqlite:///{place}/c.sqlite"
        return MirrorBench(place, url, self.upstream.url, keys=[self.key], durability=power)

    def cut(self, place: Path, power: FailingPower) -> bool:
        """Two syncs, the second one of what changed; returns whether the power went."""
        place.mkdir()
        self.show(FIRST)
        bench = self.bench(place, power)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("storage.layout.sync_file_system", power.flush_links)
            try:
                bench.sync()
                self.show(SECOND)
                bench.sync()
            except PowerCut:
                return True
            finally:
                bench.close()
        return False

    def mend(self, place: Path) -> tuple[list[str], dict[str, str]]:
        """The same syncs over what is left; before that, nothing torn may be trusted."""
        bench = self.bench(place)
        assert [one for one in bench.blobs if describe(bench.blobs, one).digest != one] == []
        files = bench.stores.catalogue.inventory.files_of("debian")
        promised = [file.digest for file in files if file.state is BlobState.PRESENT]
        assert [one for one in promised if not bench.blobs.contains(one)] == []
        if bench.stores.catalogue.run_at("debian", SECOND.date) is None:
            self.show(FIRST)
            bench.sync()
        self.show(SECOND)
        bench.sync()
        result = bench.dump(), bench.tree()
        bench.close()
        return result


@pytest.fixture
def ground(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[Ground]:
    key = tmp_path / "keyring.gpg"
    key.write_bytes(throwaway_key.public())
    archive = SmallArchive(throwaway_key)
    with FaultyUpstream(archive.files) as upstream:
        yield Ground(archive, upstream, key)


def test_nothing_torn_is_trusted_and_the_next_sync_ends_the_same(
    tmp_path: Path, ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    assert not ground.cut(tmp_path / "whole", FailingPower(ENOUGH))
    expected = ground.mend(tmp_path / "whole")
    for cut_at in range(ENOUGH):
        power, place = FailingPower(cut_at), tmp_path / str(cut_at)
        if not ground.cut(place, power):
            break
        power.tear(place / "blobs")
        power.tear(place / "archive")
        rows, tree = ground.mend(place)
        assert (rows == expected[0], tree.items() ^ expected[1].items()) == (True, set()), cut_at
    assert cut_at > 10
    record_property(FIGURE, ("power cut", {"flushes": cut_at}))
