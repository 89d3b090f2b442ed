# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole syncs from an upstream that does one thing wrong with every package file.

20 files a fault in `make test`, 500 in `make drill`. Either the mirror is the same as after an
undisturbed sync, or nothing is visible and the exit code says why; and then, when the upstream has
mended its ways, the same command ends the same. The upstream counts what it sends: a file's size
and what it cut off, no more. Pauses are counted, not slept.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from snapshot.digest import Digest
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp
from tests import faulty_upstream as faults
from tests.drill_figures import FIGURE
from tests.faulty_upstream import Fault, FaultyUpstream
from tests.in_memory import in_memory
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, World, worlds

FEW, MANY = 20, 500
COUNTS = pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.drill)])
CUT = 1000
Record = Callable[[str, object], None]
Rule = Callable[[str, int], Fault | None]
Content = tuple[list[str], dict[str, str]]


@dataclass
class Drill:
    """One archive, its upstream, and a mirror that has nothing yet.

    Attributes:
        expected: What an undisturbed sync leaves.
        names: The package files.
    """

    root: Path
    keyring: Path
    archive: SmallArchive
    upstream: FaultyUpstream
    world: World
    expected: Content
    names: list[str] = field(default_factory=list)

    def bench(self, name: str, *upstreams: str, timeout: float = 5) -> MirrorBench:
        root = self.root / name
        root.mkdir()
        url = f"sqlite:///{root}/catalogue.sqlite"
        return MirrorBench(
            root, url, *(upstreams or [self.upstream.url]), keys=[self.keyring], timeout=timeout
        )

    def size(self) -> int:
        return sum(len(self.archive.files[name]) for name in self.names)

    def sent(self) -> int:
        return sum(self.upstream.sent[name] for name in self.names)

    def asked(self) -> int:
        return sum("/pool/" in path for path, _ in self.upstream.requests)

    def check_sent(self, beyond: Callable[[int], int]) -> None:
        """Of each file no more than its size and what was cut off of it."""
        for name in self.names:
            size = len(self.archive.files[name])
            assert self.upstream.sent[name] <= size + beyond(size), name


def content(bench: MirrorBench) -> Content:
    """Rows and tree; not until when a Release was seen, which pauses move, nor addresses."""
    rows = [row.rpartition("\t")[0] if row.startswith("release\t") else row for row in bench.dump()]
    return [re.sub(r"http://127\.0\.0\.1:\d+", "upstream", row) for row in rows], bench.tree()


def nothing_wrong(bench: MirrorBench) -> None:
    """No blob that is not what its name says."""
    for digest in bench.blobs:
        with bench.blobs.open(digest) as reader:
            assert Digest.of(reader.read()) == digest


def holds(bench: MirrorBench, world: World) -> bool:
    """Whether a run's tree has every package of a world, byte by byte."""
    top = bench.root / "archive" / "debian" / str(world.date)
    return all(
        (top / deb.path).exists() and (top / deb.path).read_bytes() == deb.data
        for deb in world.debs
    )


def exit_code(bench: MirrorBench) -> int:
    """Sync; what the command would end with."""
    try:
        bench.sync()
    except DejabuildError as error:
        return error.exit_code
    return 0


def nothing_visible(bench: MirrorBench) -> None:
    assert bench.stores.catalogue.archives() == ()
    top = bench.root / "archive" / "debian"
    assert not [one for one in (top.iterdir() if top.is_dir() else ()) if one.name[0] == "2"]


Undisturbed = Callable[[int], tuple[SmallArchive, Content]]


@pytest.fixture(scope="module")
def undisturbed(throwaway_key: ThrowawayKey) -> Undisturbed:
    """By number of package files: an archive, and what a sync of it leaves."""

    @cache
    def made(count: int) -> tuple[SmallArchive, Content]:
        archive = SmallArchive(throwaway_key)
        archive.publish(_world(count))
        with in_memory() as root, FaultyUpstream(archive.files) as upstream:
            (root / "keyring.gpg").write_bytes(throwaway_key.public())
            url = f"sqlite:///{root}/catalogue.sqlite"
            bench = MirrorBench(root, url, upstream.url, keys=[root / "keyring.gpg"])
            bench.sync()
            expected = content(bench)
            bench.close()
        return archive, expected

    return made


def _world(count: int) -> World:
    world, _, _ = worlds(count - 4)  # and two sources of two files each
    return world


@pytest.fixture
def drill(
    tmp_path: Path, throwaway_key: ThrowawayKey, undisturbed: Undisturbed, count: int
) -> Iterator[Drill]:
    original, expected = undisturbed(count)
    archive = replace(original, files=dict(original.files))  # tests publish more
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(throwaway_key.public())
    names = [path for path in archive.files if "/pool/" in path]
    assert len(names) == count
    with FaultyUpstream(archive.files) as upstream:
        yield Drill(tmp_path, keyring, archive, upstream, _world(count), expected, names)


def one_after_the_other(drill: Drill, make: Callable[[int], list[Fault]]) -> Rule:
    """Each package file meets these faults (made for its size), one a request; then none."""
    made = {name: make(len(drill.archive.files[name])) for name in drill.names}

    def rule(path: str, number: int) -> Fault | None:
        queue = made.get(path, [])
        return queue[number - 1] if number <= len(queue) else None

    return rule


def say(record: Record, what: str, drill: Drill, **more: int) -> None:
    counted = {
        "files": len(drill.names),
        "requests": drill.asked(),
        "bytes": drill.size(),
        "sent beyond": drill.sent() - drill.size(),
    }
    record(FIGURE, (f"faulty upstream, {what}", counted | more))


@dataclass(frozen=True)
class Passing:
    """A fault that passes.

    Attributes:
        make: From a file's size to what its first requests meet.
        requests: Most requests a file may take.
        beyond: From a file's size to what may be sent beyond it: what was cut off.
    """

    make: Callable[[int], list[Fault]]
    requests: int = 2
    beyond: Callable[[int], int] = lambda _size: 0
    timeout: float = 5


def half(size: int) -> int:
    return min(CUT, size // 2)


HELD = threading.Event()
CLOCKS: list[Callable[[], None]] = []


def tick() -> None:
    CLOCKS[-1]()


OLDER: Final = "an older and shorter file"
PASSING = {
    "truncation": Passing(lambda size: [faults.truncate(half(size))]),
    "truncation, three times": Passing(
        lambda size: [faults.truncate(half(size) // 3)] * 3, requests=4
    ),
    "quiet truncation": Passing(lambda size: [faults.cut_quietly(half(size))]),
    "reset": Passing(lambda size: [faults.reset(half(size))], beyond=half),
    "stall": Passing(lambda size: [faults.wait_for(half(size), HELD)], timeout=0.25),
    "wrong bytes, right size": Passing(lambda _: [faults.wrong_bytes()], beyond=lambda n: n),
    "wrong bytes, wrong size": Passing(
        lambda _: [faults.stale(OLDER)], beyond=lambda _: len(OLDER)
    ),
    "200 to a Range": Passing(
        lambda size: [faults.truncate(half(size)), faults.ignore_range()], beyond=half
    ),
    "wrong Content-Range": Passing(
        lambda size: [faults.truncate(half(size)), faults.wrong_content_range()],
        requests=3,
        beyond=lambda size: size,
    ),
    "416": Passing(
        lambda size: [faults.truncate(half(size)), faults.status(416)], requests=3, beyond=half
    ),
    "429 with Retry-After": Passing(lambda _: [faults.status(429, "7")]),
    "429": Passing(lambda _: [faults.status(429)]),
    "503 with Retry-After": Passing(lambda _: [faults.status(503, "7")]),
    "503": Passing(lambda _: [faults.status(503)]),
    "no answer": Passing(lambda _: [faults.hang_up()]),
    "no length": Passing(lambda _: [faults.chunked()], requests=1),
    "slow drip": Passing(lambda _: [faults.drip(40, tick)], requests=3, beyond=lambda n: n),
    # What the sockets between us swallowed is no measure: see what crossed them.
    "endless body": Passing(lambda _: [faults.endless()], beyond=lambda _: 1 << 26),
}


@COUNTS
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_the_same_mirror(
    drill: Drill, fault: str, count: int, record_property: Record
) -> None:
    case = PASSING[fault]
    drill.upstream.fault_every(one_after_the_other(drill, case.make))
    bench = drill.bench("mirror", timeout=case.timeout)
    HELD.clear()
    CLOCKS.append(lambda: bench.time.sleep(7.0))
    try:
        (run,) = bench.sync().runs
    finally:
        HELD.set()
        CLOCKS.pop()
    assert content(bench) == drill.expected
    nothing_wrong(bench)
    drill.check_sent(case.beyond)
    assert max(drill.upstream.count(name) for name in drill.names) <= case.requests
    assert run.files == count
    assert run.received <= sum(
        len(drill.archive.files[name]) * 2 + (1 << 18) * (fault == "endless body")
        for name in drill.names
    )
    say(record_property, fault, drill, received=run.received)
    bench.close()


@dataclass(frozen=True)
class Lasting:
    """A fault that does not pass.

    Attributes:
        make: From a file's path to what each of its requests meets.
        requests: Most requests of a file.
        code: The exit code.
    """

    make: Callable[[str], Fault]
    requests: int
    code: int


LASTING = {
    "redirect loop": Lasting(faults.redirect, 6, 1),
    "wrong bytes for ever": Lasting(lambda _: faults.wrong_bytes(), 2, 76),
    "endless bodies for ever": Lasting(lambda _: faults.endless(), 2, 76),
    "503 for ever": Lasting(lambda _: faults.status(503), 6, 75),
    "429 with Retry-After for ever": Lasting(lambda _: faults.status(429, "7"), 6, 75),
    "no answer for ever": Lasting(lambda _: faults.hang_up(), 6, 75),
    "nothing but a head for ever": Lasting(lambda _: faults.truncate(0), 6, 75),
    "400": Lasting(lambda _: faults.status(400), 1, 1),
}


@COUNTS
@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_is_a_clean_refusal_and_then_forgotten(
    drill: Drill, fault: str, count: int, record_property: Record
) -> None:
    case = LASTING[fault]
    drill.upstream.fault_every(lambda path, _: case.make(path) if "/pool/" in path else None)
    bench = drill.bench("mirror")
    with pytest.raises(DejabuildError) as caught:
        bench.sync()
    assert caught.value.exit_code == case.code
    nothing_visible(bench)
    nothing_wrong(bench)
    assert drill.asked() <= case.requests * count
    say(record_property, fault, drill)
    drill.upstream.fault_every(lambda _path, _number: None)
    drill.upstream.sent.clear()
    bench.sync()
    assert content(bench) == drill.expected
    drill.check_sent(lambda _: 0)
    bench.close()


@COUNTS
@pytest.mark.parametrize("code", [509, 403])
def test_a_ban_is_met_with_one_request_a_window(
    drill: Drill, code: int, count: int, record_property: Record
) -> None:
    drill.upstream.fault_every(
        lambda path, _: faults.status(code, "0") if "/pool/" in path else None
    )
    bench = drill.bench("mirror")

    def refused() -> int:
        """Sync, which fails; returns how many requests that took."""
        drill.upstream.requests.clear()
        with pytest.raises(DejabuildError, match="banned") as caught:
            bench.sync()
        assert caught.value.exit_code == 75
        nothing_visible(bench)
        return len(drill.upstream.requests)

    refused()
    assert drill.asked() <= 8  # those that were under way together
    assert len([said for said in bench.listener.said if "banned" in said]) <= drill.asked()
    first = drill.asked()
    drill.upstream.fault_every(lambda _path, _number: faults.status(code, "0"))
    windows = []
    for pause in (1800, 3600, 7200, 14_400):
        assert refused() == 0
        bench.time.sleep(pause - 10)
        assert refused() == 0
        bench.time.sleep(10)
        windows.append(refused())
    assert windows == [1, 1, 1, 1]
    drill.upstream.fault_every(lambda _path, _number: None)
    bench.time.sleep(28_800)
    bench.sync()
    assert content(bench) == drill.expected
    record_property(
        FIGURE,
        (f"faulty upstream, {code}", {"files": count, "at first": first, "later": sum(windows)}),
    )
    bench.close()


@COUNTS
def test_a_redirect_elsewhere_is_followed(
    drill: Drill, count: int, record_property: Record
) -> None:
    with FaultyUpstream(drill.archive.files) as other:
        drill.upstream.fault_every(
            lambda path, _: faults.redirect(other.url + path) if "/pool/" in path else None
        )
        bench = drill.bench("mirror")
        bench.sync()
        assert content(bench) == drill.expected
        assert drill.asked() == len(other.requests) == count
        assert sum(other.sent.values()) == drill.size()
        say(record_property, "302 elsewhere", drill)
        bench.close()


@COUNTS
@pytest.mark.parametrize("code", [404, 410, 403, 509])
def test_what_one_upstream_does_not_give_comes_from_the_next(
    drill: Drill, code: int, count: int, record_property: Record
) -> None:
    with FaultyUpstream(drill.archive.files) as other:
        drill.upstream.fault_every(
            lambda path, _: faults.status(code) if "/pool/" in path else None
        )
        bench = drill.bench("mirror", drill.upstream.url, other.url)
        bench.sync()
        assert bench.tree() == drill.expected[1]  # the catalogue names another origin
        assert drill.asked() <= (count if code in {404, 410} else 8)
        assert max(drill.upstream.count(name) for name in drill.names) == 1
        assert sum(other.sent.values()) == drill.size()
        assert len(other.requests) == count
        say(record_property, f"{code}, next upstream", drill)
        bench.close()


@COUNTS
@pytest.mark.parametrize("code", [404, 410])
def test_what_was_missing_comes_an_hour_later_and_is_not_asked_for_before(
    drill: Drill, code: int, count: int, record_property: Record
) -> None:
    drill.upstream.fault_every(lambda path, _: faults.status(code) if "/pool/" in path else None)
    bench = drill.bench("mirror")
    (run,) = bench.sync().runs
    assert run.missing == count
    for _ in range(3):
        bench.sync()
    assert [drill.upstream.count(name) for name in drill.names] == [1] * count
    bench.time.sleep(3601)
    bench.sync()  # they are still missing: the next time is in two hours
    bench.time.sleep(3601)
    bench.sync()
    assert [drill.upstream.count(name) for name in drill.names] == [2] * count
    drill.upstream.fault_every(lambda _path, _number: None)
    bench.time.sleep(3601)
    bench.sync()
    assert bench.tree() == drill.expected[1]
    nothing_wrong(bench)
    asked = drill.asked()
    bench.time.sleep(1e6)
    bench.sync()
    assert drill.asked() == asked == 3 * count
    drill.check_sent(lambda _: 0)
    say(record_property, f"{code}, then present", drill)
    bench.close()


@COUNTS
def test_a_stale_edge_gives_a_whole_run_or_none(
    drill: Drill, count: int, record_property: Record
) -> None:
    """Half of the answers come from an edge that has the archive of yesterday."""
    bench = drill.bench("mirror")
    bench.sync()
    older = dict(drill.archive.files)
    newer = World(
        tuple(Deb(deb.name, "2.0-1", size=deb.size) for deb in drill.world.debs),
        date=Timestamp(drill.world.date.epoch + 86_400),
    )
    drill.archive.by_hash = False
    drill.archive.publish(newer)
    chance = random.Random(7)
    with FaultyUpstream(older) as edge:
        drill.upstream.fault_every(
            lambda path, _: faults.redirect(edge.url + path) if chance.random() < 0.5 else None
        )
        tries, complete = 0, False
        while not complete:
            tries += 1
            assert tries < 100
            code = exit_code(bench)
            assert code in {0, 75, 76}
            stamps = bench.stores.catalogue.run_stamps("debian")
            assert stamps in {(drill.world.date,), (drill.world.date, newer.date)}
            assert holds(bench, drill.world)
            complete = holds(bench, newer)
            bench.time.sleep(86_401)  # what the older edge lacks is asked for again
    nothing_wrong(bench)
    say(record_property, "stale edge", drill, tries=tries)
    bench.close()


@COUNTS
@pytest.mark.parametrize("by_hash", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_swap_in_mid_run_gives_one_of_the_two_whole(
    drill: Drill, by_hash: bool, share: float, count: int, record_property: Record
) -> None:
    """The archive becomes another one while indices or packages are fetched."""
    newer = World(
        tuple(Deb(deb.name, "2.0-1", size=deb.size) for deb in drill.world.debs),
        date=Timestamp(drill.world.date.epoch + 86_400),
    )
    drill.archive.by_hash = by_hash
    drill.archive.publish(drill.world)
    swapped = threading.Event()

    def swap(path: str) -> None:
        after = share * count
        index = path.startswith("/dists/") and "InRelease" not in path
        begun = drill.asked() >= after if share else index
        if begun and not swapped.is_set():
            swapped.set()
            drill.archive.publish(newer)

    drill.upstream.before = swap
    bench = drill.bench("mirror")
    (run,) = bench.sync().runs
    assert swapped.is_set()
    world = newer if run.stamp == newer.date else drill.world
    assert (world is newer) == (not by_hash and not share)
    assert holds(bench, world)
    nothing_wrong(bench)
    bench.sync()
    assert bench.stores.catalogue.run_stamps("debian")[-1] == newer.date
    say(record_property, "swap in mid-run", drill)
    bench.close()


@COUNTS
def test_any_mixture_of_faults_leaves_the_same_mirror(
    drill: Drill, count: int, record_property: Record
) -> None:
    chance = random.Random(20261128)
    mixed = [case for name, case in PASSING.items() if name not in {"stall", "slow drip"}]
    drill.upstream.fault_every(
        one_after_the_other(
            drill,
            lambda size: [fault for case in chance.sample(mixed, 3) for fault in case.make(size)],
        )
    )
    bench = drill.bench("mirror")
    for _ in range(10):  # wrong bytes twice in a row end a sync, and the next one goes on
        if exit_code(bench) == 0:
            break
        nothing_visible(bench)
    assert content(bench) == drill.expected
    nothing_wrong(bench)
    assert drill.asked() <= 12 * count
    say(record_property, "mixed", drill)
    bench.close()
