# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from api.error_response import error_response, error_status
from snapshot.errors import (
    Busy,
    ConfigurationError,
    CorruptUpstream,
    DejabuildError,
    Denied,
    InvalidInput,
    NotFound,
    StorageFull,
    TransientError,
    Unsupported,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 400),
        (Denied("x"), 403),
        (NotFound("x"), 404),
        (Busy("x"), 409),
        (CorruptUpstream("x"), 502),
        (Unsupported("x"), 501),
        (TransientError("x"), 503),
        (StorageFull("x"), 507),
        (ConfigurationError("x"), 500),
        (DejabuildError("x"), 500),
    ],
)
def test_every_error_has_its_status(error: DejabuildError, status: int) -> None:
    assert error_status(error) == status


def test_the_answer_says_what_and_what_to_do_in_plain_text() -> None:
    answer = error_response(NotFound("no such run", advice="list the runs first"))
    assert answer.get_data(as_text=True) == "no such run\n  list the runs first\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_what_may_work_later_says_when() -> None:
    assert error_response(TransientError("x", retry_after=12.7)).headers["Retry-After"] == "12"
    assert error_response(TransientError("x")).headers["Retry-After"] == "5"
