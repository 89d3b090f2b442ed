# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence on its way in: raw bytes, straight into the blob store, resumable.

A stock worker spells a log as a JSON array of integers; ours sends the file. What arrived of
an interrupted upload is kept: `HEAD` tells how much (`308` with `Range: bytes=0-N`), the next
`PUT` goes on with `Content-Range: bytes A-B/N`. Ranges count the bytes as sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from typing import IO

from flask import Response, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.encode_response import json_response
from api.rebuild_services import RebuildServices, current_rebuild, require_worker
from api.request_body import DECODE_ERRORS, end_request, refuse_length
from api.services import current_services
from orchestrator.packed_text import unpack_frames
from snapshot.digest import Digest
from snapshot.errors import Busy, NotFound, TransientError
from storage.blobs import Blob, BlobWriter
from storage.ledger.records import Evidence, Worker
from storage.ledger.values import LeaseState, NewEvidence

KINDS = (
    "log",
    "diffoscope-text",
    "diffoscope-html",
    "diffoscope-json",
    "artifact",
    "buildinfo",
    "environment-difference",
)

#: More pieces than a source package has artifacts, many times over.
_MAX_PIECES = 2000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~:@,=-]{0,254}", re.ASCII)
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one request is about."""

    services: RebuildServices
    worker: Worker
    job_id: int
    kind: str
    name: str

    @property
    def key(self) -> str:
        return f"evidence {self.job_id} {self.worker.id} {self.kind} {self.name}"

    def known(self) -> Evidence | None:
        """The complete upload of this piece that no report has taken up yet."""
        pending = self.services.ledger.attempts.pending_evidence(self.job_id, self.worker.id)
        return next((e for e in pending if (e.kind, e.name) == (self.kind, self.name)), None)


def put_evidence(job_id: int, kind: str, name: str = "") -> Response:
    """Take (the rest of) one piece of evidence."""
    piece = _piece(job_id, kind, name)
    limit = current_services().web.limits.evidence
    encoding = (request.content_encoding or "identity").strip().lower()
    if encoding not in ("identity", "zstd"):
        end_request(415, f"Content-Encoding {encoding!r} is not one of zstd, identity")
    pending = piece.services.ledger.attempts.pending_evidence(job_id, piece.worker.id)
    if len(pending) >= _MAX_PIECES:
        end_request(413, f"job {job_id} has {len(pending)} pieces of evidence already")
    with _writer(piece) as writer:
        total = _position(writer, limit)
        _receive(writer, request.stream, limit)
        if total is not None and writer.size < total:
            return _incomplete(writer.size)
        if total is not None and writer.size > total:
            writer.restart()
            end_request(400, f"more bytes arrived than the {total} that Content-Range named")
        blob = writer.commit()
    evidence = _record(piece, blob, encoding, limit)
    return json_response(_described(evidence), 201)


def get_evidence(job_id: int, kind: str, name: str = "") -> Response:
    """How much of one piece is here: 200 all of it, 308 a part, 404 nothing."""
    piece = _piece(job_id, kind, name)
    known = piece.known()
    if known is not None:
        return json_response(_described(known))
    with _writer(piece) as writer:
        if writer.size:
            return _incomplete(writer.size)
        writer.abandon()
    raise NotFound(f"job {job_id} has no {kind} {name}".rstrip())


def _piece(job_id: int, kind: str, name: str) -> _Piece:
    services, worker = current_rebuild(), require_worker()
    if kind not in KINDS:
        raise NotFound(f"no kind of evidence {kind!r}", advice=f"one of {', '.join(KINDS)}")
    if name and not _NAME.fullmatch(name):
        end_request(400, f"not a file name: {name[:80]!r}")
    lease = services.ledger.leases.newest(job_id, worker.id)
    if lease is None:
        raise NotFound(f"job {job_id} was never given to this worker")
    if lease.state is LeaseState.REPORTED and request.method == "PUT":
        raise Busy(f"job {job_id} was reported already", advice="upload before the report")
    return _Piece(services, worker, job_id, kind, name)


def _writer(piece: _Piece) -> BlobWriter:
    try:
        return piece.services.blobs.writer(piece.key)
    except Busy as error:
        # Only this worker writes this key: its last request broke off and is being wound up.
        raise TransientError(
            f"an upload of {piece.kind} {piece.name} is still being received", retry_after=1
        ) from error


def _position(writer: BlobWriter, limit: int) -> int | None:
    """Check the range of this request against what is here; answers the whole length."""
    header = request.headers.get("Content-Range")
    if header is None:
        refuse_length(limit, limit, "evidence")
        writer.restart()
        # Not every server raises when a client goes away in mid-body: the length tells.
        return request.content_length
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        end_request(400, f"Content-Range {header[:80]!r}: write bytes FIRST-LAST/LENGTH")
    first, last, total = (int(group) for group in match.groups())
    if not first <= last < total:
        end_request(400, f"Content-Range {header[:80]!r} contradicts itself")
    if total > limit:
        end_request(413, f"evidence has exceeded limit ({limit} bytes)")
    refuse_length(limit - first, limit, "evidence")
    if first == 0:
        writer.restart()
    elif first != writer.size:
        response = _incomplete(writer.size)
        response.status_code = 416
        abort(response)
    return total


def _receive(writer: BlobWriter, stream: IO[bytes], limit: int) -> None:
    # A client that goes away raises here; the writer keeps what came.
    with contextlib.suppress(RequestEntityTooLarge):
        while writer.size <= limit:
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            writer.write(chunk)
    writer.restart()
    end_request(413, f"evidence has exceeded limit ({limit} bytes)")


def _incomplete(size: int) -> Response:
    response = Response(status=308)
    if size:
        response.headers["Range"] = f"bytes=0-{size - 1}"
    return response


def _record(piece: _Piece, blob: Blob, encoding: str, limit: int) -> Evidence:
    content = blob.digest if encoding == "identity" else _content_digest(piece, blob, limit)
    return piece.services.ledger.attempts.add_evidence(
        piece.job_id,
        piece.worker.id,
        NewEvidence(piece.kind, piece.name, blob.digest, blob.size, encoding, content),
        now=piece.services.desk.clock(),
    )


def _content_digest(piece: _Piece, blob: Blob, limit: int) -> Digest:
    """SHA-256 of what a packed piece unpacks to; nothing of it is kept in memory."""
    running, size = hashlib.sha256(), 0
    try:
        with piece.services.blobs.open(blob.digest) as packed:
            for chunk in unpack_frames(packed):
                running.update(chunk)
                size += len(chunk)
                if size > limit:
                    end_request(413, f"evidence has exceeded limit ({limit} bytes)")
    except DECODE_ERRORS as error:
        end_request(400, f"evidence: Content-Encoding zstd: {error}")
    return Digest.from_raw(running.digest())


def _described(evidence: Evidence) -> dict[str, object]:
    return {
        "sha256": evidence.content_digest.hex,
        "size": evidence.size,
        "stored_sha256": evidence.digest.hex,
    }
