# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets of all connections: shut from outside when somebody would wait too long for them.

A socket's own timeout begins anew with every byte. A server that sends its answer's head, or the
line before a chunk, a byte a minute could keep a thread for days. So whoever waits for one of
those is watched: after the longest wait the socket is shut, and the reader finds it broken.
"""

from __future__ import annotations

import socket
import threading
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Between two looks at who waits, in parts of the longest wait.
_LOOKS = 8


class Sockets:
    """Sockets that may be shut from another thread.

    Args:
        longest: Seconds that one wait may take.
        ticks: Seconds of a clock that nobody sets.
    """

    def __init__(self, longest: float, ticks: Callable[[], float]) -> None:
        self._longest = longest
        self._ticks = ticks
        self._all: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._waiting: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._shut = False

    def note(self, one: socket.socket | None) -> None:
        """A connection was made."""
        if one is None:
            return
        with self._lock:
            self._all.add(one)
        if self._shut:
            shut(one)

    def shut_all(self) -> None:
        """Break every exchange, under way or begun before `mend`."""
        self._shut = True
        with self._lock:
            found = list(self._all)
        for one in found:
            shut(one)

    def mend(self) -> None:
        """Let exchanges begin again."""
        self._shut = False

    @contextmanager
    def waiting(self, one: socket.socket | None) -> Iterator[None]:
        """Somebody waits for this socket in the block; it is shut if that takes too long.

        Raises:
            TimeoutError: It did. A reader may take the end of a head for the end of the head.
        """
        if one is None:
            yield
            return
        with self._lock:
            self._waiting[one] = self._ticks()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
                self._watcher.start()
        try:
            yield
        finally:
            with self._lock:
                late = self._waiting.pop(one, None) is None
        if late:
            raise TimeoutError(f"no whole answer within {self._longest:.0f} seconds")

    def _watch(self) -> None:
        """Look now and again, until nobody waits."""
        pause = threading.Event()
        while True:
            pause.wait(self._longest / _LOOKS)
            with self._lock:
                if not self._waiting:
                    self._watcher = None
                    return
                now = self._ticks()
                late = [one for one, at in self._waiting.items() if now - at > self._longest]
                for one in late:
                    del self._waiting[one]
                    shut(one)


def shut(one: socket.socket) -> None:
    """Let a thread that is blocked in this socket go on, with an end of the stream."""
    with suppress(OSError):  # it may be closed already
        socket.socket.shutdown(one, socket.SHUT_RDWR)
