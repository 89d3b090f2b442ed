# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL a sync anywhere; the same command again ends as if nothing had happened.

A few points in `make test`, some hundred in `make drill`. A sync is a real process over a real
upstream that counts the bytes it sends. It is killed in every state it announces (it stops there
while its download threads run on), and at instants that a clock chose. Between the kill and the
restart a fresh reader looks: a run is there whole or not at all.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha1, sha256
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import pytest

from snapshot.digest import Digest
from storage.database import Database
from tests import faulty_upstream as faults
from tests.databases import Cluster
from tests.drill_figures import FIGURE
from tests.faulty_upstream import Fault, FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, Source, World, worlds
from tests.sync_place import Content, Place, Point
from tests.warm_python import WarmPython

SECONDS = 120
FIRST, SECOND = "20260711T120000Z", "20260901T010203Z"
Record = Callable[[str, object], None]


def cut_once(path: str, number: int) -> Fault | None:
    """Every third package loses its first connection in the middle of it."""
    if "/pool/" in path and number == 1 and sha1(path.encode()).digest()[0] % 3 == 0:
        return faults.truncate(1500)
    return None


@dataclass(frozen=True)
class Archive:
    """What an upstream serves, before and while syncs are killed.

    Attributes:
        before: What was mirrored already; nothing means an empty data directory.
        files: What is to come.
        settings: Of the sync.
    """

    before: Mapping[str, bytes]
    files: Mapping[str, bytes]
    settings: Mapping[str, str]


def _states() -> tuple[World, World]:
    first, second, _ = worlds(10)
    large = tuple(Deb(f"large{n}", "1", size=700_000 + n) for n in range(3))
    more = (*second.debs, *large[1:], Deb("large9", "1", size=600_000))
    sources = (*second.sources, Source("another", "3.0"))
    return World(first.debs + large, first.sources, first.date), World(more, sources, second.date)


@pytest.fixture(scope="module")
def archives(throwaway_key: ThrowawayKey) -> dict[str, Archive]:
    """Two dated runs, some packages of which come in several pieces; the second one alone, live."""
    older, newer = _states()
    dated = SmallArchive(throwaway_key)
    dated.publish_dated(FIRST, older)
    dated.publish_dated(SECOND, newer)
    live = SmallArchive(throwaway_key)
    live.publish(older)
    before = dict(live.files)
    live.publish(newer)
    settings = {"kind": "live"}
    return {
        "dated": Archive({}, dated.files, {"kind": "dated"}),
        "live": Archive(before, live.files, settings),
        "on-demand": Archive(before, live.files, {**settings, "files": "on-demand"}),
    }


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory, throwaway_key: ThrowawayKey) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keyring.gpg"
    path.write_bytes(throwaway_key.public())
    return path


@pytest.fixture(scope="module")
def benches(keyring: Path, warm_pythons: list[WarmPython]) -> Iterator[list[Place]]:
    """Places without a directory yet: an upstream and a warm interpreter for each."""
    with ExitStack() as stack:
        upstreams = [stack.enter_context(FaultyUpstream({})) for _ in warm_pythons]
        for upstream in upstreams:
            upstream.fault_every(cut_once)
        yield [
            Place(Path("/nonexistent"), "", upstream, keyring, python, {})
            for upstream, python in zip(upstreams, warm_pythons, strict=True)
        ]


@dataclass
class Drill:
    """One archive on one database: how it ends undisturbed, and places to disturb it in."""

    archive: Archive
    folder: Path
    benches: list[Place]
    cluster: Cluster | None = None
    by_operator: bool = False
    states: list[str] = field(default_factory=list)
    seconds: float = 0.0
    #: The catalogue and the runs that a reader may see at any time, and the end.
    allowed: list[list[str]] = field(default_factory=list)
    runs: dict[str, dict[str, str]] = field(default_factory=dict)
    end: Content = field(default_factory=lambda: ([], {}))
    _numbers: Iterator[int] = field(default_factory=count)
    _template: str = ""

    def prepare(self) -> None:
        """Mirror what was there before, then once undisturbed what is to come."""
        bench = self.benches[0]
        template = self.place(bench, self.folder / "template", new=True)
        self.allowed.append(template.catalogue())
        if self.archive.before:
            bench.upstream.files = self.archive.before
            template.run()
            self.allowed.append(template.catalogue())
            self.runs |= template.runs()
        bench.upstream.files = self.archive.files
        if not self.by_operator:
            self.states = self.place(bench).run_until(None)
        timed, end = self.place(bench), self.place(bench)
        began = time.monotonic()
        timed.run()
        self.seconds = time.monotonic() - began
        if self.archive.settings["kind"] == "dated":
            end.run(last=FIRST)
            self.allowed.append(end.catalogue())
        end.run()
        self.allowed.append(end.catalogue())
        self.runs |= end.runs()
        end.run()  # sees nothing new, as whoever was killed after the end will
        self.end = end.content()
        assert len(self.end[0]) > 40

    def place(self, bench: Place, root: Path | None = None, *, new: bool = False) -> Place:
        """A copy of the template, on a database of its own."""
        name = f"place{next(self._numbers)}"
        root = root or self.folder / name
        config = root.with_suffix(".toml") if self.by_operator else None
        if new:
            root.mkdir(parents=True)
        else:
            shutil.copytree(self.folder / "template", root, symlinks=True)
        if self.cluster is not None:
            template = "template_dejabuild" if new else self._template
            url = self.cluster.url(self.cluster.create(template))
            if new:
                self._template = url.rpartition("/")[2]
        else:
            url = f"sqlite:///{root}/catalogue.sqlite"
        if new and self.cluster is None:
            database = Database.open(url, "catalogue")
            database.upgrade()
            database.close()
        if config is not None:
            kind = self.archive.settings["kind"]
            config.write_text(
                f'[server]\ndata = "{root}"\n[archive.debian]\nkind = "{kind}"\n'
                f'upstreams = ["{bench.upstream.url}"]\nsuites = ["bookworm"]\n'
                f'keyring = "{bench.keyring}"\n'
            )
        settings = self.archive.settings
        return replace(bench, root=root, database=url, settings=settings, config=config)

    def drop(self, place: Place) -> None:
        shutil.rmtree(place.root)
        if self.cluster is not None:
            self.cluster.drop(place.database.rpartition("/")[2])

    def check(self, bench: Place, kill: Callable[[Place], str | None]) -> str | None:
        """Kill one sync, look, run the same command again, compare; where it was killed."""
        place = self.place(bench)
        upstream = place.upstream
        upstream.files = self.archive.files
        upstream.requests.clear()
        where = kill(place)
        self._look(place, where)
        stored, partial = place.stored(), place.kept_of_partial_files()
        upstream.sent.clear()
        place.run()
        self._count_bytes(upstream, stored, partial, where)
        assert place.leftovers() == [], where
        place.run()
        rows, tree = place.content()
        assert tree == self.end[1], f"killed at {where}"
        assert rows == self.end[0], f"killed at {where}"
        self.drop(place)
        return where

    def _look(self, place: Place, where: str | None) -> None:
        """What a reader sees of a data directory whose sync has just been killed."""
        assert place.catalogue() in self.allowed, f"half a run, killed at {where}"
        for stamp, files in place.runs().items():
            assert files == self.runs[stamp], f"half a tree of {stamp}, killed at {where}"
        assert all(name == real for name, real in place.blobs()), f"a wrong blob, {where}"

    def _count_bytes(
        self,
        upstream: FaultyUpstream,
        stored: set[Digest],
        partial: Mapping[str, int],
        where: str | None,
    ) -> None:
        """Nothing comes twice that was stored, nor what was kept of a partial file."""
        for path, sent in upstream.sent.items():
            body = self.archive.files[path]
            digest = Digest.of(body)
            if path.endswith("InRelease") or path.startswith("/mr/"):
                continue  # asked for anew: they say whether there is news
            assert digest not in stored, f"killed at {where}: {path} came twice"
            kept = partial.get(sha256(digest.hex.encode()).hexdigest()[:40], 0)
            assert sent == len(body) - kept, f"killed at {where}: {path}"

    def everywhere(self, kills: list[Callable[[Place], str | None]]) -> list[str | None]:
        """All kills, some at once."""
        free: SimpleQueue[Place] = SimpleQueue()
        for bench in self.benches:
            free.put(bench)

        def one(kill: Callable[[Place], str | None]) -> str | None:
            bench = free.get()
            try:
                return self.check(bench, kill)
            finally:
                free.put(bench)

        with ThreadPoolExecutor(len(self.benches)) as pool:
            return list(pool.map(one, kills))


MakeDrill = Callable[..., Drill]


@pytest.fixture
def make_drill(
    tmp_path: Path,
    archives: dict[str, Archive],
    benches: list[Place],
    request: pytest.FixtureRequest,
) -> MakeDrill:
    def make(archive: str, database: str = "sqlite", *, by_operator: bool = False) -> Drill:
        cluster = None
        if database == "postgresql":
            cluster = request.getfixturevalue("postgresql_cluster")
        drill = Drill(archives[archive], tmp_path, benches, cluster, by_operator=by_operator)
        drill.prepare()
        return drill

    return make


def points(states: list[str], most: int) -> list[Point]:
    """Every distinct state once, then any occurrence of any."""
    chance = random.Random(20261115)
    all_points = [Point(state, states[: n + 1].count(state)) for n, state in enumerate(states)]
    one_each = [
        chance.choice([point for point in all_points if point.state == state])
        for state in sorted(set(states))
    ]
    chance.shuffle(one_each)
    others = chance.sample(all_points, len(all_points))
    return list(dict.fromkeys([*one_each, *others]))[:most]


def in_state(point: Point) -> Callable[[Place], str | None]:
    def kill(place: Place) -> str | None:
        return point.state if point.hit(place.run_until(point)) else None

    return kill


def at_instant(share: float, drill: Drill) -> Callable[[Place], str | None]:
    """After a share of the time that a whole sync takes; sooner if it was quicker this time."""

    def kill(place: Place) -> str | None:
        for attempt in range(6):
            said = place.run_for(share * drill.seconds * 0.6**attempt)
            if said is not None:
                return said
            drill.drop(place)
            again = drill.place(place)
            shutil.move(again.root, place.root)
            if drill.cluster is not None:
                drill.cluster.drop(place.database.rpartition("/")[2])
        return None

    return kill


DRILL = pytest.mark.drill


@pytest.mark.parametrize(
    ("archive", "database", "most"),
    [
        ("dated", "sqlite", 12),
        ("live", "sqlite", 4),
        ("on-demand", "sqlite", 2),
        pytest.param("live", "postgresql", 2, marks=pytest.mark.postgresql),
        pytest.param("dated", "sqlite", 90, marks=DRILL),
        pytest.param("live", "sqlite", 40, marks=DRILL),
        pytest.param("on-demand", "sqlite", 30, marks=DRILL),
        pytest.param("dated", "postgresql", 30, marks=[DRILL, pytest.mark.postgresql]),
        pytest.param("live", "postgresql", 20, marks=[DRILL, pytest.mark.postgresql]),
    ],
)
def test_killed_in_any_state_the_next_sync_ends_the_same(
    make_drill: MakeDrill, archive: str, database: str, most: int, record_property: Record
) -> None:
    drill = make_drill(archive, database)
    chosen = points(drill.states, most)
    found = [where for where in drill.everywhere([in_state(point) for point in chosen]) if where]
    print(f"{archive} on {database}, {len(found)} of {len(chosen)}: {Counter(found)}")
    counted = {"in states": len(found), "on postgresql": len(found) * (database != "sqlite")}
    record_property(FIGURE, ("SIGKILL of a sync", counted))
    # Threads run on while a state is told: now and then the last occurrence does not come.
    assert len(found) >= 0.8 * len(chosen)
    assert len(set(found)) >= 0.8 * min(len(set(drill.states)), len(chosen))


@pytest.mark.parametrize(
    ("archive", "database", "by_operator", "most"),
    [
        ("dated", "sqlite", False, 4),
        ("live", "sqlite", True, 4),
        pytest.param("dated", "sqlite", False, 50, marks=DRILL),
        pytest.param("live", "sqlite", True, 50, marks=DRILL),
        pytest.param("dated", "sqlite", True, 30, marks=DRILL),
        pytest.param("live", "postgresql", False, 20, marks=[DRILL, pytest.mark.postgresql]),
    ],
)
def test_killed_at_any_instant_the_next_sync_ends_the_same(
    make_drill: MakeDrill,
    archive: str,
    database: str,
    by_operator: bool,
    most: int,
    record_property: Record,
) -> None:
    drill = make_drill(archive, database, by_operator=by_operator)
    chance = random.Random(20261128)
    # Spread over the whole run: one in each of so many equal parts of it.
    shares = [(n + chance.random()) / most for n in range(most)]
    found = [w for w in drill.everywhere([at_instant(share, drill) for share in shares]) if w]
    print(f"{archive} on {database}, {len(found)} of {most}: {Counter(found)}")
    counted = {
        "at instants": len(found),
        "by the operator's command": len(found) * by_operator,
        "on postgresql": len(found) * (database != "sqlite"),
    }
    record_property(FIGURE, ("SIGKILL of a sync", counted))
    assert len(found) >= 0.8 * most


def test_the_operators_own_command_as_a_program(
    tmp_path: Path, archives: dict[str, Archive], benches: list[Place]
) -> None:
    """`dejabuild mirror sync` as a shell starts it, killed while the fifth package is answered."""
    upstream = benches[0].upstream
    upstream.files = archives["dated"].files
    reference, killed = tmp_path / "reference", tmp_path / "killed"
    for data in (reference, killed):
        (data.with_suffix(".toml")).write_text(
            f'[server]\ndata = "{data}"\n[archive.debian]\nkind = "dated"\n'
            f'upstreams = ["{upstream.url}"]\nsuites = ["bookworm"]\n'
            f'keyring = "{benches[0].keyring}"\n'
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
        replace(benches[0], root=data, database=f"sqlite:///{data}/catalogue.sqlite").content()
        for data in (reference, killed)
    ]
    assert contents[0] == contents[1]
    assert len(contents[0][0]) > 50
