# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs, diffoscope output and links as they were stored.

What workers send is somebody else's text: it goes out as a type that no browser interprets
(`nosniff`, a policy that forbids everything), packed as it lies for clients that take zstd and
unpacked for the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard
from flask import Response, request

from api.encode_response import accepts
from snapshot.digest import Digest
from storage.blobs import BlobStore
from storage.ledger.records import Evidence

_CHUNK = 256 << 10
_MAX_WINDOW = 128 << 20

TEXT = "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"


def send_evidence(
    blobs: BlobStore, evidence: Evidence, *, content_type: str = TEXT, sandbox: bool = False
) -> Response:
    """One piece of evidence; it never changes, so clients may keep it for ever.

    Args:
        blobs: Where it lies.
        evidence: What to send.
        content_type: As announced.
        sandbox: It is a page (diffoscope's HTML): styles and inline images may work, scripts,
            forms and links to this origin may not.
    """
    verbatim = evidence.encoding == "zstd" and accepts("zstd")
    tag = f"{evidence.content_digest.hex}{'-zstd' if verbatim else ''}"
    if tag in request.if_none_match:
        response = Response(status=304)
    elif verbatim or evidence.encoding == "identity":
        response = Response(blobs.open(evidence.digest), content_type=content_type)
        response.content_length = evidence.size
        if verbatim:
            response.headers["Content-Encoding"] = "zstd"
    else:
        stream = unpack(blobs, evidence.digest, evidence.encoding)
        response = Response(stream, content_type=content_type)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return guard(response, sandbox=sandbox)


def send_link(data: bytes) -> Response:
    """A signed link. Signatures may be added to it later, so it is not cached for ever."""
    response = Response(data, content_type=JSON)
    response.add_etag()
    if accepts("zstd"):
        response.set_data(zstandard.ZstdCompressor(level=11).compress(data))
        response.headers["Content-Encoding"] = "zstd"
    return guard(response)


def guard(response: Response, *, sandbox: bool = False) -> Response:
    """Headers that keep a browser from believing what a stranger wrote."""
    policy = "default-src 'none'"
    if sandbox:
        policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = policy
    response.vary.add("Accept-Encoding")
    return response


def unpack(blobs: BlobStore, digest: Digest, encoding: str) -> Iterator[bytes]:
    """The unpacked bytes of a stored blob in bounded chunks.

    Args:
        blobs: Where it lies.
        digest: Of the stored bytes.
        encoding: `identity` or `zstd`.
    """
    with blobs.open(digest) as stored:
        if encoding == "identity":
            yield from stored
            return
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        reader = decompressor.stream_reader(stored, read_across_frames=True)  # type: ignore[arg-type]
        while chunk := reader.read(_CHUNK):
            yield chunk


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text for a page.

    Attributes:
        lines: Without line ends; control characters are replaced.
        cut: Whether there is more.
    """

    lines: tuple[str, ...]
    cut: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    @property
    def count(self) -> int:
        """How many lines."""
        return len(self.lines)


def head_of(blobs: BlobStore, evidence: Evidence, *, lines: int, width: int = 400) -> Excerpt:
    """The first lines of a text."""
    taken: list[str] = []
    for line in _lines(unpack(blobs, evidence.digest, evidence.encoding), width):
        if len(taken) == lines:
            return Excerpt(tuple(taken), cut=True)
        taken.append(line)
    return Excerpt(tuple(taken), cut=False)


def tail_of(blobs: BlobStore, evidence: Evidence, *, lines: int, width: int = 400) -> Excerpt:
    """The last lines of a text, holding no more than those in memory."""
    kept: deque[str] = deque(maxlen=lines)
    seen = 0
    for line in _lines(unpack(blobs, evidence.digest, evidence.encoding), width):
        kept.append(line)
        seen += 1
    return Excerpt(tuple(kept), cut=seen > lines)


def _lines(chunks: Iterator[bytes], width: int) -> Iterator[str]:
    """Lines of at most `width` characters; a longer one is cut and marked."""
    rest = b""
    for chunk in chunks:
        parts = (rest + chunk).split(b"\n")
        # A text without line ends must not grow in memory: what nobody will see is dropped.
        rest = parts.pop()[: width * 4 + 4]
        for part in parts:
            yield _readable(part, width)
    if rest:
        yield _readable(rest, width)


def _readable(line: bytes, width: int) -> str:
    # A progress bar rewrites its line with carriage returns: only the last state is worth reading.
    text = line[: width * 4 + 4].rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
    shown = "".join(c if c == "\t" or c.isprintable() else "\ufffd" for c in text)
    return shown if len(shown) <= width else f"{shown[:width]}…"
