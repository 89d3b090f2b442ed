# SPDX-License-Identifier: GPL-3.0-or-later
"""A small dated archive service on loopback that now and then hangs up in mid-body.

It shows a directory as `/archive/<name>/<timestamp>/…` and answers `/mr/timestamp/` as
snapshot.debian.org does. Which files lose their connection is decided from their names, each
once, so a run can be repeated; both the losses and how they were mended are counted.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_SMALLEST_DROPPED = 64 * 1024


@dataclass(slots=True)
class Counts:
    """What the upstream saw.

    Attributes:
        requests: All of them.
        bytes_sent: Of bodies.
        dropped: Bodies cut on purpose, by path.
        resumed: Dropped paths that were asked for again from where they broke.
        restarted: Dropped paths that were asked for again from the start.
        bytes_by_path: Body bytes sent per path.
    """

    requests: int = 0
    bytes_sent: int = 0
    dropped: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    bytes_by_path: dict[str, int] = field(default_factory=dict)


class UpstreamServer:
    """The service, on a random port of 127.0.0.1, in threads of this process.

    Args:
        www: The directory that holds `archive/`.
        drop_every: One of so many large files loses its connection once; 0 for none.
    """

    def __init__(self, www: Path, *, drop_every: int = 20) -> None:
        self.counts = Counts()
        self._www = www
        self._lock = threading.Lock()
        self._to_drop = _chosen(www, drop_every)
        handler = type("Handler", (_Handler,), {"upstream": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

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

    def file(self, path: str) -> Path | None:
        """The file a URL path means; None when there is none below the directory."""
        if ".." in path.split("/"):
            return None
        found = self._www / path.lstrip("/")
        return found if found.is_file() else None

    def timestamps(self) -> dict[str, list[str]]:
        """Dates per archive, ascending."""
        return {
            archive.name: sorted(
                run.name for run in archive.iterdir() if _STAMP.fullmatch(run.name)
            )
            for archive in sorted((self._www / "archive").iterdir())
        }

    def note_request(self, path: Path, start: int) -> bool:
        """Count a request; True when its body is to be cut."""
        name = path.resolve().name
        with self._lock:
            self.counts.requests += 1
            if name in self._to_drop:
                self._to_drop.remove(name)
                self.counts.dropped.append(name)
                return True
            if name in self.counts.dropped:
                (self.counts.resumed if start else self.counts.restarted).append(name)
        return False

    def note_sent(self, path: str, size: int) -> None:
        """Count the bytes of a body."""
        with self._lock:
            self.counts.bytes_sent += size
            self.counts.bytes_by_path[path] = self.counts.bytes_by_path.get(path, 0) + size


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_args: object) -> None:
        """A client that went away is its own business."""


class _Handler(http.server.BaseHTTPRequestHandler):
    upstream: ClassVar[UpstreamServer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or small bodies wait 40 ms for the peer's delayed ACK

    def log_message(self, *_args: object) -> None:
        """Say nothing: the counts say it."""

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with the body, or with the first half of it."""
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if path.rstrip("/") == "/mr/timestamp":
            self._send_json({"_comment": "dejabuild demo", "result": self.upstream.timestamps()})
            return
        file = self.upstream.file(path)
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._send_file(path, file, body=body)

    def _send_json(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_file(self, path: str, file: Path, *, body: bool) -> None:
        status = file.stat()
        tag = f'"{int(status.st_mtime):x}-{status.st_size:x}"'
        if self._not_modified(tag, status.st_mtime):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        start, end = self._range(status.st_size, tag, status.st_mtime)
        if start >= status.st_size > 0:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{status.st_size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        partial = (start, end) != (0, status.st_size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{status.st_size}")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", formatdate(int(status.st_mtime), usegmt=True))
        self.end_headers()
        if body:
            self._send_body(path, file, start, end)

    def _send_body(self, path: str, file: Path, start: int, end: int) -> None:
        cut = self.upstream.note_request(file, start)
        length = (end - start) // 2 if cut else end - start
        self.wfile.flush()
        with file.open("rb") as stream:
            sent = self.connection.sendfile(stream, start, length) if length else 0
        self.upstream.note_sent(path, sent)
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _not_modified(self, tag: str, mtime: float) -> bool:
        if "If-None-Match" in self.headers:
            return str(self.headers["If-None-Match"]) == tag
        since = _date(self.headers.get("If-Modified-Since"))
        return since is not None and int(mtime) <= since

    def _range(self, size: int, tag: str, mtime: float) -> tuple[int, int]:
        match = _RANGE.fullmatch(self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if match is None or (condition and condition != tag and _date(condition) != int(mtime)):
            return 0, size
        return int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)


def _date(text: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp()) if text else None
    except ValueError:
        return None


def _chosen(www: Path, every: int) -> set[str]:
    """Names of the files that lose their connection once."""
    large = [
        file
        for file in www.glob("archive/*/pool/**/*")
        if file.is_file() and file.stat().st_size >= _SMALLEST_DROPPED
    ]
    names = sorted((file.name for file in large), key=lambda n: hashlib.sha256(n.encode()).digest())
    return set(names[: max(1, len(names) // every)]) if every else set()
