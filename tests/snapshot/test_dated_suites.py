# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dated suites hold a set of files."""

from __future__ import annotations

from snapshot import dated_suites
from snapshot.candidate import Candidate, Chosen
from snapshot.dated_suites import CoverStep
from snapshot.need import Need
from snapshot.timestamp import Timestamp
from tests.snapshot.archive_of import candidate


def chosen(*candidates: Candidate) -> list[Chosen]:
    return [Chosen(Need(c.name, c.version), (c,)) for c in candidates]


def minimal_cover(chosen: list[Chosen], near: Timestamp | None) -> tuple[CoverStep, ...]:
    found = dated_suites.minimal_cover(chosen, near)
    assert found.at_least == len(found.steps)
    return found.steps


def test_one_date_is_enough_when_all_met_there() -> None:
    steps = minimal_cover(
        chosen(candidate("a 1", "1-4"), candidate("b 1 all", "3-"), candidate("c 1", "2-5")), None
    )
    assert [(s.archive, s.suite, s.at.epoch) for s in steps] == [("debian", "sid", 3)]
    assert steps[0].architectures == ("all", "amd64")
    assert steps[0].components == ("main",)
    assert len(steps[0].needs) == 3


def test_a_step_says_until_when_it_holds() -> None:
    pair = chosen(candidate("a 1", "1-4"), candidate("b 1 all", "3-"))
    assert [step.until for step in minimal_cover(pair, None)] == [Timestamp(4)]
    assert [step.until for step in minimal_cover(pair[1:], None)] == [None]
    other = chosen(candidate("a 1", "1-2"), candidate("b 1", "2-9"), candidate("c 1", "1-3"))
    ends = [(step.at.epoch, step.until) for step in minimal_cover(other, None)]
    assert ends == [(2, Timestamp(3)), (1, Timestamp(2))]


def test_a_later_range_counts_as_much_as_the_first() -> None:
    steps = minimal_cover(chosen(candidate("a 1", "1-2", "8-9"), candidate("b 1", "8-9")), None)
    assert [step.at.epoch for step in steps] == [8]


def test_two_dates_are_named_when_nothing_less_will_do() -> None:
    steps = minimal_cover(
        chosen(
            candidate("a 1", "1-2"), candidate("b 1", "2-3"), candidate("c 1", "1-3", component="x")
        ),
        None,
    )
    assert [step.at.epoch for step in steps] == [2, 1]
    assert [need.name for step in steps for need in step.needs] == ["b", "c", "a"]


def test_another_suite_helps_and_equal_choices_go_to_the_date_of_the_build() -> None:
    a, b = candidate("a 1", "1-2", "8-9"), candidate("b 1", "4-", suite="trixie")
    assert [(step.suite, step.at.epoch) for step in minimal_cover(chosen(a, b), Timestamp(7))] == [
        ("sid", 8),
        ("trixie", 4),
    ]
    assert [step.at.epoch for step in minimal_cover(chosen(a), Timestamp(0))] == [1]
