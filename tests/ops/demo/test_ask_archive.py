# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from ops.demo.ask_archive import tell_needs
from ops.demo.curl import Curl
from ops.demo.narrator import Narrator
from snapshot.errors import DejabuildError

ANSWER: dict[str, Any] = {
    "source": "catdoc",
    "missing": [],
    "found": [{"kind": "binary"}, {"kind": "source"}],
    "timestamps": [
        {"archive": "debian", "suite": "bookworm", "timestamp": stamp, "packages": 1}
        for stamp in ("20260101T000000Z", "20260201T000000Z")
    ],
    "environment_url": "http://127.0.0.1/environments/0/",
}


def told(answer: dict[str, Any]) -> str:
    out = io.StringIO()
    narrator = Narrator(lambda: 0.0, Console(file=out, width=100))
    tell_needs(Curl("http://127.0.0.1", narrator), answer)
    return out.getvalue()


def test_the_fewest_dates_are_told() -> None:
    text = told(ANSWER)
    assert "1 packages, all found" in text
    assert "debian bookworm 20260101T000000Z: 1" in text
    assert "/environments/0/" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"missing": [{"name": "tk"}]}, "missing of catdoc: tk"),
        ({"timestamps": ANSWER["timestamps"][:1]}, "one date has all"),
    ],
)
def test_an_answer_that_does_not_show_the_point_ends_the_demo(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DejabuildError, match=message):
        told(ANSWER | change)
