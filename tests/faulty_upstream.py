# SPDX-License-Identifier: GPL-3.0-or-later
"""An upstream on loopback that misbehaves on demand and counts every byte it sends.

It serves a directory, or bytes given by path. Faults are queued per path, one per request;
when the queue is empty it behaves well. It keeps to HTTP otherwise: ETag, Last-Modified,
Range with If-Range, If-None-Match and If-Modified-Since.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

MODIFIED = 1_700_000_000.0


@dataclass(frozen=True)
class Fault:
    """What is done to one request; the kinds are the class methods' names."""

    kind: str
    number: int = 0
    text: str = ""
    seconds: float = 0.0
    until: threading.Event | None = None
    tick: Callable[[], None] = lambda: None


def truncate(after: int) -> Fault:
    """Announce the whole body, send its beginning, close cleanly."""
    return Fault("truncate", after)


def same_beginning(after: int) -> Fault:
    """The same, whatever range was asked for."""
    return Fault("same-beginning", after)


def reset(after: int) -> Fault:
    """The same with a TCP reset."""
    return Fault("reset", after)


def stall(after: int, seconds: float) -> Fault:
    """Send the beginning, then nothing for a while."""
    return Fault("stall", after, seconds=seconds)


def wait_for(after: int, event: threading.Event) -> Fault:
    """Send the beginning, then nothing until a test lets it go on."""
    return Fault("stall", after, until=event)


def wrong_bytes() -> Fault:
    """The right length, other bytes."""
    return Fault("wrong-bytes")


def ignore_range() -> Fault:
    """200 and the whole body, whatever range was asked for."""
    return Fault("ignore-range")


def wrong_content_range() -> Fault:
    """206 for another range than the one asked for."""
    return Fault("wrong-content-range")


def status(code: int, retry_after: str = "") -> Fault:
    """Just that answer."""
    return Fault("status", code, retry_after)


def redirect(target: str, code: int = 302) -> Fault:
    """Send elsewhere."""
    return Fault("redirect", code, target)


def stale(body: str) -> Fault:
    """200 with an older body, as an edge of a CDN may have it."""
    return Fault("stale", text=body)


def endless() -> Fault:
    """A chunked body that does not end by itself."""
    return Fault("endless")


def chunked() -> Fault:
    """The right body without a length."""
    return Fault("chunked")


def cut_quietly(after: int) -> Fault:
    """The beginning without a length, then the end: no reader can tell by HTTP alone."""
    return Fault("cut-quietly", after)


def drip(pieces: int, tick: Callable[[], None]) -> Fault:
    """A byte at a time, as many; `tick` is called after each, to let a fake clock run."""
    return Fault("drip", pieces, tick=tick)


def drip_head(seconds: float) -> Fault:
    """A head that never ends: a byte now and again."""
    return Fault("drip-head", seconds=seconds)


def drip_chunk(seconds: float) -> Fault:
    """A chunk, and then a line before the next one that never ends."""
    return Fault("drip-chunk", seconds=seconds)


def hang_up() -> Fault:
    """Close without any answer."""
    return Fault("hang-up")


class FaultyUpstream:
    """The server; use it in `with`.

    Attributes:
        sent: Body bytes written, by path.
        requests: (path, value of Range or empty) of each request, in order.
        agents: User-Agent values seen.
        credentials: Authorization values seen.
        before: Called with each path before it is answered, to swap files in mid-run.
        pause: Seconds before each body.
        piece_pause: Seconds after each 64 KiB of it.
    """

    def __init__(self, files: Mapping[str, bytes] | Path) -> None:
        self.files: Mapping[str, bytes] | Path = files
        self.sent: Counter[str] = Counter()
        self.requests: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        self.credentials: set[str] = set()
        self.before: Callable[[str], None] = lambda _path: None
        self.pause = 0.0
        self.piece_pause = 0.0
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._every: Callable[[str, int], Fault | None] = lambda _path, _number: None
        self._lock = threading.Lock()
        upstream = self

        class Handler(_Handler):
            server_of = upstream

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def fault(self, path: str, *faults: Fault) -> None:
        """Queue faults for the next requests of a path."""
        self._faults[path].extend(faults)

    def fault_every(self, rule: Callable[[str, int], Fault | None]) -> None:
        """Decide for each (path, number of its request) beyond the queues."""
        self._every = rule

    def read(self, path: str) -> tuple[bytes, float] | None:
        """The body and modification time of a path."""
        if isinstance(self.files, Path):
            file = self.files / path.lstrip("/")
            return (file.read_bytes(), file.stat().st_mtime) if file.is_file() else None
        body = self.files.get(path)
        return None if body is None else (body, MODIFIED)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(1 for asked, _ in self.requests if asked == path)

    def note(self, path: str, asked: str, agent: str) -> Fault | None:
        with self._lock:
            self.requests.append((path, asked))
            self.agents.add(agent)
            queue = self._faults[path]
            return queue.popleft() if queue else self._every(path, self.count(path))

    def wrote(self, path: str, count: int) -> None:
        with self._lock:
            self.sent[path] += count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A connection torn on purpose is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: FaultyUpstream

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        try:
            self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self) -> None:
        upstream = self.server_of
        path = unquote(urlsplit(self.path).path)
        if "?" in self.path:
            path = self.path
        upstream.credentials.update(self.headers.get_all("Authorization", []))
        upstream.before(path)
        asked = self.headers.get("Range", "")
        fault = upstream.note(path, asked, self.headers.get("User-Agent", ""))
        if fault and self._refuses(fault):
            return
        found = upstream.read(path)
        if found is None:
            self._plain(404)
            return
        body, modified = found
        if fault and fault.kind == "stale":
            body = fault.text.encode()
        etag = f'"{sha256(body).hexdigest()[:20]}"'
        date = formatdate(int(modified), usegmt=True)
        if not asked and self._is_held(etag, int(modified)):
            self._plain(304)
            return
        start = self._start(asked, {etag, date}, len(body), fault)
        if start < 0:
            self._plain(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", date)
        if fault and fault.kind in {"endless", "chunked", "cut-quietly"}:
            self._without_length(path, body[start:], fault)
            return
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            shift = 1 if fault and fault.kind == "wrong-content-range" else 0
            self.send_header("Content-Range", f"bytes {start + shift}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        if fault and fault.kind == "wrong-bytes":
            body = body.translate(bytes(range(255, -1, -1)))
        self._body(path, body[start:], fault)

    def _is_held(self, etag: str, modified: int) -> bool:
        """Whether the client has it; a date counts only where it names no ETag."""
        held, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if held is not None:
            return held == etag
        return since is not None and parsedate_to_datetime(since).timestamp() >= modified

    def _start(self, asked: str, validators: set[str], size: int, fault: Fault | None) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        if not match or (fault and fault.kind in {"ignore-range", "same-beginning", "stale"}):
            return 0
        if self.headers.get("If-Range", next(iter(validators))) not in validators:
            return 0
        start = int(match[1])
        return start if start < size else -1

    def _refuses(self, fault: Fault) -> bool:
        if fault.kind == "status":
            self._plain(fault.number, {"Retry-After": fault.text} if fault.text else {})
        elif fault.kind == "redirect":
            self._plain(fault.number, {"Location": fault.text})
        elif fault.kind == "hang-up":
            self.close_connection = True
        elif fault.kind == "drip-head":
            self._drip_for_ever(b"HTTP/1.1 200 OK\r\nX-Long: ", fault.seconds)
        elif fault.kind == "drip-chunk":
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5;x="
            self._drip_for_ever(head, fault.seconds)
        else:
            return False
        return True

    def _drip_for_ever(self, begin: bytes, seconds: float) -> None:
        self.close_connection = True
        self.wfile.write(begin)
        while True:
            time.sleep(seconds)
            self.wfile.write(b"x")

    def _plain(self, code: int, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if code == 304 else f"{code}\n".encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if code != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _without_length(self, path: str, body: bytes, fault: Fault) -> None:
        if fault.kind == "endless":
            self._endless(path)
        elif fault.kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(f"{len(body):x}\r\n".encode())
            self._write(path, body)
            self.wfile.write(b"\r\n0\r\n\r\n")
        else:
            self.send_header("Connection", "close")
            self.end_headers()
            self._write(path, body[: fault.number])
            self.close_connection = True

    def _drip(self, path: str, body: bytes, fault: Fault) -> None:
        for place in range(fault.number):
            self._write(path, body[place : place + 1])
            self.wfile.flush()
            time.sleep(0.001)
            fault.tick()
        self._write(path, body[fault.number :])

    def _body(self, path: str, body: bytes, fault: Fault | None) -> None:
        if self.server_of.pause:
            time.sleep(self.server_of.pause)
        if fault and fault.kind == "drip":
            self._drip(path, body, fault)
            return
        if not fault or fault.kind not in {"truncate", "same-beginning", "reset", "stall"}:
            self._write(path, body)
            return
        self._write(path, body[: fault.number])
        if fault.kind == "stall":
            time.sleep(fault.seconds)
        if fault.until is not None:
            fault.until.wait(60)
        if fault.kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.rfile.close()
            self.wfile.close()
            self.connection.close()
        self.close_connection = True

    def _write(self, path: str, body: bytes) -> None:
        for start in range(0, len(body), 65536):
            piece = body[start : start + 65536]
            self.server_of.wrote(path, len(piece))  # first: a reader may be done before us
            self.wfile.write(piece)
            if self.server_of.piece_pause:
                time.sleep(self.server_of.piece_pause)

    def _endless(self, path: str) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            self.server_of.wrote(path, 4096)
