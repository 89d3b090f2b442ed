# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from api.pages import words
from snapshot.verdict import Original, Reason, Status, Verdict


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\N{EN DASH}"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (7325, "2 h 2 min"),
        (360_000_000, "100,000 h 0 min"),
    ],
)
def test_durations_read_well(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


def test_numbers_and_times() -> None:
    assert words.count(1_234_567) == "1,234,567"
    assert words.when(1_795_166_804.9) == "2026-11-20 09:26"
    assert words.iso(1_795_166_804.9) == "2026-11-20T09:26:44Z"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_sentence(reason: Reason) -> None:
    sentence = words.sentence(Verdict(Status.FAIL, reason))
    assert sentence.endswith(".")
    assert sentence[0].isupper()


@pytest.mark.parametrize("status", [*Status, None])
def test_every_status_has_a_meaning(status: Status | None) -> None:
    assert words.meaning(status)


def test_a_reported_bad_is_told_from_a_proved_one() -> None:
    assert words.sentence(Verdict(Status.BAD)) != words.sentence(Verdict(Status.BAD, reported=True))


def test_the_origin_of_a_digest_is_said() -> None:
    assert "signature was verified" in words.origin(Original.INDEX)
    assert "never attested" in words.origin(Original.RECORD)
    assert words.origin(None).startswith("nowhere")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("│ │ │ -old", "minus"),
        ("│ │ │ +new", "plus"),
        ("+new", "plus"),
        ("--- a", "hunk"),
        ("+++ b", "hunk"),
        ("│ @@ -1 +1 @@", "hunk"),
        ("├── control.tar.xz", "same"),
        ("", "same"),
    ],
)
def test_lines_of_a_difference_are_told_apart(line: str, kind: str) -> None:
    assert words.diff_kind(line) == kind
