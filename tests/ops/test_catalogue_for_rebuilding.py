# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ops.catalogue_for_rebuilding import CatalogueForRebuilding
from ops.open_stores import open_stores
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from tests.ops.conftest import STAMPS, Mirrored


def test_an_original_of_a_signed_index_is_verified(mirrored: Mirrored) -> None:
    asked = CatalogueForRebuilding(open_stores(mirrored.settings).catalogue)
    deb = next(one for one in mirrored.upstream.world.debs if one.architecture == "amd64")
    digest = Digest.of(deb.data)
    (file,) = asked.indexed([digest, Digest.of(b"unknown")])[digest]
    assert (file.name, file.version, file.architecture) == (deb.name, deb.version, "amd64")
    assert file.file_name == deb.path.rpartition("/")[2]
    assert file.verified
    assert list(asked.named(deb.name, deb.version, "amd64")) == [file]
    assert list(asked.named(deb.name, deb.version, "arm64")) == []


def test_a_run_lists_binaries_and_every_file_of_its_sources(mirrored: Mirrored) -> None:
    asked = CatalogueForRebuilding(open_stores(mirrored.settings).catalogue)
    newest = asked.newest_run("debian")
    assert newest == Timestamp.parse(STAMPS[2])
    assert asked.newest_run("absent") is None
    world = mirrored.upstream.world
    listed = list(asked.packages_in("debian", newest, world.codename, "main", "amd64"))
    assert {one.digest for one in listed} == {Digest.of(deb.data) for deb in world.debs}
    sources = list(asked.packages_in("debian", newest, world.codename, "main", "source"))
    expected = {name for source in world.sources for name in source.files}
    assert {one.path.rpartition("/")[2] for one in sources} == expected
    assert all(one.verified for one in (*listed, *sources))
