# SPDX-License-Identifier: GPL-3.0-or-later
"""`/file/<sha1|sha256>[/<name>]`: bytes by what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from api.archive_services import current_archive
from api.serve_file import Sendable, serve_file
from snapshot.digest import Digest
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from flask import Response

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: Names that need no quoting in a header.
PLAIN_NAME = "[A-Za-z0-9][A-Za-z0-9+.~:_%@-]*"


@dataclass(frozen=True, slots=True)
class Known:
    """A blob that somebody named by hash.

    Attributes:
        digest: SHA-256.
        size: Bytes.
        sha1: If it is known.
    """

    digest: Digest
    size: int
    sha1: str | None


def find_by_hash(text: str) -> Known:
    """Find what a hash names, in the catalogue or, by SHA-256, in the store alone.

    Raises:
        NotFound: Not a SHA-1 or SHA-256, or nothing of that name.
    """
    lower = text.lower()
    if not _HASH.fullmatch(lower):
        raise NotFound(
            f"not a hash: {text[:80]!r}",
            advice="give a SHA-1 (40 hexadecimal digits) or a SHA-256 (64)",
        )
    archive = current_archive()
    found = archive.catalogue.blob_by_hash(lower)
    if found is not None:
        return Known(found.digest, found.size, found.sha1)
    if len(lower) == 64 and archive.blobs.contains(Digest(lower)):
        return Known(Digest(lower), archive.blobs.size(Digest(lower)), None)
    raise NotFound(f"no file {lower} here", advice="/mr/package/<name>/ tells what there is")


def answer_hash(text: str, name: str) -> Response:
    """Send the file.

    Args:
        text: SHA-1 or SHA-256.
        name: What a browser should call it; empty: nothing.

    Raises:
        NotFound: It is not here; with `?stored` in the address, even if it could be fetched.
    """
    known = find_by_hash(text)
    if "stored" in request.args and not current_archive().blobs.contains(known.digest):
        # Said by peers, who would wait for us while we wait for them.
        raise NotFound(f"{known.digest} is not stored here")
    fit = name if re.fullmatch(PLAIN_NAME, name) else ""
    return serve_file(Sendable(known.digest, known.size, name=fit))
