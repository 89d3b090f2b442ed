# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict cannot contradict itself."""

import pytest

from snapshot.errors import InvalidInput
from snapshot.verdict import Reason, Status, Verdict


def test_the_wire_spells_unknown_differently() -> None:
    assert [status.wire for status in Status] == ["GOOD", "BAD", "FAIL", "UNKWN"]
    assert all(Status.from_wire(status.wire) is status for status in Status)


@pytest.mark.parametrize("bad", ["good", "", "UNKNOWN!", "Good"])
def test_other_spellings_are_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        Status.from_wire(bad)


def test_fail_needs_a_reason_and_good_has_none() -> None:
    with pytest.raises(InvalidInput):
        Verdict(Status.FAIL)
    with pytest.raises(InvalidInput):
        Verdict(Status.GOOD, Reason.BUILD_FAILED)


def test_a_verdict_reads_as_people_say_it() -> None:
    assert str(Verdict(Status.FAIL, Reason.BUILD_FAILED)) == "FAIL build-failed"
    assert str(Verdict(Status.BAD, reported=True)) == "BAD (reported)"


def test_a_failed_build_is_not_transient_and_a_lost_worker_is() -> None:
    assert Reason.WORKER_LOST.transient
    assert not Reason.BUILD_FAILED.transient
