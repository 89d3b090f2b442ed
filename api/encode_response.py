# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of responses: JSON, and zstd or gzip for clients that ask for them.

Clients that ask for nothing (debian-repro-status, repro-threshold) get plain bytes. Stored
logs are zstd already and go out as they lie to clients that take zstd.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import zstandard
from flask import Response, request

#: Compressing costs the answering thread: level 3 is where zstd is faster than the network.
_LEVEL = 3

_ENCODABLE = ("application/json", "text/plain", "text/html", "text/css", "application/atom+xml")


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON body without white space, UTF-8."""
    return Response(orjson.dumps(value), status=status, mimetype="application/json")


def no_content() -> Response:
    """204 without a body and without a content type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def empty(status: int) -> Response:
    """An error without words: rebuilderd's 403, 404 and 501."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def accepts(encoding: str) -> bool:
    """Whether this request names that content encoding with a quality above zero."""
    return any(
        name.lower() == encoding and quality > 0 for name, quality in request.accept_encodings
    )


def wants_json() -> bool:
    """Whether this request asks for JSON by name."""
    return request.accept_mimetypes.best == "application/json"


def encode(response: Response) -> Response:
    """Compress a response as this request asks; an `after_request` function of blueprints."""
    if response.mimetype not in _ENCODABLE or response.status_code in (204, 206, 304):
        return response
    if response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if response.headers.get("Content-Encoding") or request.method == "HEAD":
        return response
    if accepts("zstd"):
        encoder = zstandard.ZstdCompressor(level=_LEVEL).compressobj()
        _replace(response, "zstd", encoder)
    elif accepts("gzip"):
        _replace(response, "gzip", zlib.compressobj(6, wbits=31))
    return response


def _replace(response: Response, encoding: str, encoder: Any) -> None:
    if response.is_streamed:
        response.response = _encoded(response.iter_encoded(), encoder)
        response.headers.pop("Content-Length", None)
    elif response.get_data():
        response.set_data(encoder.compress(response.get_data()) + encoder.flush())
    else:
        return
    response.headers["Content-Encoding"] = encoding


def _encoded(chunks: Iterable[bytes], encoder: Any) -> Iterator[bytes]:
    for chunk in chunks:
        if piece := encoder.compress(chunk):
            yield piece
    yield encoder.flush()
