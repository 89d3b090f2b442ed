# SPDX-License-Identifier: GPL-3.0-or-later
"""A small mirror whose blobs can be damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirror.pull import PullThrough
from mirror.scrub import Budget, Scrub, ScrubReport
from snapshot.digest import Digest
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, World, worlds

WORLD: World = worlds(6)[0]


class ScrubBench:
    """A mirror of one run, its upstream, and a scrub over it."""

    def __init__(self, bench: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive) -> None:
        self.bench = bench
        self.stores = bench.stores
        self.upstream = upstream
        self.archive = archive
        self.peers: tuple[str, ...] = ()

    def heal(self, digest: Digest) -> bool:
        return PullThrough(self.stores, [self.bench.policy(peers=self.peers)])(digest)

    def scrub(self, **budget: float) -> ScrubReport:
        place = self.bench.root / "scrub.json"
        scrub = Scrub(self.stores, self.heal, sleep=self.bench.time.sleep, place=place)
        return scrub.run(Budget(**budget))  # type: ignore[arg-type]

    def damage(self, digest: Digest, data: bytes = b"bit rot") -> Path:
        path = self.bench.blobs.local_path(digest)
        assert path is not None
        path.chmod(0o644)
        held = path.read_bytes()
        path.write_bytes(data + held[len(data) :])
        path.chmod(0o444)
        return path


@contextmanager
def scrub_bench(root: Path, key: ThrowawayKey, url: str = "") -> Iterator[ScrubBench]:
    archive = SmallArchive(key)
    archive.publish(WORLD)
    (root / "keyring.gpg").write_bytes(key.public())
    with FaultyUpstream(archive.files) as upstream:
        bench = MirrorBench(
            root,
            url or f"sqlite:///{root}/catalogue.sqlite",
            upstream.url,
            keys=[root / "keyring.gpg"],
        )
        bench.sync()
        yield ScrubBench(bench, upstream, archive)
        bench.close()
