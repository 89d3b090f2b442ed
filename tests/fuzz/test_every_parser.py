# SPDX-License-Identifier: GPL-3.0-or-later
"""Every parser of foreign bytes is attacked: with a few documents, in `make drill` with 1,000."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.drill_figures import FIGURE
from tests.fuzz.answering_server import AnsweringServer
from tests.fuzz.engine import Subject, attack
from tests.fuzz.mirroring import answers
from tests.fuzz.registry import NOT_FOREIGN, SUBJECTS, parsers

FEW, MANY = 25, 1000
CASES = pytest.mark.parametrize("cases", [FEW, pytest.param(MANY, marks=pytest.mark.drill)])
Record = Callable[[str, object], None]


def _attack(subject: Subject, cases: int, record_property: Record) -> None:
    tried, accepted = attack(subject, cases, again=cases == FEW)
    # A format of few forms may have fewer documents than that.
    counted = {"parsers": 1, "documents": tried, "accepted": accepted}
    record_property(FIGURE, ("fuzzing", counted))
    assert tried >= 0.9 * cases


@CASES
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_damaged_documents_are_read_or_refused(
    subject: Subject, cases: int, record_property: Record
) -> None:
    _attack(subject, cases, record_property)


@pytest.fixture(scope="module")
def server() -> Iterator[AnsweringServer]:
    with AnsweringServer() as running:
        yield running


@CASES
@pytest.mark.parametrize("number", range(3))
def test_any_answer_of_a_server_is_the_file_or_a_clear_error(
    server: AnsweringServer, number: int, cases: int, record_property: Record
) -> None:
    _attack(answers(server)[number], cases, record_property)


def test_no_parser_is_left_out() -> None:
    attacked = {one for subject in SUBJECTS for one in subject.covers}
    found = set(parsers())
    assert len(found) > 40, "the rule that finds parsers finds them no more"
    assert found - attacked - set(NOT_FOREIGN) == set(), "give it a line in tests/fuzz"
    assert set(NOT_FOREIGN) - found == set(), "an exception for something that is gone"
