# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/file/<hash>/info|download`: where a file lived, and its bytes by redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import redirect, request

from api.archive.file_by_hash import find_by_hash
from api.archive_services import current_archive
from api.mr.location import location_json
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


def file_info(digest: str) -> dict[str, Any]:
    """Every place of a file, in the order of first sight."""
    known = find_by_hash(digest)
    places = sorted(
        current_archive().catalogue.locations(known.digest),
        key=lambda place: (place.first_seen, place.coordinates),
    )
    return {
        "_comment": "dejabuild",
        "hash": digest,
        "sha1": known.sha1,
        "sha256": known.digest.hex,
        "size": known.size,
        "result": [location_json(place) for place in places],
    }


def download(digest: str) -> Response:
    """Redirect to the file in the first run that had it."""
    known = find_by_hash(digest)
    places = current_archive().catalogue.locations(known.digest)
    if not places:
        raise NotFound(
            f"{digest} is in no archive here", advice=f"its bytes are at /file/{known.digest}"
        )
    first = min(places, key=lambda place: (place.first_seen, place.coordinates))
    stamp = first.first_seen
    address = f"/archive/{first.coordinates.archive}/{stamp}/{quote(first.file.path)}"
    return redirect(f"{request.script_root}{address}", 302)
