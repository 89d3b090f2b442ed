# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of outcomes, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.classify_outcome import Answer, FetchOutcome, classify

ROWS = [
    (Answer(200), FetchOutcome.OK),
    (Answer(206, ranged=True), FetchOutcome.OK),
    (Answer(200, ranged=True), FetchOutcome.RESTART),
    (Answer(206), FetchOutcome.CORRUPT),
    (Answer(200, "short-body"), FetchOutcome.TRANSIENT),
    (Answer(206, "short-body", ranged=True), FetchOutcome.TRANSIENT),
    (Answer(None, "connection"), FetchOutcome.TRANSIENT),
    (Answer(200, "connection"), FetchOutcome.TRANSIENT),
    (Answer(None), FetchOutcome.TRANSIENT),
    (Answer(200, "wrong-bytes"), FetchOutcome.CORRUPT),
    (Answer(200, "too-long"), FetchOutcome.CORRUPT),
    (Answer(206, "wrong-range", ranged=True), FetchOutcome.CORRUPT),
    (Answer(301), FetchOutcome.FOLLOW),
    (Answer(302, ranged=True), FetchOutcome.FOLLOW),
    (Answer(303), FetchOutcome.FOLLOW),
    (Answer(307), FetchOutcome.FOLLOW),
    (Answer(308), FetchOutcome.FOLLOW),
    (Answer(404), FetchOutcome.MISSING),
    (Answer(410), FetchOutcome.MISSING),
    (Answer(404, succeeded_before=True), FetchOutcome.MISSING),
    (Answer(403), FetchOutcome.REFUSED),
    (Answer(403, succeeded_before=True), FetchOutcome.BANNED),
    (Answer(403, retry_after=0.0), FetchOutcome.BANNED),
    (Answer(509), FetchOutcome.BANNED),
    (Answer(509, retry_after=0.0), FetchOutcome.BANNED),
    (Answer(509, retry_after=60.0), FetchOutcome.BANNED),
    (Answer(416, ranged=True), FetchOutcome.CONFLICT),
    (Answer(416), FetchOutcome.FATAL),
    (Answer(429, retry_after=30.0), FetchOutcome.THROTTLED),
    (Answer(503, retry_after=5.0), FetchOutcome.THROTTLED),
    (Answer(429), FetchOutcome.TRANSIENT),
    (Answer(503), FetchOutcome.TRANSIENT),
    (Answer(503, retry_after=0.0), FetchOutcome.TRANSIENT),
    (Answer(408), FetchOutcome.TRANSIENT),
    (Answer(425), FetchOutcome.TRANSIENT),
    (Answer(500), FetchOutcome.TRANSIENT),
    (Answer(502), FetchOutcome.TRANSIENT),
    (Answer(504), FetchOutcome.TRANSIENT),
    (Answer(599), FetchOutcome.TRANSIENT),
    (Answer(None, "tls"), FetchOutcome.FATAL),
    (Answer(400), FetchOutcome.FATAL),
    (Answer(401), FetchOutcome.FATAL),
    (Answer(407), FetchOutcome.FATAL),
    (Answer(204), FetchOutcome.FATAL),
    (Answer(304), FetchOutcome.FATAL),
]


@pytest.mark.parametrize(("answer", "outcome"), ROWS, ids=str)
def test_row(answer: Answer, outcome: FetchOutcome) -> None:
    assert classify(answer) is outcome


@given(
    st.builds(
        Answer,
        status=st.none() | st.integers(100, 999),
        fault=st.sampled_from(["", "connection", "short-body", "tls", "wrong-bytes", "too-long"]),
        ranged=st.booleans(),
        retry_after=st.none() | st.floats(0, 1e9),
        succeeded_before=st.booleans(),
    )
)
def test_every_answer_means_something_and_only_success_is_ok(answer: Answer) -> None:
    outcome = classify(answer)
    if outcome in {FetchOutcome.OK, FetchOutcome.RESTART}:
        assert answer.status in {200, 206}
        assert not answer.fault
