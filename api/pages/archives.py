# SPDX-License-Identifier: GPL-3.0-or-later
"""The archives kept here, for the first page."""

from __future__ import annotations

from dataclasses import dataclass

from api.services import current_services


@dataclass(frozen=True, slots=True)
class KeptArchive:
    """One archive: its name, how many runs, the newest stamp."""

    name: str
    runs: int
    newest: str


def kept_archives() -> list[KeptArchive]:
    """Archives with at least one run, by name."""
    archive = current_services().archive
    if archive is None:
        return []
    found = []
    for known in archive.catalogue.archives():
        runs = archive.catalogue.runs(known.name)
        if runs:
            found.append(KeptArchive(known.name, len(runs), str(runs[-1].timestamp)))
    return found
