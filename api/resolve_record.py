# SPDX-License-Identifier: GPL-3.0-or-later
"""From a build record to exact files, over the catalogue of this server."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from api.archive_services import current_archive
from snapshot.need import Need
from snapshot.resolver import Resolution, resolve

if TYPE_CHECKING:
    from snapshot.record import Record

#: What the files of a kind of package are called.
_FILES = {
    "deb": re.compile(r"\.(?:deb|dsc)\Z"),
    "arch": re.compile(r"\.pkg\.tar(?:\.[a-z0-9]+)?\Z"),
    "rpm": re.compile(r"\.rpm\Z"),
}


def resolve_record(record: Record, *, suite: str | None = None) -> Resolution:
    """Find what a record needs, and its source.

    Args:
        record: The record, read.
        suite: Only look in suites of this name.
    """
    needs: list[Need] = list(record.needs)
    if record.kind == "deb":
        needs.append(Need(record.source, record.source_version, kind="source"))
    # For a version that is nowhere, the catalogue names its other versions: what is nearest.
    catalogue = current_archive().catalogue
    # Names and versions alone may be the same in another distribution's archive.
    files = _FILES[record.kind]
    candidates = [one for one in catalogue.locate(needs) if files.search(one.path)]
    if suite is not None:
        candidates = [one for one in candidates if one.coordinates.suite == suite]
    resolution = resolve(
        needs,
        candidates,
        near=record.build_date,
        build_architecture=record.build_architecture,
        kind=record.kind,
    )
    return replace(resolution, cover=catalogue.kept_steps(resolution.cover))
