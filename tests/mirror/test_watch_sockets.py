# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever waits too long for a socket is let go; nobody else is disturbed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from mirror.watch_sockets import Sockets

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_wait_that_is_too_long_ends(pair: Pair) -> None:
    sockets = Sockets(0.05, time.monotonic)
    with pytest.raises(TimeoutError, match="no whole answer"), sockets.waiting(pair[0]):
        assert pair[0].recv(1) == b""


def test_a_wait_that_ends_in_time_is_left_alone(pair: Pair) -> None:
    now = [0.0]
    sockets = Sockets(0.05, lambda: now[0])
    for _ in range(3):
        with sockets.waiting(pair[0]):
            now[0] += 0.04
            pair[1].send(b"x")
            assert pair[0].recv(1) == b"x"
    now[0] += 1e6
    pair[1].send(b"y")
    assert pair[0].recv(1) == b"y"


def test_the_watcher_goes_when_nobody_waits(pair: Pair) -> None:
    sockets = Sockets(0.01, lambda: 0.0)  # nobody is ever late, however busy the machine is
    for _ in range(2):
        with sockets.waiting(pair[0]):
            watcher = sockets._watcher
            assert watcher is not None
        watcher.join(30)
        assert sockets._watcher is None


def test_all_are_shut_those_that_come_later_too(pair: Pair) -> None:
    sockets = Sockets(60, time.monotonic)
    ended = threading.Event()

    def read() -> None:
        pair[0].recv(1)
        ended.set()

    sockets.note(pair[0])
    sockets.note(None)
    thread = threading.Thread(target=read)
    thread.start()
    sockets.shut_all()
    assert ended.wait(30)
    thread.join()
    sockets.note(pair[1])
    assert pair[1].recv(1) == b""


def test_a_socket_that_is_closed_already_is_no_harm() -> None:
    one, other = socket.socketpair()
    other.close()
    sockets = Sockets(60, time.monotonic)
    sockets.note(one)
    one.close()
    sockets.shut_all()
