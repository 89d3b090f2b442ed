# SPDX-License-Identifier: GPL-3.0-or-later
"""Two programs at once: of one archive the second is told who is at it; others do not disturb."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapshot.digest import Digest
from tests.databases import DatabaseUrls
from tests.drill_figures import FIGURE
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds
from tests.sync_place import NOW, Place
from tests.warm_python import WarmPython

FIRST, SECOND, _ = worlds(12)
Record = Callable[[str, object], None]
TIMES = pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.drill)])


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    made = SmallArchive(throwaway_key)
    made.publish(FIRST)
    return made


@pytest.fixture
def make_place(
    archive: SmallArchive,
    tmp_path: Path,
    throwaway_key: ThrowawayKey,
    python: WarmPython,
) -> Iterator[Callable[[str], Place]]:
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(throwaway_key.public())
    with FaultyUpstream(archive.files) as upstream:

        def make(database: str) -> Place:
            root = tmp_path / "data"
            shutil.rmtree(root, ignore_errors=True)
            return Place(root, database, upstream, keyring, python, {"kind": "live"})

        yield make


@TIMES
def test_a_second_sync_of_an_archive_is_told_who_is_at_it_and_since_when(
    make_place: Callable[[str], Place],
    database_urls: DatabaseUrls,
    warm_pythons: list[WarmPython],
    times: int,
    record_property: Record,
) -> None:
    """In whatever state the first one is; that one ends as if nobody had asked."""
    place = make_place(database_urls.catalogue)
    second = replace(place, python=warm_pythons[1])
    chance = random.Random(20261128)
    refused = 0
    for number in range(times):
        child = place.start(steps=True, now=NOW + number)
        until = chance.randrange(1, 12)
        for at, line in enumerate(child.stdout):
            if at == until:
                code, said = second.attempt(now=NOW + number)
                assert code == 75, said
                assert f"another one is running: process {child.pid}, since 20261118T" in said
                assert "nothing was changed" in said
                refused += 1
            assert line.strip()
            child.stdin.write("\n")
            child.stdin.flush()
        assert child.wait() == 0
    counted = {"refused, told who": refused}
    record_property(FIGURE, ("two syncs at once", counted))
    assert refused >= 1
    assert all(name == real for name, real in place.blobs())
    assert place.leftovers() == []


@TIMES
def test_two_archives_that_share_every_file_may_be_synced_at_once(
    make_place: Callable[[str], Place],
    database_urls: DatabaseUrls,
    warm_pythons: list[WarmPython],
    times: int,
    record_property: Record,
) -> None:
    place = make_place(database_urls.catalogue)
    chance = random.Random(20261129)
    for number in range(times):
        names = [f"one{number}", f"two{number}"]
        for path in (place.root / "blobs").glob("sha256"):
            shutil.rmtree(path)
        place.upstream.piece_pause = chance.random() * 0.004
        children = [
            replace(place, python=python).start(name=name)
            for python, name in zip(warm_pythons, names, strict=True)
        ]
        for child in children:
            said = child.stdout.read()
            assert child.wait() == 0, said
        rows = place.catalogue()
        ours = [[line for line in rows if re.search(rf"\t{name}\t", line)] for name in names]
        assert len(ours[0]) > 15
        assert [line.replace(names[0], "") for line in ours[0]] == [
            line.replace(names[1], "") for line in ours[1]
        ]
        blobs = place.blobs()
        assert {Digest.of(deb.data).hex for deb in FIRST.debs} <= {name for name, _ in blobs}
        assert all(name == real for name, real in blobs)
        assert place.leftovers() == []
    record_property(FIGURE, ("two syncs at once", {"pairs that share files": times}))


@TIMES
def test_a_sync_beside_a_server_that_pulls_the_same_files(
    make_place: Callable[[str], Place],
    database_urls: DatabaseUrls,
    archive: SmallArchive,
    warm_pythons: list[WarmPython],
    times: int,
    record_property: Record,
) -> None:
    """The indices are here, the files are not: a sync and a reader want them at the same time."""
    wanted = [Digest.of(deb.data).hex for deb in FIRST.debs]
    chance = random.Random(20261130)
    for number in range(times):
        name = f"archive{number}"
        place = replace(
            make_place(database_urls.catalogue), settings={"kind": "live", "name": name}
        )
        archive.publish(FIRST)
        place.run(files="on-demand")
        archive.publish(SECOND)
        chance.shuffle(wanted)
        place.upstream.piece_pause = chance.random() * 0.004
        syncing = place.start()
        pulling = replace(place, python=warm_pythons[1]).start(files="on-demand", pull=wanted)
        for child in (syncing, pulling):
            said = child.stdout.read()
            assert child.wait() == 0, said
        blobs = place.blobs()
        assert all(name == real for name, real in blobs)
        both = {Digest.of(deb.data).hex for deb in (*FIRST.debs, *SECOND.debs)}
        assert set(wanted) <= {name for name, _ in blobs}
        place.run()
        links = {
            link.readlink().name for link in (place.root / "archive" / name / "pool").rglob("*.deb")
        }
        assert set(wanted) <= links <= both
        assert place.leftovers() == []
    record_property(FIGURE, ("two syncs at once", {"beside pull-through": times}))
