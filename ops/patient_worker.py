# SPDX-License-Identifier: GPL-3.0-or-later
"""A gunicorn worker that slow clients cannot occupy.

A thread of gunicorn's belongs to a client from its first byte to the last of the answer, however
slowly it sends or reads. Here a connection without a byte has no thread, but for a moment after an
answer; one that has a thread may wait for its client for so long and no longer (`Patience`); there
are many such threads; and only some of them answer at the same time (`ops.take_turns`), which is
the work the machine can do.
"""

from __future__ import annotations

import errno
import os
import queue
import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final, NoReturn, Self

from gunicorn.http.wsgi import base_environ
from gunicorn.workers.gthread import TConn, ThreadWorker

from ops.answer_plainly import answer_plainly
from ops.plain_request import PlainParser, PlainRequest

_LATE: Final = b"the request did not arrive in time\n"
TOO_LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_LATE), _LATE)
)
"""What a client is told whose request line and headers do not come."""

#: Bytes of a file between two looks at the patience that is left.
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a thread waits for its client.

    Attributes:
        head: Seconds for a request line and its headers.
        idle: Seconds for a body, and again for an answer; bytes give waiting time back.
        rate: Bytes a second that a client must send or read on average.
    """

    head: float = 15.0
    idle: float = 30.0
    rate: float = 4096.0


class PatientSocket(socket.socket):
    """A connection that is given up when its client is too slow.

    Only waiting counts, not the work in between. Whoever is too slow is told so where that can
    be (before anything else was said), and then gone: `ConnectionResetError`.

    Args:
        fileno: Of an accepted connection, which this one takes over.
        patience: How long to wait.
        clock: Monotonic seconds.
    """

    def __init__(self, fileno: int, patience: Patience, clock: Callable[[], float]) -> None:
        super().__init__(fileno=fileno)
        self._patience = patience
        self._clock = clock
        self.expect_head()

    def expect_head(self) -> None:
        """A request begins."""
        self._begin(self._patience.head, writing=False, words=TOO_LATE)

    def expect_body(self) -> None:
        """Its head is here; a body may follow."""
        self._begin(self._patience.idle, writing=False)

    def says_something(self, milliseconds: float) -> bool:
        """Whether bytes, or the end, arrive meanwhile; that costs no patience."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(milliseconds))

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  # the signature it has
        """Blocking means patient."""
        self.settimeout(self._patience.idle if flag else 0.0)

    def recv(self, bufsize: int, _flags: int = 0, /) -> bytes:
        """Some bytes of the client."""
        while True:
            try:
                # Not `recv`, which would wait by itself. The descriptor never blocks.
                data = os.read(self.fileno(), bufsize)
            except BlockingIOError:
                given = self.gettimeout()
                if given == 0.0:
                    raise
                self._wait(select.POLLIN, given)
                continue
            self._earn(len(data))
            return data

    def sendall(self, data: Any, _flags: int = 0, /) -> None:
        """All of it, as fast as the client reads."""
        self._expect_reader()
        view = memoryview(data).cast("B")
        while view:
            try:
                sent = os.write(self.fileno(), view)
            except BlockingIOError:
                self._wait(select.POLLOUT, self.gettimeout())
                continue
            self._earn(sent)
            view = view[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """A file, as fast as the client reads; the kernel does the waiting, which is faster."""
        self._expect_reader()
        size = os.fstat(file.fileno()).st_size - offset if count is None else count
        done = 0
        self.settimeout(None)
        try:
            while done < size:
                sent = self._send_piece(file, offset + done, min(size - done, _PIECE))
                if not sent:
                    break
                done += sent
        finally:
            self.settimeout(self._patience.idle)
        return done

    def _send_piece(self, file: Any, offset: int, count: int) -> int:
        if self._left <= 0:
            self._give_up()
        limit = struct.pack("ll", int(self._left), int(self._left % 1 * 1e6))
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        before = self._clock()
        try:
            sent = os.sendfile(self.fileno(), file.fileno(), offset, count)
        except BlockingIOError:
            self._give_up()
        self._left -= self._clock() - before
        self._earn(sent)
        return sent

    def _begin(self, seconds: float, *, writing: bool, words: bytes = b"") -> None:
        self._most = self._left = seconds
        self._writing = writing
        self._last_words = words

    def _expect_reader(self) -> None:
        if not self._writing:
            self._begin(self._patience.idle, writing=True)

    def _earn(self, moved: int) -> None:
        """Bytes give back what waiting took, and no more: nobody saves patience up."""
        self._left = min(self._left + moved / self._patience.rate, self._most)

    def _wait(self, event: int, given: float | None) -> None:
        """Until the client sends or reads on, or is given up."""
        left = self._left if given is None else min(self._left, given)
        before = self._clock()
        poll = select.poll()
        poll.register(self.fileno(), event)
        ready = left > 0 and poll.poll(left * 1000)
        self._left -= self._clock() - before
        if not ready:
            self._give_up()

    def _give_up(self) -> NoReturn:
        if self._last_words:
            with suppress(OSError):
                os.write(self.fileno(), self._last_words)
        raise ConnectionResetError(errno.ECONNRESET, "the client is too slow")


class Connection(TConn):
    """Closed once: by its thread, which may wait for the client, not by the loop of all."""

    _closed = False

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002  # the signature it has
        """Close it, if it is open."""
        if not self._closed:
            self._closed = True
            super().close(graceful)


class PatientWorker(ThreadWorker):
    """gunicorn's threads, with `Patience`; see `patient`."""

    patience = Patience()
    #: Milliseconds for which a thread that has answered waits for its client's next request. To
    #: give the connection back to the loop, and to be given the next one, takes as long as gunicorn
    #: takes for all the rest of a request.
    linger = 50

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The other threads are for whoever has something to say.
        self._may_linger: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(self.cfg.threads // 4):
            self._may_linger.put(None)
        self._environ = {**base_environ(self.cfg), "wsgi.multithread": True}

    @classmethod
    def with_patience(cls, patience: Patience) -> type[Self]:
        """The same class with its own patience; gunicorn makes the instances."""
        return type(cls.__name__, (cls,), {"patience": patience})

    def accept(self, listener: socket.socket) -> None:
        """Take a connection; it has no thread until it sends a byte."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        patient = PatientSocket(accepted.detach(), self.patience, time.monotonic)
        connection = Connection(self.cfg, patient, address, listener.getsockname())
        connection.parser = PlainParser(self.cfg, patient, address)
        self.nr_conns += 1
        connection.timeout = time.monotonic() + self.patience.head
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(patient, EVENT_READ, readable)

    def handle(self, conn: Any) -> Any:
        """Answer a request, and those that follow it closely, in a thread of its own."""
        lingers = False
        try:
            while True:
                conn.sock.expect_head()
                kept = super().handle(conn)
                if kept is False:
                    conn.close(graceful=True)
                # What was read already shows in no poll: the loop knows what to do with it.
                if kept is not True or conn.parser.unreader.buf.getvalue():
                    return kept
                # Until the client falls silent, or threads would stay with those who never do.
                lingers = lingers or self._may_linger_too()
                if not lingers or not conn.sock.says_something(self.linger):
                    return kept
        finally:
            if lingers:
                self._may_linger.put(None)

    def _may_linger_too(self) -> bool:
        try:
            self._may_linger.get_nowait()
        except queue.Empty:
            return False
        return True

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer one request whose head has arrived."""
        conn.sock.expect_body()
        if not isinstance(req, PlainRequest):
            return super().handle_request(req, conn)
        kept = answer_plainly(self, req, conn, self._environ)
        conn.parser.forget()
        return kept
