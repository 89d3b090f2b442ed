# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL a collection again and again, start two at once, or one beside a sync: real processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from select import select

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.catalogue import BlobState, Catalogue
from storage.database import Database
from tests.databases import DatabaseUrls, copy_sqlite
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds
from tests.warm_python import Child, WarmPython

pytestmark = pytest.mark.timeout(120)
FIRST, SECOND, _ = worlds(8, size=500)


@pytest.fixture(scope="module")
def upstream(throwaway_key: ThrowawayKey) -> Iterator[FaultyUpstream]:
    made = SmallArchive(throwaway_key)
    made.publish_dated("20260711T120000Z", FIRST)
    made.publish_dated("20260901T010203Z", SECOND)
    with FaultyUpstream(made.files) as server:
        yield server


@dataclass
class Place:
    """A data directory with two runs of which the first is removed, and its databases."""

    root: Path
    urls: DatabaseUrls
    upstream: FaultyUpstream
    python: WarmPython

    def start(self, program: str, *, steps: bool = False) -> Child:
        settings = {
            "root": str(self.root),
            "database": self.urls.catalogue,
            "catalogue": self.urls.catalogue,
            "ledger": self.urls.ledger,
            "upstream": self.upstream.url,
            "keyring": str(self.root / "keyring.gpg"),
            "steps": steps,
        }
        return self.python.start(f"{program}:main", settings)

    def run(self, program: str, code: int = 0) -> str:
        child = self.start(program)
        said = child.stdout.read()
        assert child.wait() == code, said
        return said

    @contextmanager
    def paused(self, program: str, state: str) -> Iterator[None]:
        """A process waits in a state; it goes on to its end when the block is left."""
        child = self.start(program, steps=True)
        self.advance(child, state)
        try:
            yield
        finally:
            child.stdin.write("\n")
            child.stdin.flush()
            self.advance(child, None)
            assert child.wait() == 0

    def advance(self, child: Child, state: str | None) -> None:
        for line in child.stdout:
            if line.strip() == state:
                return
            with suppress(BrokenPipeError):  # what it says at its end is no question
                child.stdin.write("\n")
                child.stdin.flush()

    def killed_after(self, steps: int) -> bool:
        """Start a collection and kill it at its n-th step; False if it ended before."""
        child = self.start("tests.run_collect", steps=True)
        for _ in range(steps):
            if not child.stdout.readline():
                break
            child.stdin.write("\n")
            child.stdin.flush()
        child.kill()
        return child.wait() == -9

    @contextmanager
    def catalogue(self) -> Iterator[Catalogue]:
        database = Database.open(self.urls.catalogue, "catalogue")
        yield Catalogue(database)
        database.close()

    def check(self) -> None:
        """What is promised is here, and the kept run is whole."""
        blobs = LocalBlobs(self.root / "blobs")
        with self.catalogue() as catalogue:
            for digest in catalogue.blobs_in_state(BlobState.PRESENT):
                assert blobs.contains(digest)
        pool = self.root / "archive/debian" / str(SECOND.date)
        for deb in SECOND.debs:
            assert (pool / deb.path).read_bytes() == deb.data

    def content(self) -> tuple[list[str], set[str]]:
        with self.catalogue() as catalogue:
            rows = list(catalogue.dump())
        names = {
            os.path.relpath(Path(where) / name, self.root)
            for part in ("archive", "blobs/sha256")
            for where, _, files in os.walk(self.root / part)
            for name in files
        }
        return rows, names


MakePlace = Callable[[str, DatabaseUrls], Place]


@pytest.fixture
def make_place(
    tmp_path: Path,
    upstream: FaultyUpstream,
    throwaway_key: ThrowawayKey,
    python: WarmPython,
) -> MakePlace:
    def make(name: str, urls: DatabaseUrls) -> Place:
        place = Place(tmp_path / name, urls, upstream, python)
        place.root.mkdir()
        (place.root / "keyring.gpg").write_bytes(throwaway_key.public())
        place.run("tests.run_sync")
        with place.catalogue() as catalogue:
            catalogue.remove_runs("debian", [FIRST.date], now=Timestamp.parse("20261001"))
        return place

    return make


@pytest.fixture
def place(make_place: MakePlace, database_urls: DatabaseUrls) -> Place:
    return make_place("one", database_urls)


def gone() -> set[Digest]:
    return {Digest.of(deb.data) for deb in FIRST.debs if deb not in SECOND.debs}


def test_killed_again_and_again_it_ends_as_if_undisturbed(
    place: Place, make_place: MakePlace, tmp_path: Path, sqlite_templates: Path
) -> None:
    kills = [place.killed_after(steps) for steps in (1, 4, 6)]
    assert any(kills)
    place.check()
    place.run("tests.run_collect")
    place.check()
    assert not any(LocalBlobs(place.root / "blobs").contains(digest) for digest in gone())
    other = make_place("other", copy_sqlite(sqlite_templates, tmp_path))
    other.run("tests.run_collect")
    assert place.content() == other.content()


def test_two_at_once_and_a_sync_beside_them(place: Place) -> None:
    with place.paused("tests.run_collect", "blobs.delete begins"):
        said = place.run("tests.run_collect", code=75)
        assert "a sync, or another collection, is running: process" in said
        # A sync waits for the end of the collection, or it would count on what goes.
        sync = place.start("tests.run_sync")
        ended, _, _ = select([sync.stdout], [], [], 1)
        assert not ended
    assert sync.wait() == 0
    place.check()


def test_nothing_is_collected_while_a_sync_relies_on_what_is_here(place: Place) -> None:
    before = place.content()
    with place.paused("tests.run_sync", "phase recover"):
        said = place.run("tests.run_collect", code=75)
        assert "a sync, or another collection, is running" in said
    assert place.content() == before
    place.run("tests.run_collect")
    assert not any(LocalBlobs(place.root / "blobs").contains(digest) for digest in gone())
