# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's side of the wire, answered in this process: a queue, files, evidence.

It holds to the wire and judges nothing: what the worker did is in its lists.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import zstandard

from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.wire import (
    Derivation,
    ExpectedArtifact,
    Job,
    JobArtifact,
    JobAssignment,
    JobExtension,
    RebuildReport,
)

EVIDENCE = re.compile(r"/api/dejabuild/v1/jobs/(\d+)/evidence/([a-z-]+)(?:/([^/]+))?")
_RANGE = re.compile(r"bytes[ =](\d+)-(\d*)(?:/(\d+))?")


@dataclass
class StandIn:
    """What the server holds, and what it was told."""

    url: str = ""
    files: dict[str, Path | bytes] = field(default_factory=dict)
    environments: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    archive: Path | None = None
    queue: list[JobAssignment] = field(default_factory=list)
    workers: dict[str, str] = field(default_factory=dict)
    secret: str | None = None
    pings: list[int] = field(default_factory=list)
    reports: list[RebuildReport] = field(default_factory=list)
    evidence: dict[tuple[int, str, str], bytes] = field(default_factory=dict)
    partial: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    #: Consulted first; may answer (status, headers, body) itself, or None.
    trouble: Callable[[str, str], tuple[int, Mapping[str, str], bytes] | None] = (
        lambda _method, _path: None
    )

    def add_file(self, content: Path | bytes) -> Digest:
        """Serve bytes by SHA-256 and by SHA-1."""
        if isinstance(content, bytes):
            digest, sha1 = Digest.of(content), hashlib.sha1(content).hexdigest()
        else:
            status = content.stat()
            digest, sha1 = _digests(content, status.st_ino, status.st_mtime_ns, status.st_size)
        self.files[digest.hex] = content
        self.files[sha1] = content
        return digest

    def add_environment(self, environment: Environment) -> Digest:
        self.environments[environment.id.hex] = environment.text()
        return environment.id

    def add_source(self, dsc: Path, name: str, version: str) -> None:
        """Serve a source package and let it be found by name."""
        for path in dsc.parent.iterdir():
            if path.is_file():
                self.add_file(path)
        sha1 = hashlib.sha1(dsc.read_bytes()).hexdigest()
        self.answers[f"/mr/package/{name}/{version}/srcfiles"] = {
            "result": [{"hash": sha1}],
            "fileinfo": {sha1: [{"name": dsc.name, "size": dsc.stat().st_size}]},
        }

    def add_job(
        self,
        input_name: str,
        content: Path | bytes,
        expect: Mapping[str, bytes | Digest],
        *,
        environment: Digest | None = None,
        build: str = "any,all",
        derive: Derivation | None = None,
        timeout: int = 600,
        backend: str = "debian",
        strategies: tuple[str, ...] = (),
    ) -> int:
        number = len(self.queue) + len(self.reports) + 100
        digest = self.add_file(content)
        wanted = {
            name: value if isinstance(value, Digest) else Digest.of(value)
            for name, value in expect.items()
        }
        job = Job(
            id=number,
            name=input_name.split("_", maxsplit=1)[0],
            version="1",
            distribution="debian",
            release="bookworm",
            architecture="amd64",
            backend=backend,
            url=f"{self.url}/file/{digest}/{input_name}",
            next_retry=None,
            priority=1,
            queued_at=0.0,
            started_at=None,
        )
        extension = JobExtension(
            kind="deb",
            target="source" if derive else "buildinfo",
            lease=f"lease-{number}",
            environment=environment,
            build=build,
            derive=derive,
            expect=tuple(ExpectedArtifact(n, d, 0) for n, d in wanted.items()),
            timeout=timeout,
            strategies=strategies,
        )
        artifacts = tuple(
            JobArtifact(n, "1", "amd64", f"{self.url}/file/{d}/{n}") for n, d in wanted.items()
        )
        self.queue.append(JobAssignment(job, artifacts, extension))
        return number

    @property
    def report(self) -> RebuildReport:
        """The only report."""
        assert len(self.reports) == 1, self.reports
        return self.reports[0]

    def log_of(self, job: int) -> str:
        return self.evidence[job, "log", ""].decode("utf-8", "replace")


@cache  # tests serve the same hundred megabytes again and again
def _digests(path: Path, _inode: int, _changed: int, _size: int) -> tuple[Digest, str]:
    data = path.read_bytes()
    return Digest.of(data), hashlib.sha1(data).hexdigest()


@contextmanager
def stand_in_server() -> Iterator[StandIn]:
    """A server on a free port of the loopback device, gone afterwards."""
    state = StandIn()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: StandIn
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for head and body: no waiting for a delayed acknowledgement

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if self._troubled(path):
            return
        if path.startswith("/file/"):
            self._file(path.split("/")[2])
        elif path.startswith("/environments/"):
            self._send(self.state.environments.get(path.split("/")[2]))
        elif path.startswith("/archive/") and self.state.archive:
            found = self.state.archive / path.removeprefix("/archive/")
            self._send(found.read_bytes() if found.is_file() else None)
        elif path.rstrip("/") in self.state.answers:
            self._json(self.state.answers[path.rstrip("/")])
        else:
            self._send(None)

    def do_HEAD(self) -> None:
        if self._troubled(self.path):
            return
        have = self.state.partial.get(self.path)
        if have:
            self._answer(308, {"Range": f"bytes=0-{len(have) - 1}"})
        else:
            self._answer(404)

    def do_PUT(self) -> None:
        match = EVIDENCE.fullmatch(unquote(self.path))
        body = self._body()
        if self._troubled(self.path, body) or match is None:
            return
        span = _RANGE.fullmatch(self.headers.get("Content-Range", ""))
        if span:
            body = self.state.partial.get(self.path, b"")[: int(span[1])] + body
        data = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        self.state.evidence[int(match[1]), match[2], match[3] or ""] = data
        self._json({"sha256": Digest.of(data).hex, "size": len(data)}, status=201)

    def do_POST(self) -> None:
        body = self._body()
        if self._troubled(self.path):
            return
        if self.headers.get("Content-Encoding") == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        key = self.headers.get("X-Worker-Key", "")
        if self.path == "/environments":
            environment = self.state.add_environment(Environment.from_text(body))
            self._json({"id": environment.hex, "known": 0, "missing": []}, status=201)
        elif self.path == "/mr/buildinfo":
            self._json(self.state.answers["/mr/buildinfo"])
        elif self.path == "/api/v1/workers":
            self._register(key, body)
        elif key not in self.state.workers:
            self._answer(403)
        elif self.path == "/api/v1/queue/pop":
            waiting = self.state.queue
            self._json(waiting.pop(0).to_json() if waiting else "Nothing")
        elif self.path.endswith("/ping"):
            self.state.pings.append(int(self.path.split("/")[4]))
            self._answer(204)
        elif self.path == "/api/v1/builds":
            self.state.reports.append(RebuildReport.from_json(json.loads(body)))
            self._answer(204)
        else:
            self._answer(404)

    def _register(self, key: str, body: bytes) -> None:
        if self.state.secret not in (None, self.headers.get("X-Signup-Secret")):
            self._answer(403)
            return
        self.state.workers[key] = json.loads(body)["name"]
        self._answer(204)

    def _file(self, digest: str) -> None:
        content = self.state.files.get(digest)
        if content is None:
            self._send(None)
            return
        data = content if isinstance(content, bytes) else content.read_bytes()
        span = _RANGE.fullmatch(self.headers.get("Range", ""))
        if span and 0 < int(span[1]) < len(data):
            start = int(span[1])
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            self._answer(206, headers, data[start:])
        else:
            self._send(data)

    def _troubled(self, path: str, body: bytes = b"") -> bool:
        self.state.requests.append((self.command, path))
        answer = self.state.trouble(self.command, path)
        if answer is None:
            return False
        status, headers, content = answer
        if status == 0:  # as much as `content`, then the line is cut
            if self.command == "PUT":
                self.state.partial[path] = body[: len(body) // 2]
            else:
                self.send_response(200)
                self.send_header("Content-Length", headers["Content-Length"])
                self.end_headers()
                self.wfile.write(content)
            self.close_connection = True
        else:
            self._answer(status, headers, content)
        return True

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _json(self, value: Any, status: int = 200) -> None:
        self._answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def _send(self, data: bytes | None) -> None:
        self._answer(404 if data is None else 200, {}, data or b"")

    def _answer(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
