# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a build record needs to every place where it lived (`snapshot.resolver` decides)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.resolver import Candidate
from storage.catalogue import read_locations
from storage.catalogue.intervals import as_intervals
from storage.catalogue.lookup_digests import trusts_of
from storage.catalogue.read_locations import PlacedFile

#: Needs of one query.
NEEDS_AT_ONCE = 500


def locate(connection: Connection, needs: Iterable[Need]) -> list[Candidate]:
    """Every file of the wanted versions, with where and when it was.

    For a name of which the wanted version is nowhere, its other versions are given, so that
    the answer can say what is nearest. Of a source package only the .dsc is given.

    Args:
        connection: Open transaction.
        needs: Any number; one query for each `NEEDS_AT_ONCE`, one more for the names
            that were not found, one for how their archives are proved.
    """
    keys = sorted({(need.name, need.version) for need in needs})
    found: list[PlacedFile] = []
    missing: list[str] = []
    for start in range(0, len(keys), NEEDS_AT_ONCE):
        part = keys[start : start + NEEDS_AT_ONCE]
        placed = _fitting(read_locations.by_name_and_version(connection, part))
        found += placed
        there = {one.facts[1:3] for one in placed}
        missing += [name for name, version in part if (name, version) not in there]
    for start in range(0, len(missing), NEEDS_AT_ONCE):
        part_of_names = sorted(set(missing[start : start + NEEDS_AT_ONCE]))
        found += _fitting(read_locations.by_name(connection, part_of_names))
    trusts = trusts_of(connection, sorted({_first_run(placed) for placed in found}))
    # A draft's stamp has no published run: what nothing proves yet counts as unverified.
    return [
        _candidate(one, verified=trusts.get(_first_run(one), "none") != "none") for one in found
    ]


def _fitting(files: Iterable[PlacedFile]) -> list[PlacedFile]:
    """Installer packages are no candidates: nothing is built with them, apt installs none."""
    return [
        one
        for one in files
        if (one.facts[0] == "binary" or one.facts[6].endswith(".dsc"))
        and not one.facts[14].endswith("/debian-installer")
    ]


def _first_run(placed: PlacedFile) -> tuple[str, int]:
    """Archive and stamp of the run that saw it first: what it was proved by."""
    return placed.facts[12], placed.rows[0][0]


def _candidate(placed: PlacedFile, *, verified: bool) -> Candidate:
    _, name, version, architecture, _, _, path, sha256, sha1, _, size = placed.facts[:11]
    return Candidate(
        name=name,
        version=version,
        architecture=architecture,
        digest=Digest.from_raw(bytes(sha256)),
        sha1=bytes(sha1).hex() if sha1 is not None else None,
        size=size,
        path=path,
        coordinates=read_locations.coordinates_of(placed),
        intervals=as_intervals(placed.rows),
        verified=verified,
    )
