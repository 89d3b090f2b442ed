# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console

from ops.demo.narrator import Narrator


def seconds() -> Iterator[float]:
    value = 0.0
    while True:
        yield value
        value += 1.5


def narrator() -> tuple[Narrator, io.StringIO]:
    out, ticks = io.StringIO(), seconds()
    return Narrator(lambda: next(ticks), Console(file=out, width=100)), out


def test_a_step_has_a_title_and_its_seconds() -> None:
    told, out = narrator()
    with told.step("1. First"):
        pass
    assert told.seconds == {"1. First": 1.5}
    assert "1. First" in out.getvalue()


def test_square_brackets_of_an_answer_stay_what_they_are() -> None:
    told, out = narrator()
    told.answer('["[bold]x"]')
    told.say("[red]y")
    assert '["[bold]x"]' in out.getvalue()
    assert "[red]y" in out.getvalue()


def test_a_long_answer_is_cut_and_says_so() -> None:
    told, out = narrator()
    told.answer("\n".join(map(str, range(10))), lines=3)
    assert "… 7 more lines" in out.getvalue()
