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


@dataclass(frozen=True)
class Point:
    """The n-th time that a sync passes a state; threads make the order of states vary."""

    state: str
    occurrence: int

    def hit(self, passed: list[str]) -> bool:
        return passed.count(self.state) >= self.occurrence


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

    def run_until(self, stop_at: Point | None) -> list[str]:
        """Kill it at that point; returns what it announced before, and that."""
        passed: list[str] = []
        hit = False
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
                hit = stop_at == Point(passed[-1], passed.count(passed[-1]))
                if hit:
                    process.kill()
                    break
                process.stdin.write("\n")
                process.stdin.flush()
            process.stdin.close()
            process.wait(SECONDS)
            assert process.returncode == (-9 if hit else 0)
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


def points(states: list[str], count: int) -> list[Point]:
    """Every distinct state once, then any occurrence of any."""
    chance = random.Random(20261115)
    all_points = [Point(state, states[: n + 1].count(state)) for n, state in enumerate(states)]
    one_each = [
        chance.choice([point for point in all_points if point.state == state])
        for state in sorted(set(states))
    ]
    chance.shuffle(one_each)
    others = chance.sample(all_points, len(all_points))
    return list(dict.fromkeys([*one_each, *others]))[:count]


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.drill)])
def test_killed_anywhere_the_next_sync_ends_the_same(
    tmp_path: Path, upstream: FaultyUpstream, keyring: Path, archive: SmallArchive, count: int
) -> None:
    reference = Place(tmp_path / "reference", sqlite(tmp_path / "reference"), upstream, keyring)
    states = reference.run_until(None)
    expected = reference.content()
    assert len(expected[0]) > 50
    chosen = points(states, count)
    before_the_end: list[str] = []
    for number, point in enumerate(chosen):
        root = tmp_path / f"killed-{number}"
        place = Place(root, sqlite(root), upstream, keyring)
        if check_one(place, point, expected, archive):
            before_the_end.append(point.state)
        shutil.rmtree(root)
    print(
        f"killed at {len(chosen)} points, {len(before_the_end)} before the end, in "
        f"{len(set(before_the_end))} of {len(set(states))} states: {sorted(set(before_the_end))}"
    )
    assert len(before_the_end) >= 0.8 * len(chosen)
    assert len(set(before_the_end)) >= 0.8 * min(len(set(states)), count)


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
    states = reference.run_until(None)
    place = Place(tmp_path / "killed", database_urls.catalogue, upstream, keyring)
    number = int(share * len(states))
    point = Point(states[number], states[: number + 1].count(states[number]))
    check_one(place, point, reference.content(), archive)


def check_one(
    place: Place,
    point: Point,
    expected: tuple[list[str], dict[str, str]],
    archive: SmallArchive,
) -> bool:
    """Kill one sync, run the same command again, compare; whether it was killed."""
    upstream = place.upstream
    upstream.requests.clear()
    upstream.sent.clear()
    killed = point.hit(place.run_until(point))
    stored, partial = place.stored(), place.kept_of_partial_files()
    upstream.sent.clear()
    place.run()
    rows, tree = place.content()
    assert tree == expected[1], f"killed at {point}"
    assert rows == expected[0], f"killed at {point}"
    for path, count in upstream.sent.items():
        if "/pool/" not in path:
            continue
        body = archive.files[path]
        digest = Digest.of(body)
        assert digest not in stored, f"killed at {point}: {path} came twice"
        kept = partial.get(sha256(digest.hex.encode()).hexdigest()[:40], 0)
        assert count == len(body) - kept, f"killed at {point}: {path}"
    leftovers = [
        path.name
        for part in ("incoming", "partial")
        for path in (place.root / "blobs" / part).rglob("*")
        if path.is_file()
    ]
    assert leftovers == []
    return killed


def test_the_operators_own_command_too(
    tmp_path: Path, upstream: FaultyUpstream, keyring: Path
) -> None:
    """`dejabuild mirror sync`, killed while the upstream answers the fifth package."""
    reference, killed = tmp_path / "reference", tmp_path / "killed"
    for data in (reference, killed):
        (data.with_suffix(".toml")).write_text(
            f'[server]\ndata = "{data}"\n[archive.debian]\nkind = "dated"\n'
            f'upstreams = ["{upstream.url}"]\nsuites = ["bookworm"]\nkeyring = "{keyring}"\n'
        )
    command = [str(Path(sys.executable).with_name("dejabuild")), "mirror", "sync", "--config"]

    def start(data: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, str(data.with_suffix(".toml"))],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
        )

    with start(reference) as process:
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, said.decode()
    upstream.requests.clear()
    with start(killed) as process:
        upstream.before = lambda _path: (
            process.kill()
            if sum("/pool/" in path for path, _ in list(upstream.requests)) == 5
            else None
        )
        process.communicate(timeout=SECONDS)
        assert process.returncode == -9
    upstream.before = lambda _path: None
    with start(killed) as process:
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, said.decode()
    contents = [
        Place(data, f"sqlite:///{data}/catalogue.sqlite", upstream, keyring).content()
        for data in (reference, killed)
    ]
    assert contents[0] == contents[1]
    assert len(contents[0][0]) > 50
