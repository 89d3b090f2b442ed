# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns come in a fixed rhythm, and nobody's failure or slowness shifts another's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mirror.progress import Silent
from ops import watch as watching
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.watch import COLLECTION, Schedule, Watch, keep_watching
from ops.wire_mirror import wire_mirror
from snapshot.errors import TransientError
from tests.mirror.mirror_bench import Listener
from tests.ops.conftest import STAMPS, Upstream


def test_everybody_begins_at_once_and_goes_on_at_their_own_interval() -> None:
    schedule = Schedule({"a": 10.0, "b": 25.0}, 100.0, lambda: 0.0)
    assert schedule.due(100.0) == ["a", "b"]
    for name in ("a", "b"):
        schedule.done(name, 101.0)
    assert schedule.due(109.0) == []
    assert schedule.pause(101.0) == 9.0
    assert schedule.due(110.0) == ["a"]
    schedule.done("a", 112.0)
    assert schedule.due(130.0) == ["a", "b"]


def test_missed_turns_are_not_made_up_for_and_shift_nothing() -> None:
    schedule = Schedule({"a": 10.0}, 0.0, lambda: 0.0)
    schedule.done("a", 37.0)
    assert schedule.due(39.0) == []
    assert schedule.due(40.0) == ["a"]
    schedule.done("a", 40.0)
    assert schedule.pause(40.0) == 10.0
    assert schedule.pause(55.0) == 0.0


def test_jitter_delays_a_turn_and_never_the_rhythm() -> None:
    draws = iter([0.99, 0.0])
    schedule = Schedule({"a": 100.0}, 0.0, lambda: next(draws))
    schedule.done("a", 1.0)
    assert schedule.pause(0.0) == pytest.approx(109.9)
    schedule.done("a", 110.0)
    assert schedule.pause(0.0) == 200.0


class Enough(BaseException):
    """Ends a loop that has no end."""


def test_one_that_fails_keeps_no_other_waiting_and_has_its_next_turn(
    small_upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    good = replace(settings.archive["debian"], keep=("yearly for ever",), interval=30.0)
    broken = replace(good, suites=("absent",), interval=10.0)
    settings = replace(
        settings,
        archive={"broken": broken, "debian": good},
        mirror=replace(settings.mirror, gc_interval=20.0, gc_grace=0.000001),
    )
    initialize(settings, clock=lambda: 1.8e9)
    now, pauses = [0.0], [0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        pauses[0] += 1
        if pauses[0] == 4:
            raise Enough

    with pytest.raises(Enough):
        keep_watching(
            settings, clock=lambda: 1.8e9, ticks=lambda: now[0], sleep=sleep, random=lambda: 0.0
        )
    said = capsys.readouterr().err
    assert said.count('"message": "broken: ') == 4
    assert said.count(f"debian: run {STAMPS[2]}: ") == 1
    assert said.count("debian: nothing new") == 1
    assert said.count(f'"message": "{COLLECTION}: ') >= 2
    # Only the first and the last run of a year are captured under such rules.
    stamps = open_stores(settings).catalogue.run_stamps("debian")
    assert [str(stamp) for stamp in stamps] == [STAMPS[0], STAMPS[2]]


def test_a_collection_happens_only_where_the_settings_say_so(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    initialize(settings, clock=lambda: 1.8e9)
    stores = open_stores(settings)
    watch = Watch(settings, stores, wire_mirror(settings, stores, Silent()))
    assert watch.intervals() == {"debian": settings.mirror.interval}
    assert watching.JITTER < 1


def test_a_catalogue_that_is_away_for_a_moment_ends_no_watch(
    small_upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    initialize(settings, clock=lambda: 1.8e9)
    stores, listener = open_stores(settings), Listener()
    watch = Watch(settings, stores, wire_mirror(settings, stores, listener))

    def away(_closures: object) -> None:
        raise TransientError("the catalogue does not answer")

    monkeypatch.setattr("storage.catalogue.closures.Closures.all", away)
    watch.turn("debian")
    watch.keep_closures()
    assert listener.said[-1] == "closures: the catalogue does not answer"
