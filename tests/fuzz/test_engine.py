# SPDX-License-Identifier: GPL-3.0-or-later
"""The attack finds what it is to find."""

from __future__ import annotations

import time

import pytest

from snapshot.errors import InvalidInput
from tests.fuzz import engine
from tests.fuzz.engine import Subject, attack


def _refuse(data: bytes) -> None:
    if data != b"1\n":
        raise InvalidInput("line 1: no")


def test_a_parser_that_keeps_its_word_survives() -> None:
    tried, accepted = attack(Subject("x", (), _refuse, (b"1\n",)), 30, again=True)
    assert tried >= 30
    assert accepted < tried


def _crash(data: bytes) -> None:
    if data != b"1\n":
        raise ZeroDivisionError


def _spin(data: bytes) -> None:
    began = time.thread_time()
    while data != b"1\n" and time.thread_time() - began < 0.2:
        pass


def _hoard(data: bytes) -> None:
    if data != b"1\n":
        bytearray(300 << 20)


def _say_not_where(data: bytes) -> None:
    if data != b"1\n":
        raise InvalidInput("no")


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (_crash, ZeroDivisionError),
        (_hoard, MemoryError),
        (_say_not_where, AssertionError),
        (_spin, AssertionError),
    ],
)
def test_what_breaks_the_word_is_found(
    read: object, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_SECONDS", 0.1)
    subject = Subject("x", (), read, (b"1\n",), place="line")  # type: ignore[arg-type]
    with pytest.raises(error):
        subject.check(b"2\n")
