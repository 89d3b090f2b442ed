# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of a run: what it held, and when it held something else; page and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify
from markupsafe import escape

from api.archive.listing import listing_page
from api.archive.view import dated_address
from api.archive_services import current_archive
from api.encode_response import wants_json
from api.schema import SHA1, SHA256, STAMP, TEXT, WHOLE, list_of, one_of, or_null, record
from api.serve_file import REVALIDATE
from storage.catalogue.directory_changes import DirectoryChanges

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp
    from storage.catalogue.records import DirectoryEntry, RunRecord

#: In the words of links between documents; a change has none there.
_RELATIONS = {"first": "first", "previous": "prev", "next": "next", "last": "last"}
_AROUND = tuple(one.name for one in fields(DirectoryChanges))
_ENTRY = record(
    {
        "name": TEXT,
        "kind": one_of(["directory", "file", "link"]),
        "size": or_null(WHOLE),
        "sha256": or_null(SHA256),
        "sha1": or_null(SHA1),
        "target": or_null(TEXT),
    },
    title="DirectoryEntry",
)
LISTING = record(
    {
        "archive": TEXT,
        "run": STAMP,
        "path": TEXT,
        "entries": list_of(_ENTRY),
        **{name: or_null(STAMP) for name in _AROUND},
    },
    title="Listing",
)


def answer_directory(run: RunRecord, path: str, entries: Sequence[DirectoryEntry]) -> Response:
    """Show a directory with the ways to its other states.

    Args:
        run: Whose directory.
        path: Relative to the run's root, without slashes at its ends.
        entries: What it held.
    """
    changes = current_archive().catalogue.directory_changes(run.archive, run.timestamp, path)
    around = {name: getattr(changes, name) for name in _AROUND}
    if wants_json():
        response = jsonify(
            {
                "archive": run.archive,
                "run": str(run.timestamp),
                "path": f"/{path}",
                "entries": [_entry(one) for one in entries],
                **{name: None if at is None else str(at) for name, at in around.items()},
            }
        )
        response.headers["Cache-Control"] = REVALIDATE
    else:
        response = listing_page(run, path, entries, _ways(run, path, around))
    response.headers["Link"] = ", ".join(
        f'<{_address(run, path, at)}>; rel="{_RELATIONS[name]}"'
        for name, at in around.items()
        if at is not None and name in _RELATIONS
    )
    response.vary.add("Accept")
    return response


def _ways(run: RunRecord, path: str, around: dict[str, Timestamp | None]) -> Iterator[str]:
    yield '<p class="around">'
    for name, at in around.items():
        if at is not None:
            address = escape(_address(run, path, at))
            yield f'{name.replace("_", " ")}: <a href="{address}">{at}</a>'
    yield "</p>"


def _address(run: RunRecord, path: str, at: Timestamp) -> str:
    return dated_address(run.archive, at, f"{path}/" if path else "")


def _entry(entry: DirectoryEntry) -> dict[str, Any]:
    file = entry.file
    return {
        "name": entry.name,
        "kind": entry.kind.value,
        "size": None if file is None else file.size,
        "sha256": None if file is None else file.digest.hex,
        "sha1": None if file is None else file.sha1,
        "target": entry.target,
    }
