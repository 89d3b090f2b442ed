# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL a collection again and again, start two at once, or one beside a sync: real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.catalogue import BlobState, Catalogue
from storage.database import Database
from tests.databases import DatabaseUrls
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

TOP = Path(__file__).parents[3]
SECONDS = 120
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

    def command(self, program: str, *, steps: bool) -> list[str]:
        settings = {
            "root": str(self.root),
            "database": self.urls.catalogue,
            "catalogue": self.urls.catalogue,
            "ledger": self.urls.ledger,
            "upstream": self.upstream.url,
            "keyring": str(self.root / "keyring.gpg"),
            "steps": steps,
        }
        return [sys.executable, "-m", program, json.dumps(settings)]

    def run(self, program: str, code: int = 0) -> str:
        done = subprocess.run(
            self.command(program, steps=False),
            cwd=TOP, capture_output=True, timeout=SECONDS, check=False, text=True,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stderr

    @contextmanager
    def paused(self, program: str, state: str) -> Iterator[subprocess.Popen[str]]:
        """A process that waits in a state; goes on to its end when the block is left."""
        with subprocess.Popen(
            self.command(program, steps=True),
            cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            self.advance(process, state)
            try:
                yield process
            finally:
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()
                self.advance(process, None)

    def advance(self, process: subprocess.Popen[str], state: str | None) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == state:
                return
            process.stdin.write("\n")
            process.stdin.flush()

    def killed_after(self, steps: int) -> bool:
        """Start a collection and kill it at its n-th step; False if it ended before."""
        with subprocess.Popen(
            self.command("tests.run_collect", steps=True),
            cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(steps):
                if not process.stdout.readline():
                    break
                process.stdin.write("\n")
                process.stdin.flush()
            process.kill()
            return process.wait(SECONDS) == -9

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


def make(root: Path, urls: DatabaseUrls, upstream: FaultyUpstream, key: ThrowawayKey) -> Place:
    root.mkdir()
    (root / "keyring.gpg").write_bytes(key.public())
    place = Place(root, urls, upstream)
    place.run("tests.run_sync")
    with place.catalogue() as catalogue:
        catalogue.remove_runs("debian", [FIRST.date], now=Timestamp.parse("20261001"))
    return place


@pytest.fixture
def place(
    tmp_path: Path, database_urls: DatabaseUrls, upstream: FaultyUpstream,
    throwaway_key: ThrowawayKey,
) -> Place:  # fmt: skip
    return make(tmp_path / "one", database_urls, upstream, throwaway_key)


def gone() -> set[Digest]:
    return {Digest.of(deb.data) for deb in FIRST.debs if deb not in SECOND.debs}


def test_killed_again_and_again_it_ends_as_if_undisturbed(
    place: Place, tmp_path: Path, sqlite_templates: Path, upstream: FaultyUpstream,
    throwaway_key: ThrowawayKey,
) -> None:  # fmt: skip
    kills = [place.killed_after(steps) for steps in (1, 4, 6)]
    assert any(kills)
    place.check()
    place.run("tests.run_collect")
    place.check()
    assert not any(LocalBlobs(place.root / "blobs").contains(digest) for digest in gone())
    for name in ("catalogue.sqlite", "ledger.sqlite"):
        (tmp_path / name).write_bytes((sqlite_templates / name).read_bytes())
    urls = DatabaseUrls(
        "sqlite",
        f"sqlite:///{tmp_path}/catalogue.sqlite",
        f"sqlite:///{tmp_path}/ledger.sqlite",
    )
    other = make(tmp_path / "other", urls, upstream, throwaway_key)
    other.run("tests.run_collect")
    assert place.content() == other.content()


def test_two_at_once_and_a_sync_beside_them(place: Place) -> None:
    with place.paused("tests.run_collect", "blobs.delete begins"):
        said = place.run("tests.run_collect", code=75)
        assert "a sync, or another collection, is running: process" in said
        # A sync waits for the end of the collection, or it would count on what goes.
        sync = subprocess.Popen(place.command("tests.run_sync", steps=False), cwd=TOP)
        with pytest.raises(subprocess.TimeoutExpired):
            sync.wait(3)
    assert sync.wait(SECONDS) == 0
    place.check()


def test_nothing_is_collected_while_a_sync_relies_on_what_is_here(place: Place) -> None:
    before = place.content()
    with place.paused("tests.run_sync", "phase recover"):
        said = place.run("tests.run_collect", code=75)
        assert "a sync, or another collection, is running" in said
    assert place.content() == before
    place.run("tests.run_collect")
    assert not any(LocalBlobs(place.root / "blobs").contains(digest) for digest in gone())
