# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from rebuilders.failure import Interrupted, NotApplicable, RebuildFailure
from snapshot.errors import DejabuildError
from snapshot.verdict import Reason


def test_a_failure_carries_the_code_the_line_and_the_whole_story() -> None:
    failure = RebuildFailure(Reason.DISK_FULL, "no room", evidence="long")
    assert (failure.reason, failure.detail, failure.evidence) == (
        Reason.DISK_FULL,
        "no room",
        "long",
    )
    assert str(failure) == "disk-full: no room"


def test_all_of_them_are_in_the_one_tree_of_errors() -> None:
    for kind in (Interrupted, NotApplicable, RebuildFailure):
        assert issubclass(kind, DejabuildError)
