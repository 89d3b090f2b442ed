# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending a blob: whole or a range, validated, cached as long as it is true.

Files on a disk go out by the server's `wsgi.file_wrapper` (sendfile), or by nginx when
`X-Accel-Redirect` is configured; other blobs are streamed in pieces, or the client is sent to the
object store where that is configured.

Bytes of an object store cannot be verified before they are sent. A body that breaks off there is
gone on with, or the connection is closed short of its `Content-Length`; the ETag and
`Repr-Digest` are the digest, by which a client can tell (apt does, by its index).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.http import http_date, is_resource_modified
from werkzeug.wsgi import wrap_file

from api.archive_services import current_archive
from api.byte_range import requested_range
from api.refuse_removed import refuse_removed
from api.services import Services, current_services
from snapshot.errors import NotFound, Removed
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed.wsgi import WSGIEnvironment

    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp

#: Addresses that name content or an exact run: their bytes never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: Addresses whose answer may be another one tomorrow.
REVALIDATE = "no-cache"
#: Seconds for which the address that a client is sent to works.
_ADDRESS_LASTS = 3600.0
#: What a client may have that is as good as the file.
_CONDITIONS = frozenset({"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH"})


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file to send.

    Attributes:
        digest: What to send.
        size: Its length in bytes.
        cache: `IMMUTABLE` or `REVALIDATE`.
        modified: Last-Modified for blobs that have no file time of their own.
        media_type: Content-Type.
        name: What a browser should call it, of letters that need no quoting; empty: nothing.
    """

    digest: Digest
    size: int
    cache: str = IMMUTABLE
    modified: Timestamp | None = None
    media_type: str = "application/octet-stream"
    name: str = ""


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """An answer as WSGI wants it: no object of the framework, which takes longer than the rest.

    Attributes:
        status: Number and words.
        headers: All of them.
        body: To be closed, if it can be, by whoever sends it.
    """

    status: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes] = ()


def serve_file(file: Sendable) -> Response:
    """Answer the current request (GET or HEAD) with a blob.

    Raises:
        NotFound: The catalogue knows it, the bytes are not here and cannot be fetched.
        Removed: It was, and only runs that were removed had it, or it was taken out.
        TransientError: They could not be fetched now.
    """
    services, environ = current_services(), request.environ
    try:
        answer = answer_file(services, environ, file, _find(file.digest))
    except FileNotFoundError:  # it went this moment: that is said, or it is fetched again
        answer = answer_file(services, environ, file, _find(file.digest))
    return Response(answer.body, answer.status, answer.headers, direct_passthrough=True)


def answer_file(
    services: Services, environ: WSGIEnvironment, file: Sendable, path: Path | None
) -> FileAnswer:
    """Answer a request (GET or HEAD) with a blob that is here and may be given.

    Args:
        services: Of the application.
        environ: The request.
        file: Which, and what to say of it.
        path: Where it lies, if it is a file.

    Raises:
        RequestedRangeNotSatisfiable: Nothing of the file lies in the range (416).
    """
    hexadecimal = file.digest.hex
    checksum = base64.b64encode(file.digest.raw).decode()
    headers = [
        ("Cache-Control", file.cache),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
        ("ETag", f'"{hexadecimal}"'),
        ("Repr-Digest", f"sha-256=:{checksum}:"),
    ]
    if file.name:
        headers.append(("Content-Disposition", f'inline; filename="{file.name}"'))
    web = services.web
    prefix = None if path is None else web.accel_prefix
    conditional = not _CONDITIONS.isdisjoint(environ)
    if conditional and not is_resource_modified(
        environ,
        etag=hexadecimal,
        last_modified=_modified(path, file.modified),
        ignore_if_range=True,
    ):
        return FileAnswer("304 NOT MODIFIED", headers)
    if web.redirect and environ["REQUEST_METHOD"] == "GET":  # what an address is good for
        address = services.archive.blobs.address(file.digest, _ADDRESS_LASTS)
        if address is not None:
            return _redirect(address)
    headers.append(("Content-Type", file.media_type))
    if prefix is not None:
        # nginx answers ranges itself, over the same file, and says its time; it would not know our
        # ETag in a 304.
        place = f"{hexadecimal[:2]}/{hexadecimal[2:4]}/{hexadecimal}"
        headers.append(("X-Accel-Redirect", f"{prefix.rstrip('/')}/{place}"))
        headers.append(("Content-Length", "0"))  # of what goes to nginx
        return FileAnswer("200 OK", headers)
    return _with_body(services, environ, file, path, headers)


def ensure_here(digest: Digest) -> None:
    """Make sure that the store holds a blob, fetching it on first use if that is configured.

    Raises:
        NotFound: It is not here.
        Removed: It was, and only runs that were removed had it, or it was taken out.
        TransientError: It could not be fetched now.
    """
    refuse_removed(digest)
    if not current_archive().blobs.contains(digest):
        _pull(digest)


def _find(digest: Digest) -> Path | None:
    """Make sure of the same, and say where the file is, if it is one; the disk is asked once."""
    refuse_removed(digest)
    blobs = current_archive().blobs
    path = blobs.local_path(digest)
    if path is None and not blobs.contains(digest):
        _pull(digest)
        path = blobs.local_path(digest)
    return path


def _pull(digest: Digest) -> None:
    archive = current_archive()
    if archive.pull is not None and archive.pull(digest):
        return
    known = archive.catalogue.blob_by_hash(digest.hex)
    if known is not None and known.state is BlobState.REMOVED:
        raise Removed(
            f"{digest} was here; its bytes were given up, for no run that is kept has it",
            advice=f"where it lived, and when: /mr/file/{digest}/info",
        )
    raise NotFound(
        f"{digest} is known, but its bytes are not mirrored here",
        advice="ask the operator to mirror it, or fetch it from another mirror by this digest",
    )


def _redirect(address: str) -> FileAnswer:
    """Whoever keeps this answer must ask again before the address ends."""
    half = f"private, max-age={_ADDRESS_LASTS / 2:.0f}"
    told = [("Location", address), ("Cache-Control", half), ("Content-Length", "0")]
    return FileAnswer("302 FOUND", told)


def _with_body(
    services: Services,
    environ: WSGIEnvironment,
    file: Sendable,
    path: Path | None,
    headers: list[tuple[str, str]],
) -> FileAnswer:
    modified = _modified(path, file.modified)
    if modified is not None:
        headers.append(("Last-Modified", http_date(modified)))
    part = requested_range(EnvironHeaders(environ), file.size, file.digest.hex, modified)
    start, stop = part or (0, file.size)
    headers.append(("Content-Length", str(stop - start)))
    status = "200 OK"
    if part is not None:
        status = "206 PARTIAL CONTENT"
        headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{file.size}"))
    if environ["REQUEST_METHOD"] == "HEAD":
        return FileAnswer(status, headers)
    if part is None and path is not None:
        return FileAnswer(status, headers, wrap_file(environ, path.open("rb"), 1 << 18))
    return FileAnswer(status, headers, services.archive.blobs.open(file.digest, start, stop))


def _modified(path: Path | None, otherwise: Timestamp | None) -> datetime | None:
    """A blob's file time is set once and kept; others have the time the caller knows."""
    if path is not None:
        return datetime.fromtimestamp(int(path.stat().st_mtime), tz=UTC)
    return otherwise.datetime() if otherwise is not None else None
