# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/file/<hash>/info|download`: where a file lived, and its bytes by redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import redirect, request

from api.archive.file_by_hash import find_by_hash
from api.mr.location import PLACE, location_json, places_of
from api.operation import Answer, describe, json_answer
from api.schema import HASH, SHA1, SHA256, TEXT, WHOLE, list_of, or_null, record
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


_INFO = record(
    {
        "_comment": TEXT,
        "hash": HASH,
        "sha1": or_null(SHA1),
        "sha256": SHA256,
        "size": WHOLE,
        "result": list_of(PLACE),
    },
    title="FileInfo",
)


@describe(answers={200: json_answer(_INFO, "Where it lived, and when")}, refuses=(404,))
def file_info(digest: str) -> dict[str, Any]:
    """Every place of a file, in the order of first sight."""
    known = find_by_hash(digest)
    return {
        "_comment": "dejabuild",
        "hash": digest,
        "sha1": known.sha1,
        "sha256": known.digest.hex,
        "size": known.size,
        "result": [location_json(place) for place in places_of(known.digest)],
    }


@describe(
    answers={302: Answer("To the file, below `/archive`", headers=("Location",))}, refuses=(404,)
)
def download(digest: str) -> Response:
    """Redirect to the file in the first run that had it."""
    known = find_by_hash(digest)
    places = places_of(known.digest)
    if not places:
        raise NotFound(
            f"{digest} is in no archive here", advice=f"its bytes are at /file/{known.digest}"
        )
    first = places[0]
    address = f"/archive/{first.coordinates.archive}/{first.first_seen}/{quote(first.file.path)}"
    return redirect(f"{request.script_root}{address}", 302)
