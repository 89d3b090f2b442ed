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
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.http import http_date, is_resource_modified
from werkzeug.wsgi import wrap_file

from api.archive_services import current_archive
from api.byte_range import requested_range
from api.refuse_removed import refuse_removed
from api.services import current_services
from snapshot.errors import NotFound, Removed
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from pathlib import Path

    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp

#: Addresses that name content or an exact run: their bytes never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: Addresses whose answer may be another one tomorrow.
REVALIDATE = "no-cache"
#: Seconds for which the address that a client is sent to works.
_ADDRESS_LASTS = 3600.0


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file to send.

    Attributes:
        digest: What to send.
        size: Its length in bytes.
        cache: `IMMUTABLE` or `REVALIDATE`.
        modified: Last-Modified for blobs that have no file time of their own.
        media_type: Content-Type.
    """

    digest: Digest
    size: int
    cache: str = IMMUTABLE
    modified: Timestamp | None = None
    media_type: str = "application/octet-stream"


def serve_file(file: Sendable) -> Response:
    """Answer the current request (GET or HEAD) with a blob.

    Raises:
        NotFound: The catalogue knows it, the bytes are not here and cannot be fetched.
        TransientError: They could not be fetched now.
    """
    path = _find(file.digest)
    modified = _modified(path, file.modified)
    checksum = base64.b64encode(file.digest.raw).decode()
    # All at once: to set one after the other is a third of what this function takes.
    headers = [
        ("Content-Type", file.media_type),
        ("Cache-Control", file.cache),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
        ("ETag", f'"{file.digest.hex}"'),
        ("Repr-Digest", f"sha-256=:{checksum}:"),
    ]
    if modified is not None:
        headers.append(("Last-Modified", http_date(modified)))
    response = Response(headers=headers, direct_passthrough=True)
    if not is_resource_modified(
        request.environ, etag=file.digest.hex, last_modified=modified, ignore_if_range=True
    ):
        response.status_code = 304
        return response
    web = current_services().web
    if web.redirect and (address := _address(file.digest)):
        return _redirect(address)
    prefix = web.accel_prefix
    if prefix is not None and path is not None:
        # nginx answers ranges itself, over the same file; it would not know our ETag in a 304.
        hexadecimal = file.digest.hex
        place = f"{hexadecimal[:2]}/{hexadecimal[2:4]}/{hexadecimal}"
        response.headers["X-Accel-Redirect"] = f"{prefix.rstrip('/')}/{place}"
        response.content_length = 0  # of what goes to nginx
        return response
    return _with_body(response, file, path, modified)


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


def _address(digest: Digest) -> str | None:
    """Where the client may get it itself; the address is good for GET alone."""
    if request.method != "GET":
        return None
    return current_archive().blobs.address(digest, _ADDRESS_LASTS)


def _redirect(address: str) -> Response:
    """Whoever keeps this answer must ask again before the address ends."""
    half = f"private, max-age={_ADDRESS_LASTS / 2:.0f}"
    return Response(status=302, headers={"Location": address, "Cache-Control": half})


def _with_body(
    response: Response, file: Sendable, path: Path | None, modified: datetime | None
) -> Response:
    part = requested_range(request.headers, file.size, file.digest.hex, modified)
    start, stop = part or (0, file.size)
    response.content_length = stop - start
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    if request.method == "HEAD":
        return response
    if part is None and path is not None:
        stream = path.open("rb")
        response.response = wrap_file(request.environ, stream, 1 << 18)
        return response
    reader = current_archive().blobs.open(file.digest, start, stop)
    response.response = reader
    return response


def _modified(path: Path | None, otherwise: Timestamp | None) -> datetime | None:
    """A blob's file time is set once and kept; others have the time the caller knows."""
    if path is not None:
        return datetime.fromtimestamp(int(path.stat().st_mtime), tz=UTC)
    return otherwise.datetime() if otherwise is not None else None
