# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer's images follow from the Release, by a list that does not say their sizes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mirror.fetch_images import read_sums
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, TransientError
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive, World

IMAGES = {
    "netboot/mini.iso": b"an image" * 1000,
    "cdrom/vmlinuz": b"a kernel" * 500,
    "udeb.list": b"a list",
}
CURRENT = "main/installer-amd64/current/images"
DATED = "main/installer-amd64/20230607/images"
SUMS = "".join(f"{Digest.of(data)}  ./{path}\n" for path, data in IMAGES.items()).encode()


@dataclass
class WithInstaller(SmallArchive):
    """Its Releases name two lists of the same images."""

    sums: bytes = SUMS

    def _indices(self, world: World) -> dict[str, bytes]:
        lists = {f"{place}/SHA256SUMS": self.sums for place in (CURRENT, DATED)}
        return super()._indices(world) | lists

    def publish(self, world: World, prefix: str = "") -> None:
        super().publish(world, prefix)
        for place in (CURRENT, DATED):
            for path, data in IMAGES.items():
                self.files[f"{prefix}/dists/{world.codename}/{place}/{path}"] = data


@pytest.fixture
def installer(archive: SmallArchive) -> WithInstaller:
    made = WithInstaller(archive.key, files=archive.files)
    made.publish(FIRST)
    return made


def held(mirror: MirrorBench, path: str) -> bytes | None:
    file = mirror.stores.catalogue.file_at("debian", FIRST.date, f"dists/bookworm/{path}")
    return None if file is None else b"".join(mirror.blobs.open(file.digest))


def test_images_are_verified_kept_and_laid_out(
    mirror: MirrorBench, installer: WithInstaller, upstream: FaultyUpstream
) -> None:
    mirror.sync(extras=("installer",))
    tree = mirror.root / "archive/debian" / str(FIRST.date) / "dists/bookworm"
    for place in (CURRENT, DATED):
        assert held(mirror, f"{place}/SHA256SUMS") == SUMS
        for path, data in IMAGES.items():
            assert held(mirror, f"{place}/{path}") == data
            assert (tree / place / path).read_bytes() == data
    asked = [path for path, _ in upstream.requests if path.endswith("mini.iso")]
    assert len(asked) == 2, "one question for the length, one for the body, of either name"
    assert upstream.sent[f"/dists/bookworm/{CURRENT}/netboot/mini.iso"] <= 8000 + 65536
    assert mirror.sync(extras=("installer",)).runs[0].unchanged


def test_who_does_not_ask_for_images_gets_none(
    mirror: MirrorBench, installer: WithInstaller
) -> None:
    mirror.sync()
    assert held(mirror, f"{CURRENT}/SHA256SUMS") is None
    assert held(mirror, f"{CURRENT}/udeb.list") is None


def test_an_image_with_other_bytes_keeps_the_run_from_being_published(
    mirror: MirrorBench, installer: WithInstaller
) -> None:
    for place in (CURRENT, DATED):
        installer.files[f"/dists/bookworm/{place}/udeb.list"] = b"a lisT"
    with pytest.raises(CorruptUpstream, match="wrong SHA-256"):
        mirror.sync(extras=("installer",))
    assert mirror.stores.catalogue.run_stamps("debian") == ()


def test_an_image_that_no_upstream_has_is_left_out(
    mirror: MirrorBench, installer: WithInstaller
) -> None:
    for place in (CURRENT, DATED):
        del installer.files[f"/dists/bookworm/{place}/udeb.list"]
    mirror.sync(extras=("installer",))
    assert held(mirror, f"{CURRENT}/udeb.list") is None
    assert held(mirror, f"{CURRENT}/cdrom/vmlinuz") == IMAGES["cdrom/vmlinuz"]
    assert any(
        "no upstream has dists/bookworm/main/installer" in one for one in mirror.listener.said
    )


def test_images_that_came_are_kept_when_others_do_not(
    mirror: MirrorBench, installer: WithInstaller, upstream: FaultyUpstream
) -> None:
    path = f"/dists/bookworm/{CURRENT}/udeb.list"
    del installer.files[f"/dists/bookworm/{DATED}/udeb.list"]
    upstream.fault(path, *[faults.status(500)] * 6)
    with pytest.raises(TransientError):
        mirror.sync(extras=("installer",))
    upstream.requests.clear()
    mirror.sync(extras=("installer",))
    assert held(mirror, f"{CURRENT}/udeb.list") == IMAGES["udeb.list"]


def test_a_list_is_read_in_both_of_its_forms() -> None:
    digest = "ab" * 32
    assert read_sums(f"{digest}  ./a/b\n{digest} *c\n".encode(), name="it") == {
        "a/b": Digest(digest),
        "c": Digest(digest),
    }
    assert read_sums(b"", name="it") == {}


@pytest.mark.parametrize(
    "line", ["x", "ab  ./a", f"{'ab' * 32}  ../a", f"{'ab' * 32}  /etc/passwd", f"{'ab' * 32}  "]
)
def test_a_list_that_names_anything_else_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(CorruptUpstream, match="it, line 2: "):
        read_sums(f"{'ab' * 32}  ./a\n{line}\n".encode(), name="it")
