# SPDX-License-Identifier: GPL-3.0-or-later
"""A socket with patience, over a real pair of them (servers: integration/test_slow_clients.py)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.patient_worker import TOO_LATE, Patience, PatientSocket, PatientWorker

#: A moment: what a test waits for somebody who never comes.
SHORT = Patience(head=0.05, idle=0.05, rate=1e9)
LONG = Patience(head=60, idle=60, rate=1e9)


class Clock:
    """A second passes at each look; somebody may send a byte at every other one."""

    def __init__(self, sender: socket.socket | None = None) -> None:
        self.now = 0.0
        self._sender = sender

    def __call__(self) -> float:
        self.now += 1.0
        # Looked at before and after each wait.
        if self._sender is not None and self.now % 2:
            self._sender.send(b"x")
        return self.now


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(60)
    yield ours, theirs
    ours.close()
    theirs.close()


def patient(ours: socket.socket, patience: Patience, clock: Clock | None = None) -> PatientSocket:
    made = PatientSocket(ours.detach(), patience, clock or Clock())
    made.setblocking(True)
    return made


def test_a_client_that_says_nothing_is_told_and_gone(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with patient(pair[0], SHORT) as ours, pytest.raises(ConnectionResetError, match="too slow"):
        ours.recv(100)
    assert pair[1].recv(1000) == TOO_LATE


def test_bytes_give_back_what_waiting_took(pair: tuple[socket.socket, socket.socket]) -> None:
    """Each byte is a second of waiting, and gives a second back."""
    steady = Patience(head=2.5, idle=60, rate=1.0)
    with patient(pair[0], steady, Clock(pair[1])) as ours:
        for _ in range(20):
            assert ours.recv(1) == b"x"


def test_a_client_that_sends_less_than_the_rate_is_let_go(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Each byte is a second of waiting, and gives back a tenth of one."""
    slow = Patience(head=2.5, idle=60, rate=10.0)
    with patient(pair[0], slow, Clock(pair[1])) as ours:
        for _ in range(3):
            assert ours.recv(1) == b"x"
        with pytest.raises(ConnectionResetError):
            ours.recv(1)
    assert pair[1].recv(1000) == TOO_LATE


def test_a_client_that_goes_on_is_heard_and_so_is_its_end(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with patient(pair[0], SHORT) as ours:
        assert not ours.says_something(1)
        pair[1].send(b"x")
        assert ours.says_something(60_000)
        assert ours.recv(10) == b"x"
        pair[1].shutdown(socket.SHUT_WR)
        assert ours.says_something(60_000)
        assert ours._left == SHORT.head, "to wait for it cost no patience"


def test_nobody_saves_patience_up(pair: tuple[socket.socket, socket.socket]) -> None:
    """A megabyte at once gives no more than what there was at the beginning."""
    patience = Patience(head=2.5, idle=60, rate=1.0)
    with patient(pair[0], patience, Clock()) as ours:
        sender = threading.Thread(target=pair[1].sendall, args=(b"y" * 1_000_000,))
        sender.start()
        got = 0
        while got < 1_000_000:
            got += len(ours.recv(1 << 20))
        sender.join()
        pair[1].close()
        assert ours._left <= 2.5
        assert ours.recv(1) == b""


def test_whoever_does_not_read_is_let_go_without_words(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with patient(pair[0], SHORT) as ours:
        ours.expect_body()
        with pytest.raises(ConnectionResetError):
            ours.sendall(b"z" * (16 << 20))
    assert set(pair[1].recv(1 << 20)) == {ord("z")}


def test_what_is_read_slowly_arrives_whole(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    data = bytes(range(256)) * 20_000
    (tmp_path / "file").write_bytes(data)
    got: list[bytes] = []
    reader = threading.Thread(
        target=lambda: got.extend(iter(lambda: pair[1].recv(50_000), b"")), daemon=True
    )
    with patient(pair[0], LONG) as ours, (tmp_path / "file").open("rb") as file:
        reader.start()
        ours.sendall(data)
        assert ours.sendfile(file, 100, 1000) == 1000
        assert ours.sendfile(file) == len(data)
        ours.shutdown(socket.SHUT_WR)
        reader.join(60)
    assert b"".join(got) == data + data[100:1100] + data


def test_a_file_that_became_shorter_ends(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    with patient(pair[0], LONG) as ours, (tmp_path / "file").open("rb") as file:
        assert ours.sendfile(file, 0, 10) == 5


def test_not_blocking_means_not_waiting(pair: tuple[socket.socket, socket.socket]) -> None:
    with patient(pair[0], LONG) as ours:
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(1)


def test_each_server_has_its_own_patience() -> None:
    made = PatientWorker.with_patience(SHORT)
    assert issubclass(made, PatientWorker)
    assert made.patience == SHORT
    assert PatientWorker.patience == Patience()
