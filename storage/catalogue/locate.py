# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a build record needs to every place where it lived (`snapshot.resolver` decides)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.resolver import Candidate
from storage.catalogue import read_locations
from storage.catalogue.intervals import as_intervals
from storage.catalogue.read_locations import PlacedFile

#: Needs of one query.
NEEDS_AT_ONCE = 500


def locate(connection: Connection, needs: Iterable[Need]) -> list[Candidate]:
    """Every file of the wanted versions, with where and when it was.

    For a name of which the wanted version is nowhere, its other versions are given, so that
    the answer can say what is nearest. Of a source package only the .dsc is given.

    Args:
        connection: Open transaction.
        needs: Any number; one query for each `NEEDS_AT_ONCE`, and one more for the names
            that were not found.
    """
    keys = sorted({(need.name, need.version) for need in needs})
    found: list[Candidate] = []
    missing: list[str] = []
    for start in range(0, len(keys), NEEDS_AT_ONCE):
        part = keys[start : start + NEEDS_AT_ONCE]
        candidates = list(_candidates(read_locations.by_name_and_version(connection, part)))
        found += candidates
        there = {(candidate.name, candidate.version) for candidate in candidates}
        missing += [name for name, version in part if (name, version) not in there]
    for start in range(0, len(missing), NEEDS_AT_ONCE):
        part_of_names = sorted(set(missing[start : start + NEEDS_AT_ONCE]))
        found += _candidates(read_locations.by_name(connection, part_of_names))
    return found


def _candidates(files: Iterator[PlacedFile]) -> Iterator[Candidate]:
    for placed in files:
        kind, name, version, architecture, _, _, path, sha256, sha1, _, size = placed.facts[:11]
        if kind == "binary" or path.endswith(".dsc"):
            yield Candidate(
                name=name,
                version=version,
                architecture=architecture,
                digest=Digest.from_raw(bytes(sha256)),
                sha1=bytes(sha1).hex() if sha1 is not None else None,
                size=size,
                path=path,
                coordinates=read_locations.coordinates_of(placed),
                intervals=as_intervals(placed.rows),
            )
