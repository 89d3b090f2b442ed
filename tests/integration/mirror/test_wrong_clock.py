# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose clock is wrong by an hour, either way, or jumps back in the middle of a sync."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from snapshot.timestamp import Timestamp
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, World, worlds
from tests.sync_place import Place
from tests.warm_python import WarmPython

HOUR = 3600
FIRST, SECOND, THIRD = worlds(4)


@pytest.fixture
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    return SmallArchive(throwaway_key)


@pytest.fixture
def make_place(
    archive: SmallArchive,
    tmp_path: Path,
    throwaway_key: ThrowawayKey,
    python: WarmPython,
    sqlite_templates: Path,
) -> Iterator[Callable[[str], Place]]:
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(throwaway_key.public())
    with FaultyUpstream(archive.files) as upstream:

        def make(name: str) -> Place:
            root = tmp_path / name
            root.mkdir()
            (root / "catalogue.sqlite").write_bytes(
                (sqlite_templates / "catalogue.sqlite").read_bytes()
            )
            url = f"sqlite:///{root}/catalogue.sqlite"
            return Place(root, url, upstream, keyring, python, {"kind": "live"})

        yield make


def test_a_release_may_be_an_hour_ahead_and_no_second_more(
    archive: SmallArchive, make_place: Callable[[str], Place]
) -> None:
    archive.publish(SECOND)
    date = SECOND.date.epoch
    slow, right = make_place("slow"), make_place("right")
    code, said = slow.attempt(now=date - HOUR - 1)
    assert code == 76, said
    assert "in the future of" in said
    assert "check this machine's clock" in said
    assert (slow.catalogue(), slow.runs(), slow.blobs()) == ([], {}, [])
    slow.run(now=date - HOUR)
    right.run(now=date + 60)
    for place in (slow, right):
        place.run(now=date + 120)
    assert slow.content() == right.content()


def test_a_clock_that_is_an_hour_fast_ends_a_release_early_and_harms_nothing(
    archive: SmallArchive, make_place: Callable[[str], Place]
) -> None:
    date = SECOND.date.epoch
    until = formatdate(date + 2 * HOUR, usegmt=True)
    archive.publish(replace(SECOND, valid_until=until))
    fast, right = make_place("fast"), make_place("right")
    code, said = fast.attempt(now=date + 2 * HOUR + 1)
    assert code == 76, said
    assert "was valid until" in said
    assert fast.catalogue() == []
    for place in (fast, right):
        place.run(now=date + 2 * HOUR)
    assert fast.content() == right.content()


def test_what_a_wrong_clock_noted_never_goes_back_and_blocks_nothing(
    archive: SmallArchive, make_place: Callable[[str], Place]
) -> None:
    """Observed an hour ahead, then at the right time, then the archive changes."""
    wrong, right = make_place("wrong"), make_place("right")
    noon = FIRST.date.epoch + 1000
    archive.publish(FIRST)
    for place, clock in ((wrong, noon + HOUR), (right, noon)):
        place.run(now=clock)
        place.run(now=clock)
    for place in (wrong, right):
        place.run(now=noon + 60)
    assert observed(wrong) == [Timestamp(noon + HOUR)]  # a later sight is not taken back
    assert observed(right) == [Timestamp(noon + 60)]
    # Two states come in the hour in which the wrong clock said that it had looked.
    for number, world in enumerate((SECOND, THIRD), start=2):
        newer = replace(world, date=Timestamp(FIRST.date.epoch + 1000 * number))
        archive.publish(newer)
        for place in (wrong, right):
            place.run(now=noon + 1000 * number)
            place.run(now=noon + 2 * HOUR)
    assert without_observed(wrong) == without_observed(right)
    assert len(wrong.runs()) == 3


def test_a_clock_that_jumps_back_in_the_middle_changes_nothing(
    archive: SmallArchive, make_place: Callable[[str], Place]
) -> None:
    archive.publish(SECOND)
    now = SECOND.date.epoch + 60
    jumping, right = make_place("jumping"), make_place("right")
    for phase in ("verify", "index", "fetch", "publish"):
        place = make_place(f"jumping-at-{phase}")
        place.run(now=now, jump={phase: -HOUR})
        place.run(now=now)
        if phase == "verify":
            right.run(now=now)
            right.run(now=now)
        assert place.content() == right.content(), phase
    jumping.run(now=now, jump={"fetch": HOUR})
    jumping.run(now=now)
    assert jumping.content() == right.content()


def observed(place: Place) -> list[Timestamp]:
    """Until when each Release was seen."""
    rows = [line.split("\t") for line in place.catalogue()]
    return [Timestamp.parse(row[-1]) for row in rows if row[0] == "release"]


def without_observed(place: Place) -> list[str]:
    return [re.sub(r"^(release\t.*\t)\S+$", r"\1", line) for line in place.catalogue()]


def test_the_operators_command_under_a_wrong_clock(
    tmp_path: Path, throwaway_key: ThrowawayKey, python: WarmPython
) -> None:
    now = int(time.time())
    archive = SmallArchive(throwaway_key)
    archive.publish(World(FIRST.debs, date=Timestamp(now - 600)))
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    config = tmp_path / "config.toml"
    with FaultyUpstream(archive.files) as upstream:
        config.write_text(
            f'[server]\ndata = "{tmp_path}/data"\n[archive.debian]\nkind = "live"\n'
            f'upstreams = ["{upstream.url}"]\nsuites = ["bookworm"]\n'
            f'keyring = "{tmp_path}/keyring.gpg"\n'
        )
        for hours, expected in ((-2, 76), (1, 0), (-1, 0), (0, 0)):
            words = ["mirror", "sync", "--config", str(config)]
            argument = {"seconds": hours * HOUR, "words": words}
            child = python.start("tests.wrong_clock:main", argument)
            said = child.stdout.read()
            assert child.wait() == expected, said
            assert "Traceback" not in said
            assert ("check this machine's clock" in said) == (expected == 76)
