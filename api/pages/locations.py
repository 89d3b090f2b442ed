# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one file was, by its hash: every path of every suite, with the runs that had it."""

from __future__ import annotations

from flask import Response

from api.archive.file_by_hash import find_by_hash
from api.archive_services import current_archive
from api.mr.location import places_of, timestamp_ranges
from api.operation import describe
from api.pages.frame import show
from api.pages.history import MOST_ROWS, PAGE


@describe(answers=PAGE, refuses=(404,))
def file(digest: str) -> Response:
    """Every place of a file, by its SHA-1 or SHA-256."""
    known = find_by_hash(digest)
    archive = current_archive()
    places = places_of(known.digest)
    packages = {place.package for place in archive.catalogue.locations(known.digest)}
    members = archive.catalogue.inventory.release_members(known.digest)
    names = [place.file.path for place in places] or [member.path for member in members]
    return show(
        "file.html",
        known=known,
        name=names[0].rpartition("/")[2] if names else "",
        stored=archive.blobs.contains(known.digest),
        places=[(place, timestamp_ranges(place)) for place in places[:MOST_ROWS]],
        members=members[:MOST_ROWS],
        left_out=max(len(places), len(members)) - MOST_ROWS,
        packages=sorted(packages, key=lambda one: (one.name, one.version, one.architecture)),
    )
