# SPDX-License-Identifier: GPL-3.0-or-later
"""The database goes away in the middle of a sync; when it is back, the same command finishes."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import Cluster, private_cluster
from tests.drill_figures import FIGURE
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds
from tests.sync_place import Place
from tests.warm_python import WarmPython

FIRST, SECOND, _ = worlds(8)
Record = Callable[[str, object], None]


@pytest.fixture
def upstream(throwaway_key: ThrowawayKey) -> Iterator[FaultyUpstream]:
    archive = SmallArchive(throwaway_key)
    archive.publish_dated("20260711T120000Z", FIRST)
    archive.publish_dated("20260901T010203Z", SECOND)
    with FaultyUpstream(archive.files) as server:
        yield server


@pytest.fixture
def make_place(
    upstream: FaultyUpstream, tmp_path: Path, throwaway_key: ThrowawayKey, python: WarmPython
) -> Callable[[str, str], Place]:
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(throwaway_key.public())

    def make(name: str, database: str) -> Place:
        (tmp_path / name).mkdir(exist_ok=True)
        return Place(tmp_path / name, database, upstream, keyring, python, {"kind": "dated"})

    return make


def disturb(place: Place, at: int, how: Callable[[], None], **more: object) -> tuple[int, str]:
    """Let something happen at the n-th state of a sync; its exit code and what it said."""
    child = place.start(steps=True, **more)
    said = []
    for number, line in enumerate(child.stdout):
        said.append(line)
        if number == at:
            how()
        try:
            child.stdin.write("\n")
            child.stdin.flush()
        except BrokenPipeError:
            break
    said += child.stdout.readlines()
    return child.wait(), "".join(said)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of our own, since we end it."""
    with private_cluster() as running:
        yield running


@pytest.mark.postgresql
@pytest.mark.parametrize("times", [3, pytest.param(40, marks=pytest.mark.drill)])
def test_postgresql_vanishes_in_the_middle_and_comes_back(
    cluster: Cluster,
    make_place: Callable[[str, str], Place],
    times: int,
    record_property: Record,
) -> None:
    reference = make_place("reference", cluster.url(cluster.create("template_dejabuild")))
    states = reference.run_until(None)
    expected = reference.content()
    chance = random.Random(20261128)
    cut_off = 0
    for number in range(times):
        # One in each of so many equal parts of a sync.
        at = int((number + chance.random()) / times * len(states))
        name = cluster.create("template_dejabuild")
        place = make_place(f"place{number}", cluster.url(name))
        code, said = disturb(place, at, cluster.vanish)
        cluster.come_back()
        assert code in (0, 75), said
        assert "Traceback" not in said, said
        if code == 75:
            cut_off += 1
            assert "check the address, and that the server runs" in said
            assert all(blob == real for blob, real in place.blobs())
        place.run()
        assert place.content() == expected, states[at]
        assert place.leftovers() == []
        cluster.drop(name)
    record_property(FIGURE, ("database gone", {"PostgreSQL ended": times, "cut off": cut_off}))
    assert cut_off >= 0.6 * times


@pytest.fixture
def sqlite_place(
    make_place: Callable[[str, str], Place], sqlite_templates: Path
) -> Callable[[str], Place]:
    def make(name: str) -> Place:
        place = make_place(name, "")
        (place.root / "catalogue.sqlite").write_bytes(
            (sqlite_templates / "catalogue.sqlite").read_bytes()
        )
        return place.at(place.root, f"sqlite:///{place.root}/catalogue.sqlite")

    return make


def file_of(place: Place) -> Path:
    return Path(place.database.removeprefix("sqlite:///"))


def test_a_file_that_somebody_keeps_locked_is_named_and_waited_for(
    sqlite_place: Callable[[str], Place], record_property: Record
) -> None:
    reference, place = sqlite_place("reference"), sqlite_place("locked")
    states = reference.run_until(None)
    with closing(sqlite3.connect(file_of(place), isolation_level=None)) as somebody:
        at = states.index("catalogue.stage_index begins")
        code, said = disturb(place, at, lambda: lock(somebody), busy=0.5)
        assert code == 75, said
        assert "another program kept it locked" in said
        assert str(file_of(place)) in said
    place.run()
    assert place.content() == reference.content()
    record_property(FIGURE, ("database gone", {"SQLite locked, removed, garbage": 3}))


def lock(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize("state", ["catalogue.stage_index begins", "catalogue.publish begins"])
def test_a_file_that_was_removed_is_missed_at_once_and_may_be_put_back(
    sqlite_place: Callable[[str], Place], state: str
) -> None:
    """SQLite would write on into a file without a name, and say that all went well."""
    reference, place = sqlite_place("reference"), sqlite_place("removed")
    states = reference.run_until(None)
    names = [file_of(place).with_name(f"catalogue.sqlite{end}") for end in ("", "-wal", "-shm")]

    def remove() -> None:
        for name in names:
            if name.exists():
                name.rename(name.with_name(f"away-{name.name}"))

    code, said = disturb(place, states.index(state), remove)
    assert code == 78, said
    assert f"{file_of(place)}: the file was removed or replaced while it was in use" in said
    assert place.runs().keys() <= reference.runs().keys()
    for name in names:
        away = name.with_name(f"away-{name.name}")
        if away.exists():
            away.replace(name)
    place.run()
    assert place.content() == reference.content()


def test_a_file_that_became_something_else_is_named(
    sqlite_place: Callable[[str], Place],
) -> None:
    place = sqlite_place("garbage")
    place.run(last="20260711T120000Z")
    kept = file_of(place).read_bytes()
    file_of(place).write_bytes(b"this is no database at all\n" * 500)
    code, said = place.attempt()
    assert code == 78, said
    assert str(file_of(place)) in said
    assert "Traceback" not in said
    file_of(place).write_bytes(kept)
    place.run()
    assert len(place.runs()) == 4  # two runs, each with its alias
