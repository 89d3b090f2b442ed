# SPDX-License-Identifier: GPL-3.0-or-later
"""`/removal/` and `/removal/<number>`: what an operator took out, when and why; page and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify
from markupsafe import escape

from api.archive.listing import page
from api.archive_services import current_archive
from api.encode_response import wants_json
from api.mr.location import PLACE, location_json, places_of
from api.operation import Answer, describe
from api.refuse import refuse_plainly
from api.schema import SHA256, STAMP, TEXT, WHOLE, YES_OR_NO, list_of, record
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from storage.catalogue import Removal

_REMOVAL = {
    "number": WHOLE,
    "removed": STAMP,
    "reason": TEXT,
    "legal": YES_OR_NO,
}
_LISTED = record({**_REMOVAL, "files": WHOLE, "runs": WHOLE}, title="Removal")
_WHOLE = record(
    {
        **_REMOVAL,
        "files": list_of(record({"sha256": SHA256, "places": list_of(PLACE)})),
        "runs": list_of(record({"archive": TEXT, "run": STAMP})),
    },
    title="RemovalWithFiles",
)


def make_blueprint() -> Blueprint:
    """Everything under `/removal`."""
    routes = Blueprint("removals", __name__)
    routes.get("/removal")(list_removals)
    routes.get("/removal/<number>")(show_removal)
    return refuse_plainly(routes)


@describe(
    answers={
        200: Answer(
            "The newest first: a page, or JSON",
            {"text/html": TEXT, "application/json": record({"result": list_of(_LISTED)})},
        )
    }
)
def list_removals() -> Response:
    """Every removal of files or runs, with its reason."""
    found = current_archive().catalogue.removals.all()
    if wants_json():
        return jsonify(
            {"result": [{**_json(one), "files": one.files, "runs": one.runs} for one in found]}
        )
    lines = [
        f'<p><a href="/removal/{one.number}">{one.number}</a> {one.removed}: {escape(one.reason)} '
        f"({one.files} files, {one.runs} runs)</p>"
        for one in found
    ]
    return page("Removals", lines or ["<p>Nothing was ever taken out.</p>"])


@describe(
    answers={
        200: Answer("A page, or JSON", {"text/html": TEXT, "application/json": _WHOLE}),
    },
    refuses=(404,),
)
def show_removal(number: str) -> Response:
    """One removal: its reason, its runs, its files and where each of them lived."""
    removals = current_archive().catalogue.removals
    plain = number.isascii() and number.isdecimal() and len(number) < 10
    removal = removals.get(int(number)) if plain else None
    if removal is None:
        raise NotFound(f"no removal {number[:40]!r}", advice="/removal/ lists them")
    files, runs = removals.files(removal.number), removals.runs(removal.number)
    places = {digest: places_of(digest) for digest in files}
    if wants_json():
        told = [
            {"sha256": digest.hex, "places": [location_json(place) for place in where]}
            for digest, where in places.items()
        ]
        gone = [{"archive": archive, "run": str(stamp)} for archive, stamp in runs]
        return jsonify({**_json(removal), "files": told, "runs": gone})
    lines = [f"<p>{removal.removed}: {escape(removal.reason)}</p>"]
    lines += [f"<p>run {stamp} of {escape(archive)}</p>" for archive, stamp in runs]
    for digest, where in places.items():
        lines.append(f"<p>{digest}</p><ul>")
        lines += [
            f"<li>{escape(place.coordinates.archive)} {escape(place.coordinates.suite)} "
            f"/{escape(place.file.path)}, first seen {place.first_seen}</li>"
            for place in where
        ]
        lines.append("</ul>")
    return page(f"Removal {removal.number}", lines)


def _json(removal: Removal) -> dict[str, Any]:
    return {
        "number": removal.number,
        "removed": str(removal.removed),
        "reason": removal.reason,
        "legal": removal.legal,
    }
