# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of requests: decoded while they arrive, bounded, refused in rebuilderd's words.

rebuilderd's programs send every JSON body as zstd *without a content size*, so bodies are
decoded as streams. The limit counts decoded bytes: a small body that unpacks to gigabytes is
refused as soon as it passes the limit. One whose Content-Length says enough is refused before a
byte of it is read.
"""

from __future__ import annotations

import gzip
import zlib
from typing import IO, Any, NoReturn

import orjson
import zstandard
from flask import Request, Response, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from snapshot.errors import InvalidInput

#: Window of a zstd stream that we are willing to keep in memory, in bytes.
_MAX_WINDOW = 128 << 20

_CHUNK = 256 << 10


def open_body(incoming: Request) -> IO[bytes]:
    """The decoded body as a stream; what it reads may raise, see `DECODE_ERRORS`.

    Ends the request with 415 when the encoding is unknown.
    """
    encoding = (incoming.content_encoding or "identity").strip().lower()
    raw: IO[bytes] = incoming.stream
    if encoding in ("", "identity"):
        return raw
    if encoding == "zstd":
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        return decompressor.stream_reader(raw, read_across_frames=True)
    if encoding not in ("gzip", "x-gzip"):
        end_request(415, f"Content-Encoding {encoding!r} is not one of zstd, gzip, identity")
    return gzip.GzipFile(fileobj=raw, mode="rb")  # type: ignore[return-value]


#: What reading a body that lies about its encoding raises.
DECODE_ERRORS = (zstandard.ZstdError, zlib.error, gzip.BadGzipFile, EOFError)


def read_body(limit: int, *, what: str = "body") -> bytes:
    """The whole decoded body of this request.

    Args:
        limit: Decoded bytes; one more ends the request with 413.
        what: Word for the body in error texts.
    """
    refuse_length(_sent_at_most(limit), limit, what)
    parts: list[bytes] = []
    size = 0
    try:
        stream = open_body(request)
        while chunk := stream.read(min(_CHUNK, limit + 1 - size)):
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                end_request(413, f"{what} has exceeded limit ({limit} bytes)")
    except RequestEntityTooLarge:
        end_request(413, f"{what} has exceeded limit ({limit} bytes)")
    except DECODE_ERRORS as error:
        end_request(400, f"{what}: Content-Encoding {request.content_encoding}: {error}")
    return b"".join(parts)


def refuse_length(sent: int, limit: int, what: str = "body") -> None:
    """End this request with 413 when its Content-Length says that it is too long.

    Without one (chunked), reading `request.stream` raises RequestEntityTooLarge beyond `sent`.

    Args:
        sent: Bytes as sent that may be read.
        limit: The number to name in the answer.
        what: Word for the body in error texts.
    """
    if request.content_length is not None and request.content_length > sent:
        end_request(413, f"{what} has exceeded limit ({limit} bytes)")
    # werkzeug raises when it has read this much, not when there is more.
    request.max_content_length = sent + 1


def _sent_at_most(limit: int) -> int:
    """Bytes on the wire of a body of `limit` bytes; packing what cannot be packed adds a little.

    Without this, packed nothing (zstd's skippable frames) could be sent for ever.
    """
    if (request.content_encoding or "identity").strip().lower() == "identity":
        return limit
    return limit + limit // 64 + 1024


def read_json(limit: int) -> Any:
    """The JSON of this request, or the end of it with 400, 413 or 415."""
    if request.mimetype != "application/json":
        end_request(400, "Content type error: send application/json")
    body = read_body(limit, what="JSON payload")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        end_request(400, f"Json deserialize error: {error}")
    if b"\\u0000" not in body:
        return value
    try:
        return _without_nul(value)
    except RecursionError:
        end_request(400, "Json deserialize error: nested too deeply")


def _without_nul(value: Any) -> Any:
    """The same value, with what PostgreSQL cannot hold in a text made visible.

    It comes from logs of builds; refusing it would lose a report.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def refuse_json(error: InvalidInput) -> NoReturn:
    """End this request because its JSON has another shape than the route needs."""
    end_request(400, f"Json deserialize error: {error.message}")


def end_request(status: int, text: str) -> NoReturn:
    """End this request with one plain line."""
    abort(Response(text, status=status, mimetype="text/plain"))
