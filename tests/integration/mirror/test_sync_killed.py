# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL a sync in any state; the same command again ends as if nothing had happened.

20 points in `make test`, 200 in `make drill`. The sync is a real process over a
real upstream that counts the bytes it sends. It stops at every state it announces, so that it
is killed in exactly that state (while its download threads run on).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path

import pytest

from snapshot.digest import Digest
from storage.blobs import LocalBlobs
from storage.catalogue import Catalogue
from storage.database import Database
from tests import faulty_upstream as faults
from tests.databases import DatabaseUrls
from tests.faulty_upstream import Fault, FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, Source, World, worlds

TOP = Path(__file__).parents[3]
SECONDS = 120


def cut_once(path: str, number: int) -> Fault | None:
    """Every third package loses its first connection in the middle of it."""
    if "/pool/" in path and number == 1 and sha1(path.encode()).digest()[0] % 3 == 0:
        return faults.truncate(1500)
    return None


@pytest.fixture(scope="module")
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    """Two dated runs; some packages come in several pieces."""
    made = SmallArchive(throwaway_key)
    first, second, _ = worlds(10)
    large = tuple(Deb(f"large{n}", "1", size=700_000 + n) for n in range(3))
    made.publish_dated("20260711T120000Z", World(first.debs + large, first.sources, first.date))
    more = (*second.debs, *large[1:], Deb("large9", "1", size=600_000))
    sources = (*second.sources, Source("another", "3.0"))
    made.publish_dated("20260901T010203Z", World(more, sources, second.date))
    return made


@dataclass
class Place:
    """One data directory, its database, and the command that syncs into it."""

    root: Path
    database: str
    upstream: FaultyUpstream
    keyring: Path

    def command(self, *, steps: bool) -> list[str]:
        settings = {
            "root": str(self.root),
            "database": self.database,
            "upstream": self.upstream.url,
            "keyring": str(self.keyring),
            "steps": steps,
        }
        return [sys.executable, "-m", "tests.run_sync", json.dumps(settings)]

    def run(self) -> None:
        """Undisturbed, to its end."""
        done = subprocess.run(
            self.command(steps=False), cwd=TOP, capture_output=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def run_until(self, stop_at: int) -> list[str]:
        """Kill it at the announcement of that number; returns those before it, and it."""
        passed: list[str] = []
        with subprocess.Popen(
            self.command(steps=True),
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for line in process.stdout:
                passed.append(line.strip())
                if len(passed) > stop_at:
                    process.kill()
                    break
                process.stdin.write("\n")
                process.stdin.flush()
            process.stdin.close()
            process.wait(SECONDS)
            if len(passed) > stop_at:
                assert process.returncode == -9
        return passed

    def content(self) -> tuple[list[str], dict[str, str]]:
        """The catalogue's content, and the tree: links, blobs by name and by what they hash to."""
        database = Database.open(self.database, "catalogue")
        rows = list(Catalogue(database).dump())
        database.close()
        tree = {
            os.path.relpath(Path(where) / name, self.root): str((Path(where) / name).readlink())
            for where, directories, names in os.walk(self.root / "archive")
            for name in directories + names
            if (Path(where) / name).is_symlink()
        }
        for path in (self.root / "blobs" / "sha256").rglob("*"):
            if path.is_file():
                tree[f"blob {path.name}"] = sha256(path.read_bytes()).hexdigest()
        return rows, tree

    def stored(self) -> set[Digest]:
        """Complete files that a killed process left, durable or still waiting."""
        blobs = self.root / "blobs"
        durable = set(LocalBlobs(blobs))
        waiting = {
            Digest(path.name) for path in (blobs / "incoming").glob("*/*") if len(path.name) == 64
        }
        return durable | waiting

    def kept_of_partial_files(self) -> dict[str, int]:
        """Bytes in the middle of a download, by the digest they are to become."""
        partial = self.root / "blobs" / "partial"
        return {
            path.name: path.stat().st_size
            for path in (partial.iterdir() if partial.is_dir() else ())
            if "." not in path.name
        }


@pytest.fixture
def keyring(tmp_path: Path, throwaway_key: ThrowawayKey) -> Path:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(throwaway_key.public())
    return path


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        server.fault_every(cut_once)
        yield server


def sqlite(root: Path) -> str:
    root.mkdir(parents=True)
    url = f"sqlite:///{root}/catalogue.sqlite"
    database = Database.open(url, "catalogue")
    database.upgrade()
    database.close()
    return url


def points(states: list[str], count: int) -> list[int]:
    """Numbers of announcements: every distinct state once, then anywhere."""
    chance = random.Random(20261115)
    places: dict[str, list[int]] = {}
    for number, state in enumerate(states):
        places.setdefault(state, []).append(number)
    one_each = [chance.choice(numbers) for numbers in places.values()]
    chance.shuffle(one_each)
    others = chance.sample(range(len(states)), len(states))
    return list(dict.fromkeys([*one_each, *others]))[:count]


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.drill)])
def test_killed_anywhere_the_next_sync_ends_the_same(
    tmp_path: Path, upstream: FaultyUpstream, keyring: Path, archive: SmallArchive, count: int
) -> None:
    reference = Place(tmp_path / "reference", sqlite(tmp_path / "reference"), upstream, keyring)
    states = reference.run_until(sys.maxsize)
    expected = reference.content()
    assert len(expected[0]) > 50
    seen: dict[str, int] = {}
    before_the_end = 0
    chosen = points(states, count)
    for number in chosen:
        root = tmp_path / f"killed-{number}"
        place = Place(root, sqlite(root), upstream, keyring)
        state, killed = check_one(place, number, expected, archive)
        shutil.rmtree(root)
        seen[state] = seen.get(state, 0) + 1
        before_the_end += killed
    print(f"killed at {len(chosen)} points, {before_the_end} before the end, states: {seen}")
    assert before_the_end >= 0.8 * len(chosen)
    assert len(seen) >= min(len(set(states)), 16)


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_the_same_on_either_database(
    tmp_path: Path,
    upstream: FaultyUpstream,
    keyring: Path,
    archive: SmallArchive,
    database_urls: DatabaseUrls,
    share: float,
) -> None:
    reference = Place(tmp_path / "reference", sqlite(tmp_path / "reference"), upstream, keyring)
    states = reference.run_until(sys.maxsize)
    place = Place(tmp_path / "killed", database_urls.catalogue, upstream, keyring)
    check_one(place, int(share * len(states)), reference.content(), archive)


def check_one(
    place: Place,
    number: int,
    expected: tuple[list[str], dict[str, str]],
    archive: SmallArchive,
) -> tuple[str, bool]:
    """Kill one sync, run the same command again, compare; returns the state and if it was hit."""
    upstream = place.upstream
    upstream.requests.clear()
    upstream.sent.clear()
    passed = place.run_until(number)
    state = passed[-1]
    stored, partial = place.stored(), place.kept_of_partial_files()
    upstream.sent.clear()
    place.run()
    rows, tree = place.content()
    assert tree == expected[1], f"killed at {number}: {state}"
    assert rows == expected[0], f"killed at {number}: {state}"
    for path, count in upstream.sent.items():
        if "/pool/" not in path:
            continue
        body = archive.files[path]
        digest = Digest.of(body)
        assert digest not in stored, f"killed at {number} ({state}): {path} came twice"
        kept = partial.get(sha256(digest.hex.encode()).hexdigest()[:40], 0)
        assert count == len(body) - kept, f"killed at {number} ({state}): {path}"
    leftovers = [
        path.name
        for part in ("incoming", "partial")
        for path in (place.root / "blobs" / part).rglob("*")
        if path.is_file()
    ]
    assert leftovers == []
    return state, len(passed) > number
