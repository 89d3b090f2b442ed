# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing files are asked for again later, the more seldom the longer they are missing."""

from __future__ import annotations

import pytest

from mirror.fetch_missing import fetch_missing
from mirror.halt import Stopped
from snapshot.errors import PermanentError, StorageFull
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive, World

GONE = f"/{FIRST.debs[1].path}"


@pytest.fixture
def body(mirror: MirrorBench, archive: SmallArchive) -> bytes:
    """What was missing when the run was captured."""
    body = archive.files.pop(GONE)
    assert mirror.sync().missing == 1
    return body


def test_it_is_asked_for_after_one_two_four_hours_and_then_daily(
    mirror: MirrorBench, upstream: FaultyUpstream, body: bytes
) -> None:
    began, asked = mirror.time.now, []
    for _ in range(4 * 96):
        before = upstream.count(GONE)
        fetch_missing(mirror.policy(), mirror.stores)
        if upstream.count(GONE) > before:
            asked.append(round((mirror.time.now - began) / 3600))
        mirror.time.sleep(900)
    assert asked[:5] == [1, 3, 7, 15, 31]
    assert asked[5] - asked[4] == 24
    assert body


def test_it_comes_once_and_is_then_forgotten(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive, body: bytes
) -> None:
    archive.files[GONE] = body
    mirror.time.sleep(3600)
    assert fetch_missing(mirror.policy(), mirror.stores) == 1
    mirror.time.sleep(1e6)
    assert fetch_missing(mirror.policy(), mirror.stores) == 0
    assert upstream.count(GONE) == 2
    top = mirror.root / "archive" / "debian" / str(FIRST.date)
    assert (top / FIRST.debs[1].path).read_bytes() == body


def test_nobody_asks_for_what_the_newest_index_names_no_more(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive, body: bytes
) -> None:
    later = type(FIRST.date)(FIRST.date.epoch + 86_400)
    archive.publish(World((FIRST.debs[0], *FIRST.debs[2:]), FIRST.sources, later))
    archive.files.pop(GONE, None)
    mirror.sync()
    mirror.time.sleep(1e6)
    fetch_missing(mirror.policy(), mirror.stores)
    assert upstream.count(GONE) == 1
    assert body


@pytest.mark.parametrize("text", ["", "{", "[]", '["a", "b"]', "[1e999, 1e999]", "[NaN, -1]", "\0"])
def test_a_damaged_note_is_an_old_one(
    mirror: MirrorBench, upstream: FaultyUpstream, body: bytes, text: str
) -> None:
    (mirror.root / "run" / "missing-debian.json").write_text(text)
    fetch_missing(mirror.policy(), mirror.stores)
    assert upstream.count(GONE) == 2
    assert body


@pytest.mark.parametrize("code", [500, 402])
def test_an_upstream_that_fails_meanwhile_fails_no_sync(
    mirror: MirrorBench, upstream: FaultyUpstream, body: bytes, code: int
) -> None:
    mirror.time.sleep(3600)
    upstream.fault(GONE, *[faults.status(code)] * 6)
    assert mirror.sync().runs[0].unchanged
    assert body


def test_an_upstream_that_does_not_answer_is_not_waited_for_once_a_file(
    mirror: MirrorBench, upstream: FaultyUpstream, archive: SmallArchive
) -> None:
    for deb in FIRST.debs:
        archive.files.pop(f"/{deb.path}")
    assert mirror.sync().missing == len(FIRST.debs)
    mirror.time.sleep(3600)
    upstream.requests.clear()
    upstream.fault_every(lambda _path, _number: faults.status(500))
    assert fetch_missing(mirror.policy(), mirror.stores) == 0
    assert len({path for path, _ in upstream.requests}) == 1


@pytest.mark.parametrize("error", [StorageFull("no room"), Stopped("stopped")])
def test_what_ends_a_sync_ends_it_here_too(
    mirror: MirrorBench, monkeypatch: pytest.MonkeyPatch, body: bytes, error: PermanentError
) -> None:
    def fail(_pull: object, _digest: object) -> bool:
        raise error

    mirror.time.sleep(3600)
    monkeypatch.setattr("mirror.pull.PullThrough.__call__", fail)
    with pytest.raises(type(error)):
        fetch_missing(mirror.policy(), mirror.stores)
    assert body
