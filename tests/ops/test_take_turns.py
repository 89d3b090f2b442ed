# SPDX-License-Identifier: GPL-3.0-or-later
"""Few at work, and nobody waits for a body with a turn in hand."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ops.take_turns import TakeTurns


class Body:
    """What a server offers as `wsgi.input`: gives what it has, then ends, or fails."""

    def __init__(self, data: bytes, *, ends: bool = True) -> None:
        self._data = io.BytesIO(data)
        self._ends = ends
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        data = self._data.read(size)
        self.read_so_far += len(data)
        if not data and not self._ends:
            raise ConnectionResetError
        return data


def ask(
    application: TakeTurns, body: Body | None = None, **environ: str
) -> tuple[str, list[bytes]]:
    said: list[str] = []
    whole = {"wsgi.input": body or Body(b""), **environ}
    answer = list(application(whole, lambda status, _: said.append(status)))
    return said[0], answer


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


def test_a_body_is_here_before_its_turn_comes() -> None:
    body, seen = Body(b"x" * 3_000_000), []

    def look(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(body.read_so_far)
        return echo(environ, start)

    status, answer = ask(TakeTurns(look, turns=1, ahead=1 << 22), body, CONTENT_LENGTH="3000000")
    assert (status, answer) == ("200 OK", [b"x" * 3_000_000])
    assert seen == [3_000_000]


def test_what_says_that_it_is_longer_is_left_for_the_application_to_refuse() -> None:
    body = Body(b"x" * 100)
    refuse = TakeTurns(lambda _, start: start("413 No", []) or [], turns=1, ahead=99)
    assert ask(refuse, body, CONTENT_LENGTH="100") == ("413 No", [])
    assert body.read_so_far == 0


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1000])
def test_a_chunked_body_is_whole_however_long_it_is(size: int) -> None:
    application = TakeTurns(echo, turns=1, ahead=100)
    status, answer = ask(application, Body(b"y" * size), HTTP_TRANSFER_ENCODING="chunked")
    assert (status, b"".join(answer)) == ("200 OK", b"y" * size)


def test_a_body_that_does_not_come_is_408_and_takes_no_turn() -> None:
    def never(*_: Any) -> Iterable[bytes]:
        pytest.fail("it was called")

    application = TakeTurns(never, turns=1, ahead=100)
    status, answer = ask(application, Body(b"half", ends=False), CONTENT_LENGTH="10")
    assert status == "408 Request Timeout"
    assert answer == [b"the body did not arrive in time\n"]


def test_a_length_that_is_none_is_left_alone() -> None:
    for length in ("", "x", "-1"):
        assert ask(TakeTurns(echo, turns=1, ahead=9), CONTENT_LENGTH=length)[0] == "200 OK"


def test_no_more_than_so_many_are_at_work_at_once() -> None:
    """Four come; two work until both have been seen at work together."""
    together = threading.Barrier(2, timeout=30)
    lock, at_work, most = threading.Lock(), [0], [0]

    def work(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        together.wait()
        with lock:
            at_work[0] -= 1
        start("200 OK", [])
        return []

    application = TakeTurns(work, turns=2, ahead=0)
    threads = [threading.Thread(target=ask, args=(application,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [2]


def test_a_turn_is_given_back_by_an_application_that_fails() -> None:
    def fail(*_: Any) -> Iterable[bytes]:
        raise ValueError

    application = TakeTurns(fail, turns=1, ahead=0)
    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011  # ours, just above
            ask(application)
