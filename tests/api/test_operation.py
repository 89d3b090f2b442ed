# SPDX-License-Identifier: GPL-3.0-or-later
"""A description lies with its view, and changes nothing of it."""

from __future__ import annotations

from api.operation import Answer, describe, file_answers, json_answer, operation_of, text_answer
from api.schema import TEXT


def test_a_view_keeps_its_description_and_stays_itself() -> None:
    def view(name: str) -> str:
        return name

    assert operation_of(view) is None
    assert describe(answers={200: json_answer(TEXT)}, refuses=(404,))(view) is view
    operation = operation_of(view)
    assert operation is not None
    assert operation.answers == {200: Answer("As described", {"application/json": TEXT})}
    assert operation.refuses == (404,)
    assert view("x") == "x"


def test_a_file_is_answered_whole_in_part_elsewhere_or_not_again() -> None:
    answers = file_answers("text/plain")
    assert set(answers) == {200, 206, 302, 304}
    assert "Content-Range" in answers[206].headers
    assert set(answers[200].content) == {"text/plain"}
    assert not answers[304].content
    assert set(text_answer("A page", "text/html").content) == {"text/html"}
